/**
 * The page's half of a stream: gives the worker a frame whenever it wants one, and keeps the frames, so that each comes back with what
 * was found in it. Frames that nobody takes are released. How faces are followed is src/analyze/stream.ts's business, in the worker.
 */
import type { Frame, FrameSource } from '../analyze/frame.js';
import type { StreamOptions } from '../analyze/people.js';
import { PhizError } from '../core/error.js';
import type { StreamStep } from './analyzer-messages.js';
import type { AnalyzerThread } from './analyzer-thread.js';
import { type ImageSource, pack } from './image-source.js';

/** A frame whose image is still the browser's: sent to the worker without reading its pixels here. */
export interface BitmapFrame {
  readonly bitmap: ImageSource;
  readonly timestamp: number;
  readonly duration: number;
  release?(): void;
}

/** What can be streamed. */
export type StreamSource<F extends Frame | BitmapFrame> =
  | AsyncIterable<F>
  | (Pick<FrameSource, 'facts'> & { frames(options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<F> });

/**
 * `image`: each step also has the frame's pixels (RGBA), which the analysis read anyway, until the next step is asked for; drawing them
 * is quick without a GPU, too.
 */
export interface FollowOptions extends StreamOptions {
  readonly image?: boolean | undefined;
}

/** A frame with what was found in it; release it once it is drawn. */
export type Step<F> = StreamStep & { readonly frame: F };

/** Streams `source` through the worker as stream number `stream`. Throws what the worker's stream and the source throw. */
export async function* streamThrough<F extends Frame | BitmapFrame>(
  link: AnalyzerThread,
  stream: number,
  source: StreamSource<F>,
  { signal, image = false, ...options }: FollowOptions,
): AsyncGenerator<Step<F>, void, undefined> {
  await link.ask({ kind: 'stream', stream, options, pixels: image }, { signal });
  const frames = ('frames' in source ? source.frames({ signal }) : source)[Symbol.asyncIterator]();
  const sent: F[] = [];
  let spare: ArrayBuffer | undefined;
  let failure: unknown;
  let ended = false;
  let supplying: Promise<void> = Promise.resolve();

  const supply = async (): Promise<void> => {
    try {
      const taken = ended ? undefined : await frames.next();
      if (!taken || taken.done) return link.supply(stream, undefined);
      const frame = taken.value;
      if (ended) {
        frame.release?.();
        return link.supply(stream, undefined);
      }
      sent.push(frame);
      const { bitmap, transfer } = await pack('bitmap' in frame ? frame.bitmap : frame.image);
      link.supply(stream, { bitmap, timestamp: frame.timestamp, duration: frame.duration }, transfer);
    } catch (error) {
      failure = error;
      link.supply(stream, undefined);
    }
  };
  link.onWanted(stream, () => {
    supplying = supply();
  });
  try {
    for (;;) {
      const transfer = spare ? [spare] : [];
      const step = await link.ask({ kind: 'step', stream, spare }, { signal, transfer });
      if (!step) break;
      spare = step.image?.data.buffer as ArrayBuffer | undefined;
      const frame = sent.shift();
      if (!frame) throw new PhizError('engine-failed', 'the worker answered for a frame that it was not given');
      yield { ...step, frame };
    }
    if (failure) throw failure;
  } finally {
    ended = true;
    const closing = frames.return?.();
    await supplying;
    await link.ask({ kind: 'close', stream }).catch(() => {});
    link.onWanted(stream, undefined);
    for (const frame of sent) frame.release?.();
    await closing;
  }
}
