/** The thread on which an analyzer of the browser runs: decoding of pixels, networks, tracking. Started by create-analyzer.ts. */
import { stopIfAborted } from '../analyze/abort.js';
import type { Analyzer } from '../analyze/analyzer.js';
import type { Frame } from '../analyze/frame.js';
import { type StreamedFrame, streamFrames } from '../analyze/stream.js';
import { callFailure } from '../core/calls.js';
import type { Image } from '../core/image.js';
import type { FromWorker, SentFrame, ToWorker, WorkerAnswers, WorkerRequest } from './analyzer-messages.js';
import { closeBitmap, PixelReader, type SentImage } from './image-source.js';
import { openParts } from './open-parts.js';

/** The part of a dedicated worker's global object that is used; the library of types for pages does not know it. */
interface Thread {
  readonly location: { readonly href: string };
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

const thread = globalThis as unknown as Thread;
const reader = new PixelReader();
const stops = new Map<number, AbortController>();
const streams = new Map<number, OpenStream>();
let opened: Promise<{ readonly analyzer: Analyzer }> | undefined;

/** A stream's frames as they come from the page, and what is made of them. */
interface OpenStream {
  readonly frames: SuppliedFrames;
  readonly steps: AsyncGenerator<StreamedFrame, void, undefined>;
  /** Whether each frame's pixels go back to the page. */
  readonly pixels: boolean;
}

/** Asks the page for each frame when it is wanted, and not before. */
class SuppliedFrames implements AsyncIterableIterator<Frame> {
  readonly #stream: number;
  #waiting: ((frame: SentFrame | undefined) => void) | undefined;

  constructor(stream: number) {
    this.#stream = stream;
  }

  async next(): Promise<IteratorResult<Frame>> {
    const sent = await new Promise<SentFrame | undefined>((resolve) => {
      this.#waiting = resolve;
      thread.postMessage({ wanted: this.#stream });
    });
    if (!sent) return { done: true, value: undefined };
    const { bitmap, timestamp, duration } = sent;
    return { done: false, value: { image: await pixelsOf(bitmap), timestamp, duration } };
  }

  supply(frame: SentFrame | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(frame);
    else if (frame) closeBitmap(frame.bitmap);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The pixels of an image that was sent, which is closed. */
async function pixelsOf(bitmap: SentImage): Promise<Image> {
  try {
    return await reader.read(bitmap);
  } finally {
    closeBitmap(bitmap);
  }
}

async function answer(request: WorkerRequest, signal: AbortSignal): Promise<WorkerAnswers[keyof WorkerAnswers]> {
  if (request.kind === 'open') {
    const opening = openParts(request, thread.location.href);
    opened = opening;
    const { analyzer, own, engine } = await opening;
    return { models: analyzer.models, defaults: analyzer.defaults, own, engine };
  }
  const { analyzer } = await opened!;
  switch (request.kind) {
    case 'analyze':
      return analyzer.analyze(await pixelsOf(request.bitmap), { ...request.options, signal });
    case 'detect':
      return analyzer.detect(await pixelsOf(request.bitmap), { ...request.options, signal });
    case 'classify':
      return analyzer.classify(await pixelsOf(request.bitmap), request.faces, { signal });
    case 'stream': {
      const frames = new SuppliedFrames(request.stream);
      streams.set(request.stream, { frames, steps: streamFrames(analyzer, frames, request.options), pixels: request.pixels });
      return undefined;
    }
    case 'step': {
      const stream = streams.get(request.stream);
      if (request.spare) reader.recycle(request.spare);
      const step = await stream?.steps.next();
      if (!stream || !step || step.done) return undefined;
      const { frame, index, cut, result, faces, seen } = step.value;
      const { image } = frame;
      if (!stream.pixels) reader.recycle(image.data.buffer);
      return { index, cut, result, faces, seen, image: stream.pixels ? image : undefined };
    }
    case 'close': {
      // Known until it has ended: it may still want a frame, and is told that there is none.
      await streams.get(request.stream)?.steps.return();
      streams.delete(request.stream);
      return undefined;
    }
    case 'dispose':
      await analyzer.dispose();
      return undefined;
  }
}

thread.onmessage = async ({ data: message }) => {
  if ('abort' in message) return stops.get(message.abort)?.abort();
  if ('supply' in message) {
    const stream = streams.get(message.supply);
    if (stream) stream.frames.supply(message.frame);
    else if (message.frame) closeBitmap(message.frame.bitmap);
    return;
  }
  const { id, request } = message;
  const stop = new AbortController();
  stops.set(id, stop);
  try {
    const told = await answer(request, stop.signal);
    stopIfAborted(stop.signal);
    thread.postMessage(
      { id, answer: told },
      told && 'image' in told && told.image ? [told.image.data.buffer as ArrayBuffer] : [],
    );
  } catch (error) {
    thread.postMessage({ id, ...callFailure(error) });
  } finally {
    stops.delete(id);
  }
};
