/**
 * One face tracked through frames: its motion, its appearance, when it was seen. Says how well a detection matches it, in
 * nats (negative log-likelihood ratio against a perfect fit), so that place, size and appearance add up. tracker.ts decides.
 */
import { area, type BoundingBox, sideOf } from '../core/geometry.js';
import type { Detection } from '../detect/detector.js';
import type { Appearance } from './appearance.js';
import { AppearanceMemory } from './appearance-memory.js';
import { type BoxMotion, boxOf, correctBox, predictBox, startBox } from './kalman.js';
import { likeSurroundings, type Surroundings } from './surroundings.js';

/** A detection with the appearance of its face and what is around it, where pixels were at hand. */
export interface TrackableDetection extends Detection {
  readonly appearance?: Appearance | undefined;
  readonly surroundings?: Surroundings | undefined;
}

/**
 * How far a face gets: this many of its sizes at once (a detector's wobble) and a second (running across a close-up is about 7).
 * Beyond it nothing makes two boxes one person.
 */
const REACH = { atOnce: 0.75, perSecond: 10 };

/** Change of ln(size) at once and a second, likewise. */
const GROWTH = { atOnce: 1, perSecond: 1.5 };

/** How much detections may differ from the filter's estimate, in sizes and ln(size): more than a filter's own, for half-hidden faces. */
const ERROR = { centre: 0.12, size: 0.1 };

/**
 * What a person's own appearance costs on average, which counts as nothing; the most that a good match makes up for; and from where on a
 * pattern counts no further: a head that turns has quite another one, but its colour stays.
 */
const OWN_APPEARANCE = 2;
const APPEARANCE_BONUS = 1;
const MOST_PATTERN = 3;

/**
 * Where place and size fit up to FITTING nats, appearance costs at most MOST_APPEARANCE: hands, hair and lights come and go before a face
 * within a moment. From STRANGE on it is a stranger all the same.
 */
const FITTING = 4;
const MOST_APPEARANCE = 6;
const STRANGE = 15;

/**
 * What it costs that surroundings are others, and that the face is as far from what it was in pattern or chroma, each squared. Of faces
 * 12 to 15 times a second 0.3 (median; 3.3 the most); of the same ones at half their size elsewhere 1.3 (95 % below 10); of others in
 * one photo or tile 20, of which 5 % are below 6 where faces have 13 pixels; of others in other clips 31 (the least of 2,815: 8).
 */
const VIEW = { around: 0.25, pattern: 0.3, chroma: 0.04 };
/** Share of the surroundings at a place below which all of it has changed. */
const CHANGED = 0.35;

export class Track {
  /** Number of the person; undefined while it is not sure that this is one. */
  person: number | undefined;
  /** Seconds of the first and the last detection. */
  readonly born: number;
  seen: number;
  /** Seconds at which it was first looked for in vain since it was last seen. */
  missed: number | undefined;
  /** Seconds since when what is seen there looks like somebody else. */
  strange: number | undefined;
  /** Whether they went as their surroundings changed, with a cut or with their tile: then only the same view brings them back. */
  left = false;
  hits = 1;
  score: number;
  readonly memory = new AppearanceMemory();
  #motion: BoxMotion;
  /** As last detected. */
  #box: BoundingBox;
  #surroundings: Surroundings | undefined;

  constructor(detection: TrackableDetection, time: number, clear: boolean) {
    this.#motion = startBox(detection.box);
    this.#box = detection.box;
    this.born = time;
    this.seen = time;
    this.score = detection.score;
    if (!clear) return;
    if (detection.appearance) this.memory.learn(detection.appearance, time);
    this.#surroundings = detection.surroundings;
  }

  /** Whether it is known what is around this face. */
  get placed(): boolean {
    return this.#surroundings !== undefined;
  }

