/**
 * Ages: a classifier's probabilities over the years 1…116 read as years, percentiles and the seven ranges. A model that tells
 * only the seven ranges apart is taken too: its ranges are spread over their years first, so one path serves both.
 */
import { PhizError } from '../../core/error.js';
import { AGE_RANGES, type AgeRange, MAX_AGE, rangeBounds, rangeOf } from './ranges.js';
import type { AgeResult } from './schema.js';

/** Where the range 66-116 ends for a model that knows only ranges: few people, in life or in the data, are older. */
const LAST_SPREAD_YEAR = 90;

/**
 * The widest interval of a reliable age, in years. Fitted by scripts/fit-reliable.ts on UTKFace's val as it is and under stress: the width up
 * to which an age is more often within 10 years than not came out at 31.5 and 29.5 for networks before. With that of today ages are so at any
 * width; the bound stays, since they are far less often so beyond it (docs/training.md).
 */
export const RELIABLE_WIDTH = 30;

/** Whether an age can be relied on, by its interval. */
export function isReliable([low, high]: readonly [number, number]): boolean {
  return high - low <= RELIABLE_WIDTH;
}

/**
 * How probabilities listed as `labels` become a result. `labels` are the years '1'…'116' or the seven AGE_RANGES, in any order.
 * Throws PhizError `model-mismatch` for others; `name` is the model's, for the message.
 *
 * `years` is the median and `range` the one that holds it, so the two never contradict each other. On UTKFace val (all 2,424) the
 * median is 5.62 years off on average, the expected value 5.70; its range is right for 60.8 % and right or next to it for 97.8 %, the
 * most probable range for 61.3 % and 97.1 %.
 */
export function ageReader(labels: readonly string[], name = 'age'): (probabilities: ArrayLike<number>) => AgeResult {
  const years = Array.from({ length: MAX_AGE }, (_, i) => labels.indexOf(String(i + 1)));
  const ranges = AGE_RANGES.map((range) => labels.indexOf(range));
  if (labels.length === MAX_AGE && !years.includes(-1)) return (p) => readAge(years.map((i) => p[i]!));
  if (labels.length === AGE_RANGES.length && !ranges.includes(-1)) return (p) => readAge(spreadRanges(ranges.map((i) => p[i]!)));
  throw new PhizError(
    'model-mismatch',
    `model '${name}' has the ${labels.length} labels ${labels.slice(0, 8).join(', ')}${labels.length > 8 ? ', …' : ''}; ` +
      `an age model's labels are the years 1 to ${MAX_AGE} or the ranges ${AGE_RANGES.join(', ')}`,
  );
}

/**
 * Reads a distribution over years; `bins[i]` is the probability of age i + 1.
 * Bin i is spread evenly over [i + 0.5, i + 1.5], which makes the percentiles continuous; they are clamped to 1…116.
 */
export function readAge(bins: ArrayLike<number>): AgeResult {
  const years = percentile(bins, 0.5);
  const sums = AGE_RANGES.map((range) => {
    const [first, last] = rangeBounds(range);
    let sum = 0;
    for (let age = first; age <= last; age++) sum += bins[age - 1]!;
    return Math.min(sum, 1);
  });
  const interval = [percentile(bins, 0.1), percentile(bins, 0.9)] as const;
  return {
    range: rangeOf(years),
    years,
    interval,
    reliable: isReliable(interval),
    probabilities: Object.fromEntries(AGE_RANGES.map((range, i) => [range, sums[i]!])) as Record<AgeRange, number>,
  };
}

/** The age in years below which the share `q` (0–1) of the distribution lies. */
function percentile(bins: ArrayLike<number>, q: number): number {
  let below = 0;
  let last = 1;
  for (let i = 0; i < MAX_AGE; i++) {
    const p = bins[i]!;
    if (p > 0) last = i + 1;
    if (p > 0 && below + p >= q) return Math.min(Math.max(i + 0.5 + (q - below) / p, 1), MAX_AGE);
    below += p;
  }
  return last;
}

/** A distribution over years from one over ranges: each range evenly over its years, the last only up to LAST_SPREAD_YEAR. */
function spreadRanges(ranges: readonly number[]): Float64Array {
  const bins = new Float64Array(MAX_AGE);
  AGE_RANGES.forEach((range, r) => {
    const [first, end] = rangeBounds(range);
    const last = Math.min(end, LAST_SPREAD_YEAR);
    bins.fill(ranges[r]! / (last - first + 1), first - 1, last);
  });
  return bins;
}
