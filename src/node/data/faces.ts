/**
 * The detection data set in Node: folders `train` and `val`, each with `labels.txt` (src/train/data/wider.ts) and `images/`.
 * For training, batches composed in worker threads (src/train/data/compose.ts); for validation, the images as they are.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import type { BatchStream } from '../../train/batch.js';
import type { ComposeOptions } from '../../train/data/compose.js';
import { imageAt, type PackedImages } from '../../train/data/pack.js';
import type { Skipped } from '../../train/data/sample.js';
import { type FaceRecord, parseFaceLabels, scaleRecord } from '../../train/data/wider.js';
import { readTextIfAny } from '../files/read-files.js';
import { createBatchThreads } from './batch-threads.js';
import { packSamples } from './pack-files.js';

/** How planes of 0–255 become the network's input; the same goes into the model card. */
export interface FacesInput {
  readonly order: 'RGB' | 'BGR';
  readonly mean: number;
  readonly scale: number;
}

export interface OpenFacesOptions {
  /** Holds `train` and `val`. */
  readonly dir: string;
  /** Side of the composed training images. Default 320. */
  readonly size?: number | undefined;
  /** Images a step. Default 16. */
  readonly batch?: number | undefined;
  readonly seed?: number | undefined;
  /** At most so many training images, evenly spaced. */
  readonly limit?: number | undefined;
  /** Composed images an epoch. Default: as many as there are training images. */
  readonly samplesPerEpoch?: number | undefined;
  readonly input?: FacesInput | undefined;
  readonly compose?: Omit<ComposeOptions, 'size'> | undefined;
  /** Squares about candidates, for a refiner, instead of whole images: their side in units of the box's. */
  readonly margin?: number | undefined;
  /** Images with a longer side are shrunk to it on loading: 1.5 GB for the 5,742 of the default 400. */
  readonly maxSide?: number | undefined;
  /** Threads that compose. Default: one per two cores. */
  readonly workers?: number | undefined;
  readonly prefetch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What the workers get; the pack's pixels are shared, not copied. */
export interface FacesWorkerData {
  readonly pack: PackedImages;
  readonly records: readonly FaceRecord[];
  readonly size: number;
  readonly batch: number;
  readonly seed: number;
  readonly input: FacesInput;
  readonly compose: Omit<ComposeOptions, 'size'>;
  readonly margin?: number | undefined;
}

export interface FacesData {
  /** Training batches with the feeds of the detector's training graph. */
  readonly train: BatchStream;
  /** Training images that they are composed of. */
  readonly images: number;
  readonly skipped: readonly Skipped[];
  readonly input: FacesInput;
}

/** Labelled images in memory. */
export interface LabelledImages {
  readonly records: readonly FaceRecord[];
  image(index: number): Image;
  readonly skipped: readonly Skipped[];
}

/** The input that a detector is trained on where nothing else is asked for. */
export const FACES_INPUT: FacesInput = { order: 'RGB', mean: 127.5, scale: 1 / 64 };

/**
 * Loads the training images and starts the threads that compose batches of them; `epoch` and `step` alone decide what is in a
 * batch. Throws PhizError `file-not-found` without a label file, `invalid-data`, `invalid-option`, `aborted`.
 */
export async function openFaces({
  dir,
  size = 320,
  batch = 16,
  seed = 1,
  limit,
  samplesPerEpoch,
  input = FACES_INPUT,
  compose = {},
  margin,
  maxSide = 400,
  workers = Math.max(1, availableParallelism() >> 1),
  prefetch = 4,
  ...loading
}: OpenFacesOptions): Promise<FacesData> {
  if (!Number.isInteger(size) || size < 32 || size % 32 !== 0)
    throw new PhizError('invalid-option', `size must be a multiple of 32 pixels; got ${size}`);
  if (!Number.isInteger(batch) || batch < 1)
    throw new PhizError('invalid-option', `batch must be a whole number from 1; got ${batch}`);
  const { pack, records, skipped } = await loadFaces(dir, 'train', { limit, maxSide, ...loading });
  const samples = samplesPerEpoch ?? Math.max(records.length, batch);
  const stepsPerEpoch = Math.floor(samples / batch);
  if (stepsPerEpoch < 1) throw new PhizError('invalid-option', `samplesPerEpoch ${samples} holds no batch of ${batch}`);
  const pool = createBatchThreads({
    module: new URL('./faces-worker.js', import.meta.url),
    workerData: { pack, records, size, batch, seed, input, compose, margin } satisfies FacesWorkerData,
    workers,
    prefetch,
    stepsPerEpoch,
  });
  return { train: { samples, stepsPerEpoch, ...pool }, images: records.length, skipped, input };
}

/** Loads `val` (or `train`) at its full size, for evaluation. Throws like {@link openFaces}. */
export async function openLabelledImages(
  dir: string,
  split: 'train' | 'val',
  { limit, ...loading }: Pick<OpenFacesOptions, 'limit' | 'signal' | 'onProgress'> = {},
): Promise<LabelledImages> {
  const { pack, records, skipped } = await loadFaces(dir, split, { limit, ...loading });
  return { records, skipped, image: (index) => imageAt(pack, index) };
}

interface LoadFacesOptions {
  readonly limit?: number | undefined;
  readonly maxSide?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

async function loadFaces(dir: string, split: string, { limit, ...loading }: LoadFacesOptions) {
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
    throw new PhizError('invalid-option', `limit must be a whole number from 1; got ${limit}`);
  const labels = join(dir, split, 'labels.txt');
  const text = await readTextIfAny(labels);
  if (text === undefined)
    throw new PhizError(
      'file-not-found',
      `no ${labels}: a detection data set has train/ and val/, each with labels.txt and images/`,
    );
  const all = parseFaceLabels(text, labels);
  const count = Math.min(limit ?? all.length, all.length);
  const chosen = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
  const samples = chosen.map((record) => ({ source: { path: record.path }, label: 0, record }));
  const { pack, kept, skipped } = await packSamples(join(dir, split, 'images'), samples, loading);
  if (kept.length === 0)
    throw new PhizError('invalid-data', `none of the ${count} images that ${labels} names can be read (${skipped[0]?.reason})`);
  const records = kept.map(({ record }, i) => scaleRecord(record, pack.width[i]!, pack.height[i]!));
  return { pack, records, skipped };
}
