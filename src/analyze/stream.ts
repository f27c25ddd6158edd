/**
 * Frames in, the people in each out: scenes are told apart (scene.ts), faces detected and tracked (tracker.ts), each read where it is certain
 * whose face it is, and its attributes smoothed or pooled over time. The next frame's faces are detected while this frame's are read; no more
 * than that one frame is taken ahead and none is kept, so memory stays flat however long a clip is. Two streams share nothing but the
 * analyzer's models.
 */

import type { AttributeName } from '../attributes/index.js';
import { kindOf } from '../core/check.js';
import { PhizError } from '../core/error.js';
import type { BoundingBox } from '../core/geometry.js';
import type { Detection } from '../detect/detector.js';
import { type FrameResult, type TrackedFace, VIDEO_SCHEMA_VERSION } from '../results/video-result.js';
import { stopIfAborted } from './abort.js';
import type { FaceReader } from './face-reader.js';
import type { Frame, FrameSource } from './frame.js';
import { checkOptions } from './options.js';
import { People, type StreamOptions } from './people.js';
import { frameSampler } from './sample-frames.js';
import { SceneDetector } from './scene.js';

/** A frame of the source, analysed or not. */
export interface StreamedFrame<Name extends AttributeName = AttributeName> {
  readonly frame: Frame;
  /** Number in the source, from 0. */
  readonly index: number;
  /** The image is quite another than the one before: a new scene, unless the result says otherwise. */
  readonly cut: boolean;
  /** Undefined where the frame was not analysed. */
  readonly result: FrameResult<Name> | undefined;
  /** The people in the frame, for drawing: those of the result, or where they are by now. */
  readonly faces: readonly TrackedFace<Name>[];
  /** Every face found in the frame, also where it is nobody's yet or beyond the limits: what is to be hidden where faces are. */
  readonly seen: readonly BoundingBox[];
}

/**
 * Follows the people through the frames of `source`, in order of time; gives every frame back, the analysed ones with their result.
 * Throws PhizError `invalid-option` at once; while reading `aborted`, `disposed`, `invalid-data`, `engine-failed`, and what the source
 * throws, after all frames before.
 */
export function streamFrames<Name extends AttributeName = AttributeName>(
  analyzer: FaceReader<Name>,
  source: AsyncIterable<Frame> | FrameSource,
  options: StreamOptions = {},
): AsyncGenerator<StreamedFrame<Name>, void, undefined> {
  if (typeof source !== 'object' || source === null || !(Symbol.asyncIterator in source || 'frames' in source))
    throw new PhizError('invalid-option', `frames come from a clip (openClip) or an async iterable, not from ${kindOf(source)}`);
  const { detectEvery = 1, every, fps, from, to } = options;
  checkOptions(options);
  const sampled = frameSampler({ every, fps, from, to });
  const people = new People(analyzer as unknown as FaceReader, options);
  return follow(people, sampled, detectEvery, source, options.signal) as AsyncGenerator<StreamedFrame<Name>, void, undefined>;
}

/** A frame on its way through: what is decided of it before its turn, so that its faces are found while the one before is read. */
interface Started {
  readonly frame: Frame;
  readonly index: number;
  readonly cut: boolean;
  readonly sampled: boolean;
  readonly found: Promise<readonly Detection[]> | undefined;
}

/** The results of followed frames alone: nobody gets the images, which are released. */
export async function* resultsOf(
  steps: AsyncIterable<{ readonly frame: { release?(): void }; readonly result: FrameResult | undefined }>,
): AsyncGenerator<FrameResult> {
  for await (const { frame, result } of steps) {
    frame.release?.();
    if (result) yield result;
  }
}

async function* follow(
  people: People,
  sampled: (timestamp: number) => boolean,
  detectEvery: number,
  source: AsyncIterable<Frame> | FrameSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamedFrame, void, undefined> {
  const scenes = new SceneDetector();
  let count = 0;
  let sinceDetection = Number.POSITIVE_INFINITY;
  const start = (frame: Frame): Started => {
    const index = count++;
    const { image, timestamp } = frame;
    if (!Number.isFinite(timestamp)) throw new PhizError('invalid-data', `frame ${index} has no time (${timestamp})`);
    const cut = scenes.next(image, timestamp);
    if (cut) sinceDetection = Number.POSITIVE_INFINITY;
    const taken = sampled(timestamp);
    if (!taken || ++sinceDetection < detectEvery) return { frame, index, cut, sampled: taken, found: undefined };
    sinceDetection = 0;
    const found = people.find(image);
    found.catch(() => {}); // awaited in the frame's turn
    return { frame, index, cut, sampled: taken, found };
  };

  const frames = ('frames' in source ? source.frames({ signal }) : source)[Symbol.asyncIterator]();
  const advance = async (): Promise<Started | undefined> => {
    const { done, value } = await frames.next();
    stopIfAborted(signal);
    return done ? undefined : start(value);
  };
  let changed = false;
  let next = advance();
  try {
    for (let now = await next; now; now = await next) {
      next = advance();
      next.catch(() => {}); // awaited in its turn
      const { frame, index, cut, found } = now;
      const { timestamp, duration } = frame;
      if (cut) people.change();
      changed ||= cut;
      const { faces, seen } = found ? await people.look(frame, await found) : { faces: people.carried(frame), seen: [] };
      if (now.sampled) {
        const result: FrameResult = {
          schemaVersion: VIDEO_SCHEMA_VERSION,
          frame: index,
          timestamp,
          duration,
          cut: changed && people.newScene,
          faces,
        };
        changed = false;
        yield { frame, index, cut, result, faces, seen };
      } else yield { frame, index, cut, result: undefined, faces, seen };
    }
  } finally {
    // Nobody takes the frame that is under way.
    const left = await next.catch(() => undefined);
    await left?.found?.catch(() => undefined);
    left?.frame.release?.();
    await frames.return?.();
  }
}