  /** Where the face will be at `time`. */
  boxAt(time: number): BoundingBox {
    return boxOf(predictBox(this.#motion, time - this.seen));
  }

  /** Takes a detection as this face. Its appearance is learnt where nothing hides it (`clear`) and it is no stranger's. */
  see(detection: TrackableDetection, time: number, clear: boolean): void {
    this.#motion = correctBox(predictBox(this.#motion, time - this.seen), detection.box);
    this.#note(detection, time, clear);
  }

  /** Takes a detection as this face come back: it starts anew from there. */
  comeBack(detection: TrackableDetection, time: number, clear: boolean): void {
    this.#motion = startBox(detection.box);
    this.#note(detection, time, clear);
  }

  #note(detection: TrackableDetection, time: number, clear: boolean): void {
    this.#box = detection.box;
    this.seen = time;
    this.missed = undefined;
    this.left = false;
    this.hits++;
    this.score = detection.score;
    if (!clear) return;
    if (this.person !== undefined && this.#appearanceCost(detection.appearance) >= STRANGE) this.strange ??= time;
    else {
      this.strange = undefined;
      if (detection.appearance) this.memory.learn(detection.appearance, time);
      this.#surroundings = detection.surroundings ?? this.#surroundings;
    }
  }

  /** The stranger is not this face, which was last seen before. */
  leaveToStranger(): void {
    if (this.strange === undefined) return;
    this.seen = this.strange;
    this.missed = this.strange;
    this.strange = undefined;
  }

  /** Whether a face can have got from where this one was last seen to `box` by `time`. */
  reaches(box: BoundingBox, time: number): boolean {
    const last = this.#box;
    const side = Math.max(sideOf(last), 1e-3);
    const other = Math.max(sideOf(box), 1e-3);
    const gap = time - this.seen;
    const distance = Math.hypot(
      box.x + box.width / 2 - last.x - last.width / 2,
      box.y + box.height / 2 - last.y - last.height / 2,
    );
    return (
      distance <= Math.max(side, other) * (REACH.atOnce + REACH.perSecond * gap) &&
      Math.abs(Math.log(other / side)) <= GROWTH.atOnce + GROWTH.perSecond * gap
    );
  }

  /**
   * How badly place and size of `box` fit, in nats: 0 for a box where it was sure to be. What was not seen for long is looked for in
   * a wider field, which makes each place in it less likely. Infinity out of reach.
   */
  motionCost(box: BoundingBox, time: number): number {
    if (!this.reaches(box, time)) return Infinity;
    const { x, y, size } = predictBox(this.#motion, time - this.seen);
    const centreNoise = ERROR.centre ** 2 * Math.exp(2 * this.#motion.size.value);
    const sizeNoise = ERROR.size ** 2;
    const other = Math.log(Math.max(area(box), 1e-6)) / 2;
    const of = (error: number, variance: number, noise: number) =>
      (error * error) / (variance + noise) + Math.log((variance + noise) / noise);
    return (
      (of(box.x + box.width / 2 - x.value, x.vv, centreNoise) +
        of(box.y + box.height / 2 - y.value, y.vv, centreNoise) +
        of(other - size.value, size.vv, sizeNoise)) /
      2
    );
  }

  /**
   * How badly a detection fits, in nats: place and size, and, where nothing hides it (`clear`), its appearance. Infinity where place and
   * size alone cost `limit`.
   */
  cost({ box, appearance }: TrackableDetection, time: number, clear: boolean, limit: number): number {
    const motion = this.motionCost(box, time);
    if (motion >= limit + APPEARANCE_BONUS) return Infinity;
    const unlike = clear ? this.#appearanceCost(appearance) : 0;
    return motion + (motion < FITTING ? Math.min(unlike, MOST_APPEARANCE) : unlike);
  }

  /**
   * How unlike face and surroundings together are to how they were last (see VIEW), wherever in the image that is and however large.
   * Infinity where either is unknown.
   */
  viewCost({ appearance, surroundings }: TrackableDetection): number {
    const apart = appearance && this.memory.apart(appearance);
    if (!apart || !surroundings || !this.#surroundings) return Infinity;
    const like = likeSurroundings(this.#surroundings, surroundings);
    if (like === undefined) return Infinity;
    return ((1 - like) / VIEW.around) ** 2 + (apart.pattern / VIEW.pattern) ** 2 + (apart.chroma / VIEW.chroma) ** 2;
  }

  /** Whether face and surroundings are known, and further than `limit` from these. */
  differs(detection: TrackableDetection, limit: number): boolean {
    const cost = this.viewCost(detection);
    return cost > limit && cost < Infinity;
  }

  /** Whether all is changed at the place where it was last seen; `there` tells what is around a box now. */
  placeChanged(there: (box: BoundingBox) => Surroundings): boolean {
    const like = this.#surroundings && likeSurroundings(this.#surroundings, there(this.#box));
    return like !== undefined && like < CHANGED;
  }

  /** How badly an appearance fits, in nats; 0 where there is none to compare. */
  #appearanceCost(appearance: Appearance | undefined): number {
    const like = appearance && this.memory.compare(appearance);
    if (!like) return 0;
    const pattern = Math.min(like.pattern, MOST_PATTERN);
    return Math.max((pattern ** 2 + like.chroma ** 2 - OWN_APPEARANCE) / 2, -APPEARANCE_BONUS);
  }
}
