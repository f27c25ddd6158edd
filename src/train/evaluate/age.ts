/**
 * How far off an age estimate is: mean absolute error overall and by range, how often the range is right or next to right,
 * and how often the true age lies inside the stated 10–90 interval (0.8 of the time, were it perfect).
 */

import { AGE_RANGES, type AgeRange, rangeOf } from '../../attributes/age/ranges.js';
import { PhizError } from '../../core/error.js';
import { type Mean, mean, type Share, share } from './interval.js';

/** What a network says of one face: the part of AgeResult that is measured. */
export interface AgeEstimate {
  readonly years: number;
  readonly range: AgeRange;
  /** 10th and 90th percentile in years. */
  readonly interval: readonly [number, number];
}

export interface AgeRangeReport {
  readonly range: AgeRange;
  readonly samples: number;
  /** Null where the range has no samples. */
  readonly mae: Mean | null;
  /** Mean of estimate − truth: above 0 where people are made older. */
  readonly bias: number | null;
}

export interface AgeReport {
  readonly samples: number;
  /** Mean absolute error in years. */
  readonly mae: Mean;
  /** Mean of estimate − truth in years. */
  readonly bias: number;
  readonly ranges: readonly AgeRangeReport[];
  /** Share whose range holds the true age. */
  readonly rangeAccuracy: Share;
  /** Share whose range is the true one or its neighbour. */
  readonly rangeOneOff: Share;
  /** Share whose true age lies inside the 10–90 interval. */
  readonly coverage: Share;
  /** `confusion[true range][predicted range]` in samples. */
  readonly confusion: readonly (readonly number[])[];
}

/** Compares estimates with true ages in years. Throws PhizError `invalid-data` for no samples or unequal lengths. */
export function ageReport(estimates: readonly AgeEstimate[], truth: ArrayLike<number>): AgeReport {
  const samples = estimates.length;
  if (samples === 0) throw new PhizError('invalid-data', 'no samples to evaluate');
  if (truth.length !== samples) throw new PhizError('invalid-data', `${samples} estimates for ${truth.length} ages`);
  const signed = estimates.map(({ years }, i) => years - truth[i]!);
  const confusion = AGE_RANGES.map(() => AGE_RANGES.map(() => 0));
  const errors: number[][] = AGE_RANGES.map(() => []);
  let oneOff = 0;
  let covered = 0;
  estimates.forEach(({ range, interval: [low, high] }, i) => {
    const age = truth[i]!;
    const row = AGE_RANGES.indexOf(rangeOf(age));
    const column = AGE_RANGES.indexOf(range);
    if (column < 0) throw new PhizError('invalid-data', `estimate ${i}: '${range}' is no age range`);
    confusion[row]![column]!++;
    errors[row]!.push(signed[i]!);
    if (Math.abs(row - column) <= 1) oneOff++;
    if (age >= low && age <= high) covered++;
  });
  return {
    samples,
    mae: mean(signed.map(Math.abs)),
    bias: mean(signed).value,
    ranges: AGE_RANGES.map((range, r) => ({
      range,
      samples: errors[r]!.length,
      mae: errors[r]!.length ? mean(errors[r]!.map(Math.abs)) : null,
      bias: errors[r]!.length ? mean(errors[r]!).value : null,
    })),
    rangeAccuracy: share(
      confusion.reduce((sum, row, r) => sum + row[r]!, 0),
      samples,
    ),
    rangeOneOff: share(oneOff, samples),
    coverage: share(covered, samples),
    confusion,
  };
}
