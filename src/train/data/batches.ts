/**
 * Batches for classification: which samples a step sees and what the network is fed. Pure functions of (seed, epoch, step),
 * run by the workers of src/node/data/batch-stream.ts and anywhere else.
 */
import { PhizError } from '../../core/error.js';
import { random } from '../../core/random.js';
import { boxToAffine, warp } from '../../core/resample.js';
import { type AugmentOptions, augmentSample, checkAugment, mixSamples, type ViewOptions, viewBox } from '../augment.js';
import type { Batch } from '../batch.js';
import { imageAt, type PackedImages } from './pack.js';
import { apportion, groupByClass } from './sample.js';

/** Labelled images in shared memory: what training and validation read. */
export interface PackedSamples {
  readonly pack: PackedImages;
  /** A target distribution for each image, back to back. */
  readonly targets: Float32Array;
  /** The class of each image, for balanced sampling. */
  readonly classes: Uint16Array;
}

/** What the network is fed: NCHW, value = (sample − mean) · scale (as a model card's input says). */
export interface BatchInput {
  readonly channels: 1 | 3;
  readonly width: number;
  readonly height: number;
  readonly mean: number;
  readonly scale: number;
}

export interface BatchOptions {
  /** training: shuffled, augmented, full batches only; validation: in order, as they are, the last batch may be smaller. */
  readonly mode: 'training' | 'validation';
  readonly input: BatchInput;
  /** Samples a batch. Default 64. */
  readonly batchSize?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  readonly view?: ViewOptions | undefined;
  /** Training only; see augment.ts for the defaults, NO_AUGMENT for none. */
  readonly augment?: AugmentOptions | undefined;
  /** Training only: 0 shows each sample once an epoch (default), 1 all classes equally often; between: in proportion to count^(1 − balance). */
  readonly balance?: number | undefined;
}

/** Steps of an epoch. Throws PhizError `invalid-option` where not even one batch can be filled. */
export function countSteps(samples: number, { mode, batchSize = 64 }: Pick<BatchOptions, 'mode' | 'batchSize'>): number {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new PhizError('invalid-option', `the batch size must be a whole number above 0; got ${batchSize}`);
  if (samples < 1) throw new PhizError('invalid-data', `no samples for ${mode}`);
  if (mode === 'validation') return Math.ceil(samples / batchSize);
  if (samples < batchSize)
    throw new PhizError(
      'invalid-option',
      `a batch of ${batchSize} needs as many samples, there are ${samples}; lower the batch size`,
    );
  return Math.floor(samples / batchSize);
}

/** Which samples an epoch of training shows, in order: as many as there are. Throws PhizError `invalid-option`. */
export function epochOrder(classes: Uint16Array, seed: number, epoch: number, balance = 0): Uint32Array {
  if (!(balance >= 0 && balance <= 1)) throw new PhizError('invalid-option', `balance must be from 0 to 1; got ${balance}`);
  const stream = random(seed, epoch, ORDER);
  if (balance === 0) return stream.shuffle(Uint32Array.from(classes, (_, i) => i));
  const lists = groupByClass(classes);
  const shares = apportion(
    classes.length,
    lists.map((list) => list.length ** (1 - balance)),
  );
  const order = new Uint32Array(classes.length);
  let at = 0;
  for (const [c, list] of lists.entries()) {
    // A class is dealt out whole before any of it comes again.
    for (let left = shares[c]!; left > 0; left -= list.length)
      for (const index of stream.shuffle([...list]).slice(0, left)) order[at++] = index;
  }
  return stream.shuffle(order);
}

/** Makes the function that builds batches; it keeps only the current epoch's order. Throws PhizError `invalid-option`. */
export function createBatchMaker(samples: PackedSamples, options: BatchOptions): (epoch: number, step: number) => Batch {
  const { mode, input, batchSize = 64, seed = 0, view = {}, balance = 0 } = options;
  const { pack, targets, classes } = samples;
  if (mode !== 'training' && mode !== 'validation')
    throw new PhizError('invalid-option', `mode must be 'training' or 'validation', not '${String(mode satisfies never)}'`);
  if (classes.length !== pack.count || targets.length % pack.count !== 0)
    throw new PhizError(
      'invalid-data',
      `${pack.count} images, ${classes.length} classes and ${targets.length} targets do not fit`,
    );
  if (!(input.width >= 1) || !(input.height >= 1) || (input.channels !== 1 && input.channels !== 3))
    throw new PhizError('invalid-option', `no network reads ${input.channels} planes of ${input.width}×${input.height}`);
  const steps = countSteps(pack.count, { mode, batchSize });
  const settings = checkAugment(options.augment);
  viewBox({ width: 1, height: 1 }, view);
  const perTarget = targets.length / pack.count;
  const perInput = input.channels * input.width * input.height;
  let order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  return (epoch, step) => {
    if (!(step >= 0 && step < steps)) throw new PhizError('invalid-option', `no step ${step}: an epoch has ${steps}, from 0`);
    if (mode === 'training' && order?.epoch !== epoch) order = { epoch, indices: epochOrder(classes, seed, epoch, balance) };
    const first = step * batchSize;
    const size = Math.min(batchSize, pack.count - first);
    const inputs = new Float32Array(size * perInput);
    const wanted = new Float32Array(size * perTarget);
    for (let n = 0; n < size; n++) {
      const index = order?.indices[first + n] ?? first + n;
      const image = imageAt(pack, index);
      const box = viewBox(image, view);
      if (mode === 'training') augmentSample(image, input, box, settings, random(seed, epoch, step, n), inputs, n * perInput);
      else warp(image, boxToAffine(box, input.width, input.height), input, inputs, n * perInput);
      wanted.set(targets.subarray(index * perTarget, (index + 1) * perTarget), n * perTarget);
    }
    for (let i = 0; i < inputs.length; i++) inputs[i] = (inputs[i]! - input.mean) * input.scale;
    if (mode === 'training') mixSamples(inputs, wanted, size, settings.mixup, random(seed, epoch, step, MIX));
    return {
      size,
      feeds: {
        input: { dims: [size, input.channels, input.height, input.width], data: inputs },
        target: { dims: [size, perTarget], data: wanted },
      },
    };
  };
}

/** Set streams apart from those of the samples, whose last number is a place in the batch. */
const ORDER = -1;
const MIX = -2;
