/** The people of one stream: found in each frame, told apart (tracker.ts), read where it is certain whose face it is, and followed over time. */
import { type Attribute, type Course, isRead } from '../attributes/attribute.js';
import type { AnyReading } from '../attributes/index.js';
import { area, type BoundingBox, clipBox } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { Detection } from '../detect/detector.js';
import type { FollowOptions } from '../results/analysis-options.js';
import type { TrackedFace } from '../results/video-result.js';
import { appearanceOf } from './appearance.js';
import { MIN_FACE } from './detect-scales.js';
import type { FaceReader, FaceReading } from './face-reader.js';
import type { Frame } from './frame.js';
import { keepFaces } from './kept-faces.js';
import type { AnalyzeOptions } from './options.js';
import { surroundingsOf } from './surroundings.js';
import { type TrackedBox, Tracker } from './tracker.js';
import type { TrackerOptions } from './tracker-options.js';

/** `minConfidence` is what it takes to become a person; whoever is one is followed through less sure frames. */
export interface StreamOptions extends Omit<AnalyzeOptions, 'turn'>, FollowOptions {
  /** Other settings of the tracker. */
  readonly tracking?: Omit<TrackerOptions, 'highScore'> | undefined;
}

/** Who is in a frame. */
export interface PeopleInFrame {
  readonly faces: readonly TrackedFace[];
  /** Every face found in it, also where it is nobody's yet or beyond the limits. */
  readonly seen: readonly BoundingBox[];
}

/** A carried box of which less than this share is inside the image has left it. */
const INSIDE = 0.6;

/** Most detections looked at in a frame, unsure ones among them. */
const MOST_DETECTIONS = 1000;

/** Broken clips repeat timestamps; a person's clock goes on by this many seconds then. */
const TICK = 1e-6;

/** What is kept of one person: the course of each attribute that is followed over time, and its value now. */
interface Person {
  readonly courses: ReadonlyMap<string, Course<unknown>>;
  now: AnyReading;
}

/** Who they are and what they showed so far. */
export class People {
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

  /** The image has changed: who is still there shows in the next that is looked at. */
  change(): void {
    this.#tracker.cut();
  }

  /** Whether nobody who was there still was after the last change. */
  get newScene(): boolean {
    return this.#tracker.newScene;
  }

  /** All faces in an image, sure or not. Knows nothing of who is who, so it may run ahead. */
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
  async look(frame: Frame, found: readonly Detection[]): Promise<PeopleInFrame> {
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
