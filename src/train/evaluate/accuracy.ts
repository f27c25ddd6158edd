/**
 * How often a classifier is right: accuracy, recall and precision of each class, macro-F1 and the confusion matrix.
 * Reads class indices only; where they come from (logits, a detector's chain, another program) is the caller's business.
 */
import { PhizError } from '../../core/error.js';
import { type Interval, share, wilson } from './interval.js';

/** How one class fares. */
export interface ClassReport {
  readonly label: string;
  /** Samples that are of this class. */
  readonly samples: number;
  /** Samples of this class that were called so; null where there are none. */
  readonly recall: number | null;
  readonly interval: Interval | null;
  /** Of the samples called so, how many are; null where none was called so. */
  readonly precision: number | null;
  /** 2·TP / (2·TP + FP + FN); null where the class neither occurs nor was predicted. */
  readonly f1: number | null;
}

/** Accuracy of a classifier on labelled samples. */
export interface AccuracyReport {
  readonly samples: number;
  readonly accuracy: number;
  /** 95 % Wilson interval of the accuracy. */
  readonly interval: Interval;
  /** Unweighted mean of the classes' F1 over the classes that occur or were predicted. */
  readonly macroF1: number;
  readonly classes: readonly ClassReport[];
  /** `confusion[truth][predicted]` in samples, both in the order of the labels. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Compares predicted with true class indices (both 0…labels.length − 1, same length).
 * Throws PhizError `invalid-data` for no samples, unequal lengths or an index without a label.
 */
export function accuracyReport(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  labels: readonly string[],
): AccuracyReport {
  const samples = truth.length;
  if (samples === 0) throw new PhizError('invalid-data', 'no samples to evaluate');
  if (predicted.length !== samples) throw new PhizError('invalid-data', `${predicted.length} predictions for ${samples} samples`);
  const confusion = labels.map(() => labels.map(() => 0));
  for (let i = 0; i < samples; i++) {
    const row = confusion[truth[i]!];
    if (row?.[predicted[i]!] === undefined)
      throw new PhizError(
        'invalid-data',
        `sample ${i}: class ${truth[i]} or ${predicted[i]} is not among ${labels.length} labels`,
      );
    row[predicted[i]!]!++;
  }
  const classes = labels.map((label, k): ClassReport => {
    const hits = confusion[k]![k]!;
    const size = confusion[k]!.reduce((sum, n) => sum + n, 0);
    const called = confusion.reduce((sum, row) => sum + row[k]!, 0);
    return {
      label,
      samples: size,
      recall: size ? hits / size : null,
      interval: size ? wilson(hits, size) : null,
      precision: called ? hits / called : null,
      f1: size + called ? (2 * hits) / (size + called) : null,
    };
  });
  const correct = share(
    confusion.reduce((sum, row, k) => sum + row[k]!, 0),
    samples,
  );
  const scores = classes.flatMap(({ f1 }) => (f1 === null ? [] : [f1]));
  const macroF1 = scores.reduce((sum, f1) => sum + f1, 0) / scores.length;
  return { samples, accuracy: correct.value, interval: correct.interval, macroF1, classes, confusion };
}
