/**
 * How far off an attribute's number is: mean absolute error overall and by range, how often the range is right or next to right,
 * and how often the truth lies inside the stated 10–90 interval (0.8 of the time, were it perfect). What the number is, and its ranges,
 * the attribute says (NumberFigures).
 */

import type { NumberFigures } from '../../attributes/attribute.js';
import { PhizError } from '../../core/error.js';
import { type Mean, mean, type Share, share } from './interval.js';

export interface RangeReport {
  readonly range: string;
  readonly samples: number;
  /** Null where the range has no samples. */
  readonly mae: Mean | null;
  /** Mean of estimate − truth: above 0 where estimates are too high. */
  readonly bias: number | null;
}

export interface NumbersReport {
  readonly samples: number;
  /** Mean absolute error in the number's unit. */
  readonly mae: Mean;
  /** Mean of estimate − truth in that unit. */
  readonly bias: number;
  readonly ranges: readonly RangeReport[];
  /** Share whose range holds the truth. */
  readonly rangeAccuracy: Share;
  /** Share whose range is the true one or its neighbour. */
  readonly rangeOneOff: Share;
  /** Share whose truth lies inside the 10–90 interval. */
  readonly coverage: Share;
  /** `confusion[true range][predicted range]` in samples. */
  readonly confusion: readonly (readonly number[])[];
}

/** Compares values with the true numbers. Throws PhizError `invalid-data` for no samples or unequal lengths. */
export function numbersReport<Value>(
  { estimate, interval, ranges, rangeOf }: NumberFigures<Value>,
  values: readonly Value[],
  truth: ArrayLike<number>,
): NumbersReport {
  const samples = values.length;
  if (samples === 0) throw new PhizError('invalid-data', 'no samples to evaluate');
  if (truth.length !== samples) throw new PhizError('invalid-data', `${samples} estimates for ${truth.length} true numbers`);
  const signed = values.map((value, i) => estimate(value) - truth[i]!);
  const confusion = ranges.map(() => ranges.map(() => 0));
  const errors: number[][] = ranges.map(() => []);
  let oneOff = 0;
  let covered = 0;
  values.forEach((value, i) => {
    const number = truth[i]!;
    const [low, high] = interval(value);
    const row = ranges.indexOf(rangeOf(number));
    const column = ranges.indexOf(rangeOf(estimate(value)));
    confusion[row]![column]!++;
    errors[row]!.push(signed[i]!);
    if (Math.abs(row - column) <= 1) oneOff++;
    if (number >= low && number <= high) covered++;
  });
  return {
    samples,
    mae: mean(signed.map(Math.abs)),
    bias: mean(signed).value,
    ranges: ranges.map((range, r) => ({
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

/** What the metrics of numbers are called, in tables and cards alike. */
export function numberMetricNames({ words: { one, many, unit } }: Pick<NumberFigures<never>, 'words'>) {
  const error = `mean absolute error (${unit})`;
  return {
    error,
    errorIn: (range: string) => `${error}, ${many} ${range}`,
    errorOf: (group: string) => `${error}, ${group}`,
    coverage: `true ${one} inside the 10-90 interval`,
  };
}
