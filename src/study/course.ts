/**
 * One recording on the stimulus's time axis: at each step the time-weighted mean of what was measured of one face, or nothing where
 * less than half of the step was measured; and how good the recording is. Frames are added one by one and not kept.
 */
import type { ClassSubject } from '../attributes/classes/classes.js';
import type { Quality } from '../attributes/quality/schema.js';
import { turnedAside } from '../core/geometry.js';
import { spanFrames } from '../results/frame-spans.js';
import type { FrameResult } from '../results/video-result.js';
import type { Recording, Stretch } from './design.js';

/** A step's mean of each class, or null where it is missing. */
export type Cell = readonly number[] | null;

/** Seconds of the stimulus. */
export interface CourseQuality {
  /** Analysed, from the stimulus's start on. */
  readonly seconds: number;
  readonly withFace: number;
  readonly unreliable: number;
  readonly excluded: number;
  readonly severalFaces: number;
  /** With the head turned aside by more than about 35 degrees; where the eyes look is not known. */
  readonly lookingAway: number;
}

export interface Course {
  readonly cells: readonly Cell[];
  /** Mean over the recording's baseline; null where it has none or no face was measured in it. */
  readonly baseline: readonly number[] | null;
  readonly quality: CourseQuality;
}

export interface CourseOptions {
  readonly subject: ClassSubject;
  readonly recording: Pick<Recording, 'offset' | 'baseline' | 'excluded'>;
  /** Which face: its number, or the mean of all. */
  readonly person: number | 'all';
  /** Seconds of a step. */
  readonly step: number;
}

/** Faces smaller than this share of what the classifiers see count as not reliable. */
export const RELIABLE_SIZE = 0.5;
/** How far a head is turned aside (core/geometry.ts) that looks away: 35 degrees. */
export const LOOKING_AWAY = 0.32;
/** Seconds that one frame stands for at most: a gap in a recording is no measurement. */
const LONGEST = 0.5;

export interface CourseAccumulator {
  add(frame: FrameResult): void;
  finish(): Course;
}

export function createCourse({ subject, recording, person, step }: CourseOptions): CourseAccumulator {
  const { labels } = subject.classes;
  const sums: { weight: number; values: number[] }[] = [];
  const neutral = { weight: 0, values: labels.map(() => 0) };
  const quality = { seconds: 0, withFace: 0, unreliable: 0, excluded: 0, severalFaces: 0, lookingAway: 0 };
  /** The mean of the faces asked for in a frame, and whether some face of theirs was too poor. */
  const measured = ({ faces }: FrameResult): { values: readonly number[] | undefined; poor: boolean; away: number } => {
    const own = faces.filter((face) => (person === 'all' || face.person === person) && face.measured && face.raw);
    const turned = own.filter(({ landmarks }) => landmarks && Math.abs(turnedAside(landmarks) ?? 0) > LOOKING_AWAY);
    const away = own.length > 0 ? turned.length / own.length : 0;
    const good = own.filter(({ raw }) => reliable(raw!));
    const read = good.flatMap(({ raw }) => {
      const value = (
        raw as unknown as Readonly<Record<string, { probabilities?: Readonly<Record<string, number>> } | undefined>>
      )[subject.name];
      return value?.probabilities ? [value.probabilities] : [];
    });
    if (read.length === 0) return { values: undefined, poor: own.length > good.length, away };
    return {
      values: labels.map((label: string) => read.reduce((sum, values) => sum + values[label]!, 0) / read.length),
      poor: false,
      away,
    };
  };

  const weigh = (frame: FrameResult, until: number): void => {
    const from = frame.timestamp;
    const to = Math.min(until, from + LONGEST);
    const { values, poor, away } = measured(frame);
    const { baseline } = recording;
    if (baseline && values) {
      const weight = overlap({ from, to }, baseline);
      neutral.weight += weight;
      for (const [i, value] of values.entries()) neutral.values[i]! += weight * value;
    }
    for (let at = Math.max(from - recording.offset, 0); at < to - recording.offset - 1e-9; ) {
      const cell = Math.floor(at / step + 1e-6);
      const end = Math.min((cell + 1) * step, to - recording.offset);
      const weight = end - at;
      const middle = recording.offset + (at + end) / 2;
      const out = recording.excluded.some((stretch) => middle >= stretch.from && middle < stretch.to);
      quality.seconds += weight;
      if (out) quality.excluded += weight;
      else if (values) quality.withFace += weight;
      if (poor) quality.unreliable += weight;
      if (frame.faces.length > 1) quality.severalFaces += weight;
      quality.lookingAway += away * weight;
      if (values && !out) {
        sums[cell] ??= { weight: 0, values: labels.map(() => 0) };
        sums[cell].weight += weight;
        for (const [i, value] of values.entries()) sums[cell].values[i]! += weight * value;
      }
      at = end;
    }
  };

  const spans = spanFrames(weigh);
  return {
    add: spans.add,
    finish() {
      spans.finish();
      const cells = Array.from({ length: sums.length }, (_, i) => {
        const cell = sums[i];
        return cell && cell.weight >= step / 2 - 1e-9 ? cell.values.map((value) => value / cell.weight) : null;
      });
      const baseline = neutral.weight > 0 ? neutral.values.map((value) => value / neutral.weight) : null;
      return { cells, baseline, quality };
    },
  };
}

function reliable(raw: object): boolean {
  const { quality } = raw as { readonly quality?: Quality };
  return quality === undefined || quality.size >= RELIABLE_SIZE;
}

function overlap(a: Stretch, b: Stretch): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}

/** The number of the face that a recording is about, or all: of the people in it, the one seen longest where the design names none. */
export function faceOf(
  { person }: Pick<Recording, 'person'>,
  people: readonly { readonly person: number; readonly seconds: number }[],
): number | 'all' {
  if (person !== 'longest') return person;
  return people.toSorted((a, b) => b.seconds - a.seconds)[0]?.person ?? 1;
}

/** A recording that was analysed. */
export interface Followed {
  readonly recording: Recording;
  readonly course: Course;
  /** Why it is not whole. */
  readonly problem: string | null;
  /** Coded pictures of its file that could not be shown; null where nobody counted. */
  readonly lost: number | null;
}
