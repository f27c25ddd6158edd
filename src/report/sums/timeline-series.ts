/**
 * The course of the probabilities of some classes over a clip of any length in bounded memory. Moments are gathered in buckets of equal time;
 * each keeps the lowest and the highest value with their moments, so that thinning out hides no peak (min-max decimation, as in
 * M4: Jugel et al. 2014, https://doi.org/10.14778/2732951.2732953), and the sum, for means. Short clips keep every moment.
 */

import type { Attribute } from '../../attributes/attribute.js';
import type { ClassSubject } from '../../attributes/classes/classes.js';
import { RELIABLE_CONFIDENCE } from '../../attributes/classes/read.js';
import type { ClassesResult } from '../../attributes/classes/schema.js';
import { type AnyReading, ATTRIBUTES, classSubjects, LEADING } from '../../attributes/index.js';
import { argmax } from '../../classify/softmax.js';
import type { FrameResult } from '../../results/video-result.js';

/** Narrowest bucket in seconds, so that moments without any time between them end in one. */
const INSTANT = 1e-6;

/** Some moments next to each other; values by class in the order of the labels. */
export interface Bucket {
  /** Seconds of the first and the last moment. */
  readonly start: number;
  readonly end: number;
  /** Nobody was seen just before: the line breaks here. */
  readonly broken: boolean;
  readonly count: number;
  readonly sum: readonly number[];
  readonly low: readonly number[];
  readonly lowAt: readonly number[];
  readonly high: readonly number[];
  readonly highAt: readonly number[];
}

/** The course of one person, or of all. */
export interface Series {
  readonly buckets: readonly Bucket[];
}

export interface Timeline {
  /** What it is the course of. */
  readonly subject: ClassSubject;
  /** By person, in the order of their numbers. */
  readonly people: ReadonlyMap<number, Series>;
  /** The mean over all faces measured in a frame. */
  readonly overall: Series;
  /** Seconds: where the first analysed frame begins and the last one ends. */
  readonly start: number;
  readonly end: number;
}

export interface TimelineAccumulator {
  /** Takes the next analysed frame. */
  add(frame: FrameResult<never>): void;
  finish(): Timeline;
}

/** The courses of several attributes at once. */
export interface TimelinesAccumulator {
  add(frame: FrameResult<never>): void;
  /** Those of which something was measured; the leading one alone where nothing was. */
  finish(): readonly Timeline[];
}

/** Collects the courses of all attributes that tell classes apart. */
export function createTimelines(attributes: readonly Attribute[] = ATTRIBUTES): TimelinesAccumulator {
  const timelines = classSubjects(attributes).map((subject) => createTimeline({ subject }));
  return {
    add(frame) {
      for (const timeline of timelines) timeline.add(frame);
    },
    finish() {
      const all = timelines.map((timeline) => timeline.finish());
      const told = all.filter(({ people }) => people.size > 0);
      return told.length > 0 ? told : all.slice(0, 1);
    },
  };
}

/** Collects the courses of all persons; `limit` bounds the buckets kept for each. */
export function createTimeline({
  subject = LEADING,
  limit = 1500,
}: {
  readonly subject?: ClassSubject;
  readonly limit?: number;
} = {}): TimelineAccumulator {
  const { name, classes } = subject;
  const labels: readonly string[] = classes.labels;
  const people = new Map<number, SeriesAccumulator>();
  const overall = createSeries(limit);
  let index = 0;
  let start = 0;
  let end = 0;
  const seriesOf = (person: number): SeriesAccumulator => {
    const series = people.get(person) ?? createSeries(limit);
    people.set(person, series);
    return series;
  };
  return {
    add({ timestamp, duration, cut, faces }) {
      if (index === 0) start = timestamp;
      end = Math.max(end, timestamp + duration);
      const mean = labels.map(() => 0);
      let measured = 0;
      let seen = false;
      for (const face of faces) {
        const { person, measured: real } = face;
        const shown = (face as AnyReading)[name] as ClassesResult | null | undefined;
        if (!shown) continue;
        seen = true;
        const series = seriesOf(person);
        series.see(index, cut);
        // A carried face has no values of its own: the line goes on to the next measurement.
        if (!real) continue;
        const values = labels.map((label) => shown.probabilities[label]!);
        series.add(timestamp, values);
        for (const [i, value] of values.entries()) mean[i]! += value;
        measured++;
      }
      if (seen) overall.see(index, cut);
      if (measured)
        overall.add(
          timestamp,
          mean.map((sum) => sum / measured),
        );
      index++;
    },
    finish() {
      const read = [...people].sort(([a], [b]) => a - b).map(([person, series]) => [person, series.read()] as const);
      return { subject, people: new Map(read), overall: overall.read(), start, end };
    },
  };
}

