/** The standard normal distribution. */

/** The complementary error function for x ≥ 0, relative error below 1.2e-7 (Press et al., Numerical Recipes in C, §6.2). */
export function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ];
  return Math.min(t * Math.exp(-x * x + coefficients.reduceRight((sum, c) => c + t * sum, 0)), 1);
}

/** Share of a standard normal distribution that lies below x. */
export function normalBelow(x: number): number {
  const tail = erfc(Math.abs(x) / Math.SQRT2) / 2;
  return x > 0 ? 1 - tail : tail;
}

/** The 97.5th percentile of the standard normal distribution: half the width of a 95 % interval in standard errors. */
export const Z95 = 1.959963984540054;
