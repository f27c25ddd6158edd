/**
 * Several data sets as one to train on: the same classes, whatever the order in which each names them, and each set shown as often as its
 * weight says. Pixels are shared, not copied. Validation parts stay apart, for each is judged by itself.
 */
import { PhizError } from '../../core/error.js';
import { random } from '../../core/random.js';
import type { PackedSamples } from '../../train/data/batches.js';
import { joinImages, selectImages, shared } from '../../train/data/pack.js';
import type { DataSet, DataSplit } from './data-set.js';

/** A data set and how often an epoch shows each of its training images; 1.5: all of them, and half of them again. */
export interface WeightedData {
  readonly data: DataSet<unknown>;
  readonly weight: number;
}

/** A training part ready for batches. */
export interface JoinedData extends PackedSamples {
  readonly labels: readonly string[];
}

/**
 * Joins the training parts. Classes are those of the first set, in its order. Throws PhizError `invalid-data` where a set has no training
 * part or other classes, `invalid-option` for a weight that is not a number above 0.
 */
export function joinTraining(sets: readonly WeightedData[]): JoinedData {
  const labels = sets[0]!.data.labels;
  const parts = sets.map(({ data, weight }, i) => {
    if (!data.train) throw new PhizError('invalid-data', `${data.name} has no images to train on`);
    if (!(weight > 0 && weight <= 100))
      throw new PhizError('invalid-option', `the weight of ${data.name} must be above 0 and at most 100; got ${weight}`);
    return repeated(withLabels(data.train, data, labels), weight, i);
  });
  if (parts.length === 1) return { labels, ...parts[0]! };
  const count = parts.reduce((sum, { pack }) => sum + pack.count, 0);
  const width = labels.length;
  const targets = shared(Float32Array, count * width);
  const classes = shared(Uint16Array, count);
  let at = 0;
  for (const part of parts) {
    targets.set(part.targets, at * width);
    classes.set(part.classes, at);
    at += part.pack.count;
  }
  return { labels, pack: joinImages(parts.map(({ pack }) => pack)), targets, classes };
}

/** A part with targets and classes in the order of `labels`. Throws PhizError `invalid-data` where its classes are others. */
export function withLabels(
  part: DataSplit<unknown>,
  { name, labels: own }: DataSet<unknown>,
  labels: readonly string[],
): PackedSamples {
  const { pack } = part;
  if (own.length === labels.length && own.every((label, i) => label === labels[i]))
    return { pack, targets: part.targets, classes: part.classes };
  const place = own.map((label) => labels.indexOf(label));
  if (own.length !== labels.length || place.includes(-1))
    throw new PhizError(
      'invalid-data',
      `${name} has the classes ${own.join(', ')} where the first data set has ${labels.join(', ')}`,
    );
  const targets = shared(Float32Array, part.targets.length);
  const classes = shared(Uint16Array, part.classes.length);
  for (let i = 0; i < pack.count; i++) {
    classes[i] = place[part.classes[i]!]!;
    for (const [from, to] of place.entries()) targets[i * labels.length + to] = part.targets[i * labels.length + from]!;
  }
  return { pack, targets, classes };
}

/** Each image as often as the weight says; which ones come once more is drawn at random, the same in every run. */
function repeated(part: PackedSamples, weight: number, seed: number): PackedSamples {
  if (weight === 1) return part;
  const { pack, targets, classes } = part;
  const all = Array.from({ length: pack.count }, (_, i) => i);
  const chosen: number[] = [];
  for (let k = 0; k < Math.floor(weight); k++) chosen.push(...all);
  const rest = Math.round((weight % 1) * pack.count);
  chosen.push(
    ...random(seed, pack.count)
      .shuffle([...all])
      .slice(0, rest),
  );
  const width = targets.length / pack.count;
  const shown = { targets: shared(Float32Array, chosen.length * width), classes: shared(Uint16Array, chosen.length) };
  for (const [i, from] of chosen.entries()) {
    shown.targets.set(targets.subarray(from * width, (from + 1) * width), i * width);
    shown.classes[i] = classes[from]!;
  }
  return { pack: selectImages(pack, chosen), ...shown };
}
