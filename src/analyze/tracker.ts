/**
 * Who is who from frame to frame, in the manner of ByteTrack (Zhang et al. 2022, arXiv:2110.06864): a Kalman filter predicts each
 * face; confident detections are assigned first, less confident ones only continue existing tracks. Beyond ByteTrack, appearance
 * (appearance.ts) settles crossings and says who comes back. Where it is not clear whose face a detection is, it is nobody's for
 * that frame, and where it is not clear whether somebody came back, it is somebody new: no person inherits another's emotion.
 * Where the image changes altogether, or a face's surroundings do, place tells nothing: face and surroundings together (surroundings.ts)
 * say who is still there, be it in another place. So tiles of a video call that are laid out anew are no new people, and a cut makes some.
 * Deterministic; times are seconds and may come at any step (long ones count less: LONGEST_STEP). Reads no pixels and measures no emotion.
 */
import { PhizError } from '../core/error.js';
import { type BoundingBox, iou } from '../core/geometry.js';
import { assign } from './assignment.js';
import { hidden, overlapsAny } from './hiding.js';
import { CLOSE, LIMIT, matchSurely, matchViews } from './matches.js';
import { DOUBT, Newcomer } from './newcomer.js';
import type { Surroundings } from './surroundings.js';
import { Track, type TrackableDetection } from './track.js';
import { type TrackerOptions, type TrackerSettings, trackerSettings } from './tracker-options.js';

/** A person in a frame. */
export interface TrackedBox {
  /** From 1, in order of appearance; never used again. */
  readonly person: number;
  /** As detected, or where it is predicted to be; in pixels of the image, may reach beyond its edges. */
  readonly box: BoundingBox;
  /** Of the last detection. */
  readonly score: number;
  /** Index of the detection in this frame; undefined where the box is carried. */
  readonly detection: number | undefined;
  /** Whether the detection is sure, and hidden by no other face: only then may an emotion be read from it. */
  readonly clear: boolean;
}

/** LIMIT for unsure detections, judged by motion alone. */
const LOW_LIMIT = 6;
/**
 * Most seconds that pass for the tracker from one frame to the next. Where frames are further apart (screen recordings, a few looks a
 * minute) nobody knows what happened between; a face that stands where it stood is as likely the same one as it would be after this time,
 * and bridging, memory and doubt last for so many frames instead of seconds.
 */
const LONGEST_STEP = 0.5;
/** Cost of face and surroundings from where on a face in its place is another one, if it was seen within so many seconds. */
const OTHER_VIEW = 13;
const MOMENT = 0.25;

export class Tracker {
  readonly #options: TrackerSettings;
  #people: Track[] = [];
  #newcomers: Newcomer[] = [];
  #ended: number[] = [];
  #next = 1;
  /** Seconds of the last frame, and on the tracker's own clock, which leaves out what lies between frames that are far apart. */
  #time = -Infinity;
  #clock = 0;
  #changed = false;
  #first = true;
  #newScene = false;

  /** Throws PhizError `invalid-option` naming the first value at fault. */
  constructor(options: TrackerOptions = {}) {
    this.#options = trackerSettings(options);
  }

  /** The score below which detections are of no use to it. */
  get lowScore(): number {
    return this.#options.lowScore;
  }

  /** The image has changed since the last update: the next one finds out who of those who were there still is, wherever. */
  cut(): void {
    this.#changed = true;
    this.#newcomers = [];
  }

  /** Whether a new scene began with the last update: the image had changed, and nobody who was there was so any more. */
  get newScene(): boolean {
    return this.#newScene;
  }

  /** The persons who left for good since this was last asked: what is kept of them can go. */
  takeEnded(): readonly number[] {
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }

