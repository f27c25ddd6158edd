/** One person's age over time: pooled from all measurements. Lives as long as a track. */
import type { Quality } from '../quality/schema.js';
import { AGE_RANGES, type AgeRange, rangeOf } from './ranges.js';
import { isReliable } from './read.js';
import type { AgeResult } from './schema.js';

/** Weight of the worst image of a face beside that of the best, in a person's age. */
const LEAST_WEIGHT = 0.05;

/**
 * A person's age from all measurements so far, each weighing as much as its image is good (size times sharpness). The ranges'
 * probabilities are those of the mixture, the years the mean, the range the one that holds them; the interval is the mean of the
 * intervals, for one person seen often does not get less sure (averaging quantiles: Vincent 1912, Ratcliff 1979, doi:10.1037/0033-2909.86.3.446).
 */
export class AgePool {
  #weight = 0;
  #years = 0;
  #low = 0;
  #high = 0;
  readonly #ranges: number[] = AGE_RANGES.map(() => 0);

  /** The pooled age once `measured` is known. */
  add({ years, interval: [low, high], probabilities }: AgeResult, { size, sharpness }: Quality): AgeResult {
    const weight = Math.max(size * sharpness, LEAST_WEIGHT);
    this.#weight += weight;
    this.#years += weight * years;
    this.#low += weight * low;
    this.#high += weight * high;
    AGE_RANGES.forEach((range, i) => {
      this.#ranges[i]! += weight * probabilities[range];
    });
    const mean = this.#years / this.#weight;
    const pooled = this.#ranges.map((sum) => Math.min(sum / this.#weight, 1));
    const interval = [this.#low / this.#weight, this.#high / this.#weight] as const;
    return {
      range: rangeOf(mean),
      years: mean,
      interval,
      reliable: isReliable(interval),
      probabilities: Object.fromEntries(AGE_RANGES.map((range, i) => [range, pooled[i]!])) as Record<AgeRange, number>,
    };
  }
}
