/** 95 % intervals for what an evaluation publishes: shares and means. Everything the other files here report goes through these. */
import { PhizError } from '../../core/error.js';
import { Z95 as Z } from '../../statistics/normal.js';

/** Lower and upper end of a 95 % interval. */
export type Interval = readonly [low: number, high: number];

/** A share of samples with its 95 % interval. */
export interface Share {
  readonly value: number;
  readonly interval: Interval;
  /** How many of `samples` counted. */
  readonly count: number;
  readonly samples: number;
}

/** A mean over samples with its 95 % interval (absent below two samples). */
export interface Mean {
  readonly value: number;
  readonly interval?: Interval;
  readonly samples: number;
}

/**
 * The Wilson score interval of `count` out of `samples` (Wilson 1927, doi:10.1080/01621459.1927.10502953): stays inside 0–1 and
 * is honest for small classes, where the usual ±1.96·σ is not. Throws PhizError `invalid-data` unless 0 ≤ count ≤ samples, samples ≥ 1.
 */
export function wilson(count: number, samples: number): Interval {
  if (!(samples >= 1) || !(count >= 0) || count > samples)
    throw new PhizError('invalid-data', `no interval for ${count} of ${samples} samples`);
  const p = count / samples;
  const z2 = (Z * Z) / samples;
  const centre = (p + z2 / 2) / (1 + z2);
  const half = (Z / (1 + z2)) * Math.sqrt((p * (1 - p)) / samples + z2 / (4 * samples));
  return [count === 0 ? 0 : Math.max(0, centre - half), count === samples ? 1 : Math.min(1, centre + half)];
}

/** A share with its Wilson interval. Throws as `wilson` does. */
export function share(count: number, samples: number): Share {
  return { value: count / samples, interval: wilson(count, samples), count, samples };
}

/** Mean with the normal 95 % interval, mean ± 1.96·s/√n. Throws PhizError `invalid-data` for no values. */
export function mean(values: readonly number[]): Mean {
  const samples = values.length;
  if (samples === 0) throw new PhizError('invalid-data', 'no mean of no values');
  const value = values.reduce((sum, v) => sum + v, 0) / samples;
  if (samples < 2) return { value, samples };
  const variance = values.reduce((sum, v) => sum + (v - value) ** 2, 0) / (samples - 1);
  const half = Z * Math.sqrt(variance / samples);
  return { value, interval: [value - half, value + half], samples };
}
