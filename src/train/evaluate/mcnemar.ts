/**
 * Whether two classifiers differ on the same samples: McNemar's test on those that only one of them has right (McNemar 1947,
 * doi:10.1007/BF02295996), and Holm's correction where several pairs are tested (Holm 1979, https://www.jstor.org/stable/4615733).
 * Reads counts and p-values only; the predictions are the caller's business.
 */
import { PhizError } from '../../core/error.js';

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

/** The complementary error function for x ≥ 0, relative error below 1.2e-7 (Press et al., Numerical Recipes in C, §6.2). */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ];
  return Math.min(t * Math.exp(-x * x + coefficients.reduceRight((sum, c) => c + t * sum, 0)), 1);
}

/** The p-values corrected for their number (step-down, family-wise error), in the order given. */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const corrected = new Array<number>(pValues.length);
  let least = 0;
  for (const [rank, { p, index }] of order.entries()) {
    least = Math.max(least, Math.min(p * (pValues.length - rank), 1));
    corrected[index] = least;
  }
  return corrected;
}
