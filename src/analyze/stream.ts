/**
 * Frames in, the people in each out: scenes are told apart (scene.ts), faces detected and tracked (tracker.ts), each read where it is certain
 * whose face it is, and its attributes smoothed or pooled over time. The next frame's faces are detected while this frame's are read; no more
 * than that one frame is taken ahead and none is kept, so memory stays flat however long a clip is. Two streams share nothing but the
 * analyzer's models.
 */

import { type Attribute, type Course, isRead } from '../attributes/attribute.js';
import type { AnyReading, AttributeName } from '../attributes/index.js';
import { kindOf } from '../core/check.js';
import { PhizError } from '../core/error.js';
import { area, type BoundingBox, clipBox } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { Detection } from '../detect/detector.js';
import type { FollowOptions } from '../results/analysis-options.js';
import { type FrameResult, type TrackedFace, VIDEO_SCHEMA_VERSION } from '../results/video-result.js';
import { stopIfAborted } from './abort.js';
import { appearanceOf } from './appearance.js';
import { MIN_FACE } from './detect-scales.js';
import type { FaceReader, FaceReading } from './face-reader.js';
import type { Frame, FrameSource } from './frame.js';
import { keepFaces } from './kept-faces.js';
import { type AnalyzeOptions, checkOptions } from './options.js';
import { frameSampler } from './sample-frames.js';
import { SceneDetector } from './scene.js';
import { surroundingsOf } from './surroundings.js';
import { type TrackedBox, Tracker } from './tracker.js';
import type { TrackerOptions } from './tracker-options.js';

/** `minConfidence` is what it takes to become a person; whoever is one is followed through less sure frames. */
export interface StreamOptions extends Omit<AnalyzeOptions, 'turn'>, FollowOptions {
  /** Other settings of the tracker. */
  readonly tracking?: Omit<TrackerOptions, 'highScore'> | undefined;
}

/** A frame of the source, analysed or not. */
export interface StreamedFrame<Name extends AttributeName = AttributeName> {
  readonly frame: Frame;
  /** Number in the source, from 0. */
  readonly index: number;
  /** The picture is quite another than the one before: a new scene, unless the result says otherwise. */
  readonly cut: boolean;
  /** Undefined where the frame was not analysed. */
  readonly result: FrameResult<Name> | undefined;
  /** The people in the frame, for drawing: those of the result, or where they are by now. */
  readonly faces: readonly TrackedFace<Name>[];
  /** Every face found in the frame, also where it is nobody's yet or beyond the limits: what is to be hidden where faces are. */
  readonly seen: readonly BoundingBox[];
}

/** A carried box of which less than this share is inside the picture has left it. */
const INSIDE = 0.6;

/** Most detections looked at in a frame, unsure ones among them. */
const MOST_DETECTIONS = 1000;

/** Broken clips repeat timestamps; a person's clock goes on by this many seconds then. */
export const TICK = 1e-6;

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
  const { detectEvery = 1, every, fps } = options;
  checkOptions(options);
  const sampled = frameSampler({ every, fps });
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

/** The results of followed frames alone: nobody gets the pictures, which are released. */
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

/** What is kept of one person: the course of each attribute that is followed over time, and its value now. */
interface Person {
  readonly courses: ReadonlyMap<string, Course<unknown>>;
  now: AnyReading;
}

/** The people of one stream: who they are and what they showed so far. */
class People {
  readonly #analyzer: FaceReader;
  readonly #options: StreamOptions;
  readonly #tracker: Tracker;
  /** Smallest face, where somebody says. */
  readonly #asked: number | undefined;
  readonly #minFace: number;
  readonly #maxFaces: number;
  readonly #minConfidence: number;
  readonly #known = new Map<number, Person>();
  readonly #followed: readonly Attribute[];
  #clock = Number.NEGATIVE_INFINITY;

