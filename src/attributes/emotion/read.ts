/**
 * Emotions: a classifier's probabilities, brought from the order of the card's labels into the order of EMOTIONS by name. A
 * card with other labels is refused; an index is never guessed.
 */

import { argmax } from '../../classify/softmax.js';
import { PhizError } from '../../core/error.js';
import { EMOTIONS, type Emotion } from './labels.js';
import type { EmotionResult } from './schema.js';

/**
 * How probabilities listed as `labels` become a result. Throws PhizError `model-mismatch` unless `labels` are the seven
 * emotions, in any order; `name` is the model's, for the message.
 */
export function emotionReader(labels: readonly string[], name = 'emotion'): (probabilities: ArrayLike<number>) => EmotionResult {
  const order = EMOTIONS.map((emotion) => labels.indexOf(emotion));
  if (labels.length !== EMOTIONS.length || order.includes(-1))
    throw new PhizError(
      'model-mismatch',
      `model '${name}' tells apart ${labels.join(', ')}; an emotion model's labels are ${EMOTIONS.join(', ')}`,
    );
  return (probabilities) => {
    const values = order.map((i) => probabilities[i]!);
    const best = argmax(values);
    return {
      label: EMOTIONS[best]!,
      confidence: values[best]!,
      probabilities: Object.fromEntries(EMOTIONS.map((emotion, i) => [emotion, values[i]!])) as Record<Emotion, number>,
    };
  };
}
