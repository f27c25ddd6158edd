/** How large a difference is, apart from whether chance explains it. */
import { PhizError } from '../core/error.js';
import { deviationOf, meanOf } from './mean.js';
import { Z95 } from './normal.js';
import { bisect, tBelow } from './students-t.js';

/** An effect with its 95 % interval; the interval is null where the data leave none. */
export interface Effect {
  readonly value: number;
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * Cohen's d_z of paired differences: their mean over their standard deviation, with the interval from the non-central t distribution
 * (Cumming and Finch 2001, doi:10.1177/0013164401614002). Undefined where all differences are the same.
 */
export function cohensDz(differences: readonly number[]): Effect | undefined {
  const n = differences.length;
  const value = meanOf(differences) / deviationOf(differences);
  if (!Number.isFinite(value)) return undefined;
  const t = value * Math.sqrt(n);
  // The higher the centre, the rarer a t below the observed one.
  const centreAt = (share: number) =>
    bisect((centre) => share - tBelow(t, n - 1, centre), t - 40 - Math.abs(t), t + 40 + Math.abs(t));
  return { value, interval: [centreAt(0.975) / Math.sqrt(n), centreAt(0.025) / Math.sqrt(n)] };
}

/**
 * Cliff's delta: how much likelier a value of the first sample is above one of the second than below it, −1 to 1, with the asymmetric
 * interval of Feng and Cliff 2004 (doi:10.22237/jmasm/1099267560). No interval where the samples do not overlap or have a single value.
 * Throws PhizError `invalid-data` for an empty sample.
 */
export function cliffsDelta(first: readonly number[], second: readonly number[]): Effect {
  const [m, n] = [first.length, second.length];
  if (m === 0 || n === 0) throw new PhizError('invalid-data', "Cliff's delta needs values in both samples");
  const rows = first.map((a) => second.map((b) => Math.sign(a - b)));
  const value = meanOf(rows.map(meanOf));
  if (m < 2 || n < 2 || Math.abs(value) === 1) return { value, interval: null };
  const columns = second.map((_, j) => meanOf(rows.map((row) => row[j]!)));
  const squares = (values: readonly number[]) => values.reduce((sum, v) => sum + (v - value) ** 2, 0);
  const variance =
    (m * m * squares(rows.map(meanOf)) + n * n * squares(columns) - squares(rows.flat())) / (m * n * (m - 1) * (n - 1));
  const z = Z95 * Z95 * Math.max(variance, 0);
  const half = Math.sqrt(z * ((1 - value ** 2) ** 2 + z));
  const end = (sign: number) => Math.min(Math.max((value - value ** 3 + sign * half) / (1 - value ** 2 + z), -1), 1);
  return { value, interval: [end(-1), end(1)] };
}
