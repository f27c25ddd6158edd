/**
 * How small an effect so many participants could have shown: the standardised difference that a two-sided t-test at 5 % finds in
 * 80 % of such studies. A permutation test of means has nearly the same power.
 */
import { bisect, tBelow, tQuantile } from './students-t.js';

const [ALPHA, POWER] = [0.05, 0.8];

/** Smallest d_z with `n` pairs; undefined below two. */
export function smallestPaired(n: number): number | undefined {
  return n < 2 ? undefined : smallest(n - 1, Math.sqrt(n));
}

/** Smallest Cohen's d with two independent samples; undefined where one of them has fewer than two. */
export function smallestUnpaired(n: number, m: number): number | undefined {
  return n < 2 || m < 2 ? undefined : smallest(n + m - 2, Math.sqrt((n * m) / (n + m)));
}

function smallest(freedom: number, perUnit: number): number {
  const critical = tQuantile(1 - ALPHA / 2, freedom);
  // The other tail adds less than 1e-5 where the power is 80 %.
  return bisect((effect) => 1 - tBelow(critical, freedom, effect * perUnit) - POWER, 0, 100);
}
