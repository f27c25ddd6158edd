/** Quantiles of a sample. */

/**
 * The value below which the share `q` of the values lies, between the two nearest, as most programs have it (Hyndman and Fan 1996, type 7).
 * NaN for no values.
 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}
