/**
 * Whether two classifiers differ on the same samples: McNemar's test on those that only one of them has right (McNemar 1947,
 * doi:10.1007/BF02295996).
 * Reads counts and p-values only; the predictions are the caller's business.
 */
import { PhizError } from '../../core/error.js';
import { erfc } from '../../statistics/normal.js';

/** The outcome of a test of one pair. */
export interface McNemar {
  /** Samples that the first has right and the second wrong. */
  readonly onlyFirst: number;
  /** Samples that the second has right and the first wrong. */
  readonly onlySecond: number;
  /**
   * 'exact': two-sided binomial test, used below 25 differing samples; 'chi-squared': with Edwards's continuity correction
   * (Edwards 1948, doi:10.1007/BF02289261), one degree of freedom.
   */
  readonly method: 'exact' | 'chi-squared';
  /** (|onlyFirst − onlySecond| − 1)² / (onlyFirst + onlySecond); null for the exact test. */
  readonly statistic: number | null;
  /** Probability of a difference at least as large if both were equally good. */
  readonly p: number;
}

/** Differing samples from which on the chi-squared distribution is close enough. */
const ENOUGH = 25;

/** Tests one pair. Throws PhizError `invalid-data` unless both counts are whole and not negative. */
export function mcnemar(onlyFirst: number, onlySecond: number): McNemar {
  for (const count of [onlyFirst, onlySecond])
    if (!Number.isInteger(count) || count < 0) throw new PhizError('invalid-data', `no test of ${count} differing samples`);
  const differing = onlyFirst + onlySecond;
  if (differing < ENOUGH)
    return { onlyFirst, onlySecond, method: 'exact', statistic: null, p: binomialP(Math.min(onlyFirst, onlySecond), differing) };
  const statistic = Math.max(Math.abs(onlyFirst - onlySecond) - 1, 0) ** 2 / differing;
  return { onlyFirst, onlySecond, method: 'chi-squared', statistic, p: erfc(Math.sqrt(statistic / 2)) };
}

/** Two-sided: twice the probability of at most `fewer` heads in `tosses` of a fair coin, at most 1. */
function binomialP(fewer: number, tosses: number): number {
  let term = 0.5 ** tosses;
  let sum = term;
  for (let k = 1; k <= fewer; k++) {
    term *= (tosses - k + 1) / k;
    sum += term;
  }
  return Math.min(2 * sum, 1);
}