  /**
   * Takes the detections of the frame at `time` (seconds, later than any before) and gives the persons in it, by number; `around` tells
   * what is around a box in that frame, where pixels are at hand.
   * Throws PhizError `invalid-data` for a time that does not go on.
   */
  update(
    seconds: number,
    detections: readonly TrackableDetection[],
    around?: (box: BoundingBox) => Surroundings,
  ): readonly TrackedBox[] {
    if (!(seconds > this.#time) || seconds === Infinity)
      throw new PhizError('invalid-data', `frames must come in order of time; ${seconds} s came after ${this.#time} s`);
    const step = this.#time === -Infinity ? 0 : seconds - this.#time;
    const time = this.#clockAt(seconds);
    this.#clock = time;
    this.#time = seconds;
    const sparse = step >= LONGEST_STEP;
    const { highScore, lowScore, bridge, carry } = this.#options;
    const all = detections.map((_, i) => i);
    const clear = detections.map((detection) => detection.score >= highScore && !hidden(detection, detections));
    const taken = new Map<Track, number>();
    const doubtful = new Set<number>();

    const high = all.filter((i) => detections[i]!.score >= highScore);
    const low = all.filter((i) => detections[i]!.score < highScore && detections[i]!.score >= lowScore);
    if (this.#changed) this.#findViews(high, detections, clear, taken);
    const stayed = new Set(taken.keys());
    const live = this.#people.filter(
      (track) => !track.left && !stayed.has(track) && (track.missed === undefined || time - track.seen <= bridge),
    );

    const surely = matchSurely(time, live, high, detections, clear);
    for (const i of surely.doubtful) doubtful.add(i);
    for (const [track, i] of surely.sure) {
      // Another face where this one was a moment ago, before something else.
      if (clear[i] && time - track.seen < MOMENT && track.differs(detections[i]!, OTHER_VIEW)) track.left = true;
      else taken.set(track, i);
    }
    const used = () => new Set([...taken.values(), ...doubtful]);

    const followed = live.filter((track) => !taken.has(track) && !track.left && track.missed === undefined);
    const unsure = low.filter((i) => !overlapsAny(detections[i]!.box, [...taken.values()], detections));
    const second = assign(
      followed.length,
      unsure.length,
      (row, column) => followed[row]!.motionCost(detections[unsure[column]!]!.box, time),
      LOW_LIMIT,
    );
    for (const { row, column } of second) taken.set(followed[row]!, unsure[column]!);

    const newcomers = this.#newcomers.map(({ track }) => track);
    const left = high.filter((i) => !used().has(i));
    const third = assign(
      newcomers.length,
      left.length,
      (row, column) => newcomers[row]!.cost(detections[left[column]!]!, time, clear[left[column]!]!, LIMIT),
      LIMIT,
    );
    for (const { row, column } of third) taken.set(newcomers[row]!, left[column]!);

    for (const track of [...this.#people, ...newcomers]) {
      const i = taken.get(track);
      if (i === undefined) {
        if (around && track.missed === undefined && time - track.seen < MOMENT) track.left ||= track.placeChanged(around);
        track.missed ??= time;
      } else if (stayed.has(track)) track.comeBack(detections[i]!, time, clear[i]!);
      else {
        track.see(detections[i]!, time, clear[i]!);
        // Too long a stranger's appearance: whoever is there now is somebody else, who comes below as one unknown.
        if (track.strange !== undefined && time - track.strange >= DOUBT) {
          track.leaveToStranger();
          taken.delete(track);
        } else if (track.strange !== undefined) clear[i] = false;
      }
    }
    this.#newcomers = this.#newcomers.filter(({ track: { seen, missed } }) => missed === undefined || time - seen <= carry);
    this.#bury(time);

    const known = used();
    for (const i of high) {
      if (known.has(i) || overlapsAny(detections[i]!.box, [...taken.values()], detections)) continue;
      const track = new Track(detections[i]!, time, clear[i]!);
      this.#newcomers.push(new Newcomer(track));
      taken.set(track, i);
    }
    this.#recall(time, detections, clear, taken);
    this.#settle(time, detections, clear, taken, sparse);
    this.#first = false;
    this.#changed = false;
    return this.#shown(time, (track) => {
      const i = taken.get(track);
      return i === undefined ? undefined : { i, detection: detections[i]!, clear: clear[i]! };
    });
  }

  /** The persons at `time`, not before the last update, carried on without looking. Changes nothing. */
  carried(seconds: number): readonly TrackedBox[] {
    return this.#changed ? [] : this.#shown(this.#clockAt(seconds), () => undefined);
  }

  #clockAt(seconds: number): number {
    return this.#time === -Infinity ? 0 : this.#clock + Math.min(seconds - this.#time, LONGEST_STEP);
  }

