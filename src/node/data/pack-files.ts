/** Decodes the images of a data set, many at once, into shared memory (src/train/data/pack.ts). sharp is reached by import(). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import { sideBySide } from '../../core/side-by-side.js';
import { createPackBuilder, type PackedImages } from '../../train/data/pack.js';
import type { Sample, Skipped } from '../../train/data/sample.js';
import { reason } from '../files/read-error.js';
import { decodeGreyPng } from './grey-png.js';

/** How images are loaded. */
export interface LoadOptions {
  /** Images with a longer side are shrunk to it on loading. Default: none are. */
  readonly maxSide?: number | undefined;
  /** Reduce colour to BT.601 luma: a third of the memory for networks that read grey. Default false. */
  readonly grey?: boolean | undefined;
  /** Stops loading; the promise rejects with PhizError `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Is told what a user should know of how the data were taken. */
  readonly onNote?: ((text: string) => void) | undefined;
  /** Called after each image. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Images loaded at once. More would only queue: libuv has four threads. */
const CONCURRENCY = 8;

/**
 * Decodes the samples' images. Those that cannot be read are skipped and named; `kept` are the samples of the pack's
 * images, in the order given. Throws PhizError `invalid-option`, `aborted`, or `engine-unavailable` where sharp does not load.
 */
export async function packSamples<T extends Sample>(
  dir: string,
  samples: readonly T[],
  { maxSide, grey = false, signal, onProgress }: LoadOptions = {},
): Promise<{ readonly pack: PackedImages; readonly kept: readonly T[]; readonly skipped: readonly Skipped[] }> {
  if (maxSide !== undefined && (!Number.isInteger(maxSide) || maxSide < 8))
    throw new PhizError('invalid-option', `maxSide must be a whole number of pixels from 8 up; got ${maxSide}`);
  const builder = createPackBuilder(samples.length, { grey });
  const failed = new Map<number, Skipped>();
  let done = 0;
  await sideBySide(samples.entries(), CONCURRENCY, async ([index, { source }]) => {
    if (signal?.aborted) throw new PhizError('aborted', 'loading the data was stopped', { cause: signal.reason });
    if ('image' in source) builder.put(index, source.image);
    else {
      try {
        builder.put(index, await decodeSample(join(dir, source.path), maxSide));
      } catch (cause) {
        if (cause instanceof PhizError) throw cause;
        failed.set(index, { path: source.path, reason: reason(cause) });
      }
    }
    onProgress?.(++done, samples.length);
  });
  const { pack, kept } = builder.finish();
  const skipped = [...failed.entries()].sort(([a], [b]) => a - b).map(([, skip]) => skip);
  return { pack, kept: kept.map((index) => samples[index]!), skipped };
}

/** Decodes one image: as displayed, flattened over white, grey or RGB. Rejects with the decoder's own error. */
async function decodeSample(path: string, maxSide: number | undefined): Promise<Image> {
  const bytes = await readFile(path);
  const plain = decodeGreyPng(bytes);
  if (plain && !(maxSide && Math.max(plain.width, plain.height) > maxSide)) return plain;
  let sharp: typeof import('sharp').default;
  try {
    sharp = (await import('sharp')).default;
  } catch (cause) {
    throw new PhizError('engine-unavailable', 'sharp has no binary that loads here; see docs/architecture.md', { cause });
  }
  const pipeline = sharp(bytes).autoOrient().flatten({ background: '#ffffff' }).toColourspace('srgb');
  if (maxSide) pipeline.resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true });
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.channels !== 1 && info.channels !== 3) throw new Error(`decoded to ${info.channels} channels`);
  return { width: info.width, height: info.height, channels: info.channels, data };
}