interface SeriesAccumulator {
  /** The person is in this analysed frame; a frame left out since, or a cut, breaks the line. */
  see(index: number, cut: boolean): void;
  add(timestamp: number, values: readonly number[]): void;
  read(): Series;
}

function createSeries(limit: number): SeriesAccumulator {
  let buckets: Bucket[] = [];
  let width = 0;
  let lastIndex: number | undefined;
  let broken = true;
  return {
    see(index, cut) {
      if (cut || lastIndex !== index - 1) broken = true;
      lastIndex = index;
    },
    add(timestamp, values) {
      push(buckets, moment(timestamp, values, broken), width);
      broken = false;
      while (buckets.length > limit) {
        width = width === 0 ? Math.max((4 * (timestamp - buckets[0]!.start)) / limit, INSTANT) : 2 * width;
        buckets = gather(buckets, width);
      }
    },
    read: () => ({ buckets }),
  };
}

function moment(timestamp: number, values: readonly number[], broken: boolean): Bucket {
  const at = values.map(() => timestamp);
  return { start: timestamp, end: timestamp, broken, count: 1, sum: values, low: values, lowAt: at, high: values, highAt: at };
}

/** The buckets joined where they lie within the same `width` seconds. Breaks shorter than that are forgotten. */
export function gather(buckets: readonly Bucket[], width: number): Bucket[] {
  const joined: Bucket[] = [];
  for (const bucket of buckets) push(joined, bucket, width);
  return joined;
}

function push(buckets: Bucket[], next: Bucket, width: number): void {
  const last = buckets.at(-1);
  const fits = last && next.start - last.start < width && !(next.broken && next.start - last.end > width);
  if (fits) buckets[buckets.length - 1] = join(last, next);
  else buckets.push(next);
}

function join(a: Bucket, b: Bucket): Bucket {
  const lower = a.low.map((low, i) => low <= b.low[i]!);
  const higher = a.high.map((high, i) => high >= b.high[i]!);
  return {
    start: a.start,
    end: b.end,
    broken: a.broken,
    count: a.count + b.count,
    sum: a.sum.map((sum, i) => sum + b.sum[i]!),
    low: a.low.map((low, i) => (lower[i] ? low : b.low[i]!)),
    lowAt: a.lowAt.map((at, i) => (lower[i] ? at : b.lowAt[i]!)),
    high: a.high.map((high, i) => (higher[i] ? high : b.high[i]!)),
    highAt: a.highAt.map((at, i) => (higher[i] ? at : b.highAt[i]!)),
  };
}

/** A piece of a line: no break within. */
export type Stretch = readonly { readonly t: number; readonly value: number }[];

/** One class's course as lines of at most `points` points in all; each peak and dip is among them. */
export function stretchesOf(series: Series, index: number, points = 1500): readonly Stretch[] {
  const stretches: { t: number; value: number }[][] = [];
  for (const { broken, low, lowAt, high, highAt } of thin(series, Math.max(Math.floor(points / 2), 1))) {
    if (broken || stretches.length === 0) stretches.push([]);
    const line = stretches.at(-1)!;
    const [a, b] = [
      { t: lowAt[index]!, value: low[index]! },
      { t: highAt[index]!, value: high[index]! },
    ];
    if (a.t === b.t) line.push(a);
    else line.push(...(a.t < b.t ? [a, b] : [b, a]));
  }
  return stretches;
}

/** The buckets of a series, joined until there are at most `most`; all of them where they are single moments and few enough. */
export function thin({ buckets }: Series, most: number): readonly Bucket[] {
  if (buckets.length <= most) return buckets;
  let width = Math.max((buckets.at(-1)!.end - buckets[0]!.start) / most, INSTANT);
  let thinned = gather(buckets, width);
  while (thinned.length > most) {
    width *= 1.25;
    thinned = gather(thinned, width);
  }
  return thinned;
}

/** A time in which one class was the most probable throughout, as far as the buckets tell. */
export interface Reign {
  readonly from: number;
  readonly to: number;
  /** Place among the labels; null while none was reliable. */
  readonly index: number | null;
}

/** Who reigns when: the class with the highest mean in each bucket, equal neighbours joined. Times without a face are left out. */
export function reignsOf(series: Series, most: number): readonly Reign[] {
  const reigns: { from: number; to: number; index: number | null }[] = [];
  for (const { start, end, broken, count, sum } of thin(series, most)) {
    const best = argmax(sum);
    const index = sum[best]! >= RELIABLE_CONFIDENCE * count ? best : null;
    const last = reigns.at(-1);
    if (last && !broken && last.index === index) last.to = end;
    else {
      // The change lies somewhere between two moments.
      const from = last && !broken ? (last.to + start) / 2 : start;
      if (last && !broken) last.to = from;
      reigns.push({ from, to: end, index });
    }
  }
  return reigns;
}