  /** After a change of the image: who is still there, by face and surroundings; all others have left. */
  #findViews(
    high: readonly number[],
    detections: readonly TrackableDetection[],
    clear: readonly boolean[],
    taken: Map<Track, number>,
  ): void {
    const there = this.#people.filter(({ missed }) => missed === undefined);
    for (const [track, i] of matchViews(
      this.#people,
      high.filter((i) => clear[i]),
      detections,
    ))
      taken.set(track, i);
    for (const track of this.#people) track.left ||= !taken.has(track);
    this.#newScene = !there.some((track) => taken.has(track));
  }

  /** Newcomers who are somebody who had left, before what was around them then. */
  #recall(time: number, detections: readonly TrackableDetection[], clear: readonly boolean[], taken: Map<Track, number>): void {
    const left = this.#people.filter((track) => track.left);
    if (left.length === 0) return;
    const newcomerAt = new Map<number, Newcomer>();
    for (const newcomer of this.#newcomers) {
      const i = taken.get(newcomer.track);
      if (i !== undefined && clear[i]) newcomerAt.set(i, newcomer);
    }
    for (const [track, i] of matchViews(left, [...newcomerAt.keys()], detections)) {
      const newcomer = newcomerAt.get(i)!;
      track.comeBack(detections[i]!, time, clear[i]!);
      taken.delete(newcomer.track);
      taken.set(track, i);
      this.#newcomers = this.#newcomers.filter((one) => one !== newcomer);
    }
  }

  /** Newcomers become persons, or turn out to be somebody who was gone. */
  #settle(
    time: number,
    detections: readonly TrackableDetection[],
    clear: readonly boolean[],
    taken: Map<Track, number>,
    sparse: boolean,
  ): void {
    const { sureScore, confirmations } = this.#options;
    this.#newcomers = this.#newcomers.filter((newcomer) => {
      const { track } = newcomer;
      const i = taken.get(track);
      if (i === undefined) return true;
      const detection = detections[i]!;
      const gone = this.#people.filter(
        (person) => !person.left && person.seen < track.born && (sparse || person.reaches(detection.box, time)),
      );
      const who = newcomer.judge(gone, detection, time, { clear: clear[i]!, sparse });
      if (who === undefined) return true;
      if (who !== 'new') {
        who.comeBack(detection, time, clear[i]!);
        taken.delete(track);
        taken.set(who, i);
        return false;
      }
      // Between two faces that overlap, detectors see a third for a moment.
      const certain = clear[i] ? detection.score >= sureScore || track.hits >= confirmations : time - track.born >= DOUBT;
      if (!this.#first && !(this.#changed && this.#newScene) && !certain) return true;
      track.person = this.#next++;
      this.#people.push(track);
      return false;
    });
  }

  /** Who was looked for in vain for longer than memory lasts is gone for good. */
  #bury(time: number): void {
    const { memory, placeMemory } = this.#options;
    const gone = ({ seen, missed, left, placed }: Track) =>
      missed !== undefined && (left ? !placed || time - seen > placeMemory : time - seen > memory);
    this.#end(this.#people.filter(gone));
    this.#people = this.#people.filter((track) => !gone(track));
  }

  #end(tracks: readonly Track[]): void {
    for (const { person } of tracks) this.#ended.push(person!);
  }

  #shown(
    time: number,
    now: (track: Track) => { readonly i: number; readonly detection: TrackableDetection; readonly clear: boolean } | undefined,
  ): readonly TrackedBox[] {
    const seen = this.#people.flatMap((track) => {
      const found = now(track);
      return found ? [{ track, ...found }] : [];
    });
    const present = seen.map(({ detection }) => detection.box);
    const shown = this.#people.flatMap((track): TrackedBox[] => {
      const { person, score, missed } = track;
      const found = seen.find((one) => one.track === track);
      if (found) return [{ person: person!, box: found.detection.box, score, detection: found.i, clear: found.clear }];
      if (track.left) return [];
      const box = track.boxAt(time);
      // Looked for in vain: soon it is not there, and behind another face it is not to be seen.
      if (missed !== undefined && (time - track.seen > this.#options.carry || present.some((other) => iou(other, box) > CLOSE)))
        return [];
      return [{ person: person!, box, score, detection: undefined, clear: false }];
    });
    return shown.sort((a, b) => a.person - b.person);
  }
}
