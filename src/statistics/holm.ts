/** Holm's correction where several hypotheses are tested together (Holm 1979, https://www.jstor.org/stable/4615733). */

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