  constructor(analyzer: FaceReader, options: StreamOptions) {
    this.#analyzer = analyzer;
    this.#followed = analyzer.attributes.filter(
      (attribute) => attribute.overTime && (!isRead(attribute) || attribute.name in analyzer.models),
    );
    this.#options = options;
    this.#asked = options.minFace ?? analyzer.defaults.minFace;
    this.#minFace = this.#asked ?? MIN_FACE;
    this.#maxFaces = options.maxFaces ?? analyzer.defaults.maxFaces;
    this.#minConfidence = options.minConfidence ?? analyzer.defaults.minConfidence;
    this.#tracker = new Tracker({ ...options.tracking, highScore: this.#minConfidence });
  }

  /** The picture has changed: who is still there shows in the next that is looked at. */
  change(): void {
    this.#tracker.cut();
  }

  /** Whether nobody who was there still was after the last change. */
  get newScene(): boolean {
    return this.#tracker.newScene;
  }

  /** All faces in a picture, sure or not. Knows nothing of who is who, so it may run ahead. */
  find(image: Image): Promise<readonly Detection[]> {
    const { signal, detectSize } = this.#options;
    return this.#analyzer.detect(image, {
      detectSize,
      signal,
      maxFaces: MOST_DETECTIONS,
      turn: false,
      // Where nobody asks for small faces, the detector's own limit on fine looks holds.
      minFace: this.#asked === undefined ? undefined : Math.min(this.#asked, MIN_FACE),
      minConfidence: this.#tracker.lowScore,
    });
  }

  /** Follows and measures the people in a frame, whose faces were `found`. */
  async look(frame: Frame, found: readonly Detection[]): Promise<Pick<StreamedFrame, 'faces' | 'seen'>> {
    const { image } = frame;
    const { signal } = this.#options;
    const detections = this.#limit(found, image);
    const around = (box: BoundingBox) => surroundingsOf(image, box);
    const described = detections.map((detection) => ({
      ...detection,
      appearance: appearanceOf(image, detection.box),
      surroundings: around(detection.box),
    }));
    this.#clock = Math.max(frame.timestamp, this.#clock + TICK);
    const boxes = this.#tracker.update(this.#clock, described, around);
    this.#forget();
    const measured = boxes.filter(({ clear, detection }) => clear && detection !== undefined);
    const readings = await this.#analyzer.classify(
      image,
      measured.map(({ detection }) => detections[detection!]!),
      { signal },
    );
    const reading = new Map(measured.map((box, i) => [box, readings[i]!]));
    return {
      faces: boxes.flatMap((box) => this.#face(frame, box, reading.get(box), detections)),
      seen: found.filter(({ score }) => score >= this.#analyzer.defaults.minConfidence).map(({ box }) => box),
    };
  }

  /** Where they are in a frame that nobody looks at. */
  carried(frame: Frame): readonly TrackedFace[] {
    const time = Math.max(frame.timestamp, this.#clock);
    return this.#tracker.carried(time).flatMap((box) => this.#face(frame, box, undefined, []));
  }

  /** The largest of the sure faces, as many as may be, and the unsure ones, if large enough. Largest first, as they come. */
  #limit(detections: readonly Detection[], image: Frame['image']): readonly Detection[] {
    return keepFaces(detections, image, {
      minFace: this.#minFace,
      maxFaces: this.#maxFaces,
      minScore: this.#tracker.lowScore,
      countedFrom: this.#minConfidence,
    });
  }

  #face(
    { image: { width, height } }: Frame,
    { person, box, score, detection }: TrackedBox,
    reading: FaceReading | undefined,
    detections: readonly Detection[],
  ): readonly TrackedFace[] {
    const clipped = clipBox(box, width, height);
    if (detection === undefined && area(clipped) < INSIDE * area(box)) return [];
    const known = this.#person(person);
    if (reading) {
      const measured: AnyReading = reading;
      known.now = Object.fromEntries(
        [...known.courses].map(([name, course]) => [name, course.add(this.#clock, measured[name], measured)]),
      );
    }
    return [
      {
        person,
        box: clipped,
        landmarks: reading ? detections[detection!]!.landmarks : null,
        confidence: Math.min(score, 1),
        measured: reading !== undefined,
        ...known.now,
        raw: reading ?? null,
      } as AnyReading as TrackedFace,
    ];
  }

  #person(number: number): Person {
    const known = this.#known.get(number);
    if (known) return known;
    const { smoothing } = this.#options;
    const courses = this.#followed.map(({ name, overTime }) => [name, overTime!.start({ smoothing })] as const);
    const person = { courses: new Map(courses), now: Object.fromEntries(courses.map(([name]) => [name, null])) };
    this.#known.set(number, person);
    return person;
  }

  #forget(): void {
    for (const number of this.#tracker.takeEnded()) this.#known.delete(number);
  }
}
