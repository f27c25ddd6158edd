/**
 * 95 % bands around mean curves by the bootstrap (Efron 1979, doi:10.1214/aos/1176344552): participants, not moments, are drawn again
 * and again with replacement, so that a participant's whole course stays together. Seeded: the same data give the same band.
 */
import { random } from '../core/random.js';
import { quantile } from './quantile.js';

/** A mean over participants with its band, null where nobody has a value; low and high are null for fewer than two. */
export interface BandPoint {
  readonly n: number;
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** `courses[participant][moment]`, null where missing. */
export function bootstrapBand(
  courses: readonly (readonly (number | null)[])[],
  { seed = 1, repetitions = 1000 }: { readonly seed?: number | undefined; readonly repetitions?: number | undefined } = {},
): readonly BandPoint[] {
  const n = courses.length;
  const moments = Math.max(0, ...courses.map(({ length }) => length));
  const chance = random(seed, n);
  const drawn = Array.from({ length: repetitions }, () => {
    const times = new Array<number>(n).fill(0);
    for (let k = 0; k < n; k++) times[chance.integer(n)]!++;
    return times;
  });
  return Array.from({ length: moments }, (_, m) => {
    const there = courses.flatMap((course, k) => {
      const value = course[m];
      return value === null || value === undefined ? [] : [{ value, k }];
    });
    if (there.length === 0) return { n: 0, mean: null, low: null, high: null };
    const mean = there.reduce((sum, { value }) => sum + value, 0) / there.length;
    if (there.length < 2) return { n: there.length, mean, low: null, high: null };
    const means = drawn.flatMap((times) => {
      let [sum, weight] = [0, 0];
      for (const { value, k } of there) {
        sum += times[k]! * value;
        weight += times[k]!;
      }
      return weight > 0 ? [sum / weight] : [];
    });
    return { n: there.length, mean, low: quantile(means, 0.025), high: quantile(means, 0.975) };
  });
}
