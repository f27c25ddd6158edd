/** How well a network does on images whose truth is known: its loss, and what its kind of answer is measured by. */

import type { AnyNetworkAttribute, NumberFigures } from '../../attributes/attribute.js';
import { argmax, softmax } from '../../classify/softmax.js';
import type { Session } from '../../core/engine.js';
import type { BatchStream } from '../../train/batch.js';
import { numberMetricNames } from '../../train/evaluate/numbers.js';
import type { TrainingTask, Validation } from './task.js';

/** What one answer is worth; a part's score is the mean over its images. */
export interface Yardstick {
  /** What the mean is called among the metrics of a validation, and how it is shown. */
  readonly metric: TrainingTask['metric'];
  /** Whether it counts what is right, which training batches can be counted by too. */
  readonly counts: boolean;
  readonly of: (logits: Float32Array, label: number) => number;
}

/** Share of images whose class the network says. */
export const ACCURACY: Yardstick = {
  metric: { name: 'accuracy', train: 'trainAccuracy', validation: 'validationAccuracy', best: 'max', percent: true },
  counts: true,
  of: (logits, label) => (argmax(logits) === label ? 1 : 0),
};

/** Mean absolute error of what an attribute says of a face, as it is shown to people; `labels` are the numbers. */
export function errorOf(
  { read, name }: AnyNetworkAttribute,
  figures: NumberFigures<unknown>,
  labels: readonly string[],
): Yardstick {
  const toValue = read(labels, name);
  const truths = labels.map(Number);
  return {
    metric: { name: numberMetricNames(figures).error, validation: 'validationMae', best: 'min' },
    counts: false,
    of: (logits, label) => Math.abs(figures.estimate(toValue(softmax(logits))) - truths[label]!),
  };
}

/** A part of a data set that networks are validated on. */
export interface ValidationPart {
  /** Its data set's name where there are several. */
  readonly name: string | undefined;
  readonly stream: BatchStream;
  /** The class of each image, in the stream's order. */
  readonly classes: ArrayLike<number>;
}

/**
 * Validates on several parts. The metrics are over all images where the parts belong to one data set; of several data sets each counts
 * alike, however many images it has, and each one's score stands by itself too.
 */
export async function judgeParts(session: Session, parts: readonly ValidationPart[], yardstick: Yardstick) {
  const judged: JudgedPart[] = [];
  for (const part of parts) judged.push({ ...part, metrics: await judge(session, part, yardstick) });
  return { first: judged[0]!.metrics, mean: meanOf(judged, yardstick.metric.validation) };
}

interface JudgedPart extends ValidationPart {
  readonly metrics: Validation;
}

function meanOf(parts: readonly JudgedPart[], score: string): Validation {
  const [first] = parts;
  if (parts.length === 1) return first!.metrics;
  const apart = first!.name !== undefined;
  const weight = (part: JudgedPart) => (apart ? 1 : part.classes.length);
  const total = parts.reduce((sum, part) => sum + weight(part), 0);
  const means = Object.keys(first!.metrics).map((metric) => [
    metric,
    parts.reduce((sum, part) => sum + weight(part) * part.metrics[metric]!, 0) / total,
  ]);
  const each = apart ? parts.map(({ name, metrics }) => [`${score} ${name}`, metrics[score]]) : [];
  return Object.fromEntries([...means, ...each]);
}

async function judge(session: Session, { stream, classes }: ValidationPart, yardstick: Yardstick): Promise<Validation> {
  let loss = 0;
  let score = 0;
  let count = 0;
  for (let step = 0; step < stream.stepsPerEpoch; step++) {
    const { feeds, size } = await stream.batch(0, step);
    const { logits } = await session.run({ input: feeds.input! });
    const target = feeds.target!.data;
    const k = feeds.target!.dims[1]!;
    for (let row = 0; row < size; row++) {
      const z = logits!.data.subarray(row * k, (row + 1) * k);
      loss += crossEntropy(z, target.subarray(row * k, (row + 1) * k));
      score += yardstick.of(z, classes[count++]!);
    }
  }
  return { validationLoss: loss / count, [yardstick.metric.validation]: score / count };
}

function crossEntropy(logits: Float32Array, target: Float32Array): number {
  const top = Math.max(...logits);
  const logTotal = Math.log(logits.reduce((sum, z) => sum + Math.exp(z - top), 0));
  return target.reduce((sum, t, i) => sum - t * (logits[i]! - top - logTotal), 0);
}
