/**
 * Classes: a classifier's probabilities, brought from the order of the card's labels into the order of the attribute's by name. A
 * card with other labels is refused; an index is never guessed.
 */
import { argmax } from '../../classify/softmax.js';
import { PhizError } from '../../core/error.js';
import type { ClassesResult } from './schema.js';

/**
 * The least confidence of a reliable reading: the class is more probable than all others together. Fitted by scripts/fit-reliable.ts on
 * PublicTest as it is and under stress, the bound from which on a reading is more often right than wrong comes out at 0.538, for
 * networks before at 0.536 and 0.497; calibrated probabilities make it 0.5.
 */
export const RELIABLE_CONFIDENCE = 0.5;

/** The result of probabilities in the order of `labels`. */
export function classesResult<Label extends string>(labels: readonly Label[], values: readonly number[]): ClassesResult<Label> {
  const best = argmax(values);
  return {
    label: labels[best]!,
    confidence: values[best]!,
    reliable: values[best]! >= RELIABLE_CONFIDENCE,
    probabilities: Object.fromEntries(labels.map((label, i) => [label, values[i]!])) as Record<Label, number>,
  };
}

/** Most labels that a message repeats. */
const SHOWN = 12;

/**
 * How probabilities listed as `listed` become a result. Throws PhizError `model-mismatch` unless they are `labels`, in any order;
 * `name` is the attribute's, `model` the model's, for the message.
 */
export function classesReader<Label extends string>(
  labels: readonly Label[],
  name: string,
): (listed: readonly string[], model?: string) => (probabilities: ArrayLike<number>) => ClassesResult<Label> {
  return (listed, model = name) => {
    const order = labels.map((label) => listed.indexOf(label));
    if (listed.length !== labels.length || order.includes(-1))
      throw new PhizError(
        'model-mismatch',
        `model '${model}' tells apart ${listed.slice(0, SHOWN).join(', ')}${listed.length > SHOWN ? ', …' : ''}; an ${name} model's labels are ${labels.join(', ')}`,
      );
    return (probabilities) =>
      classesResult(
        labels,
        order.map((i) => probabilities[i]!),
      );
  };
}
