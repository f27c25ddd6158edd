/** Student's t distribution, central and not, by numerical integration; absolute error about 1e-7. */
import { normalBelow } from './normal.js';

/** Steps of the integral over the estimated standard deviation. */
const STEPS = 1000;

/** Probability that a t with this many degrees of freedom and this non-centrality is below `t`. */
export function tBelow(t: number, freedom: number, centre = 0): number {
  // s, the estimated over the true standard deviation, has density ∝ s^(ν−1)·exp(−ν·s²/2); given s, t is below where a normal is.
  const least = Math.max(0, 1 - 9 / Math.sqrt(2 * freedom));
  const most = 1 + 9 / Math.sqrt(2 * freedom);
  let [weights, below] = [0, 0];
  for (let i = 0; i <= STEPS; i++) {
    const s = least + ((most - least) * i) / STEPS;
    const simpson = i === 0 || i === STEPS ? 1 : i % 2 ? 4 : 2;
    const power = freedom === 1 ? 0 : (freedom - 1) * Math.log(s);
    const weight = simpson * Math.exp(power - (freedom * (s * s - 1)) / 2);
    weights += weight;
    below += weight * normalBelow(t * s - centre);
  }
  return below / weights;
}

/** The t below which the share `p` of the central distribution lies. */
export function tQuantile(p: number, freedom: number): number {
  return bisect((t) => tBelow(t, freedom) - p, -1000, 1000);
}

/** Where a rising function crosses 0 between two places. */
export function bisect(rising: (x: number) => number, low: number, high: number): number {
  for (let i = 0; i < 100 && high - low > 1e-9 * Math.max(1, Math.abs(low)); i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
