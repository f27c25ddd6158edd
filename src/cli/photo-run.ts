/** What `phiz analyze` does with one photo: reads it, analyses it, writes its files. analyze-run.ts goes through the inputs. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Analyzer } from '../analyze/analyzer.js';
import { lookClosely } from '../analyze/close-look.js';
import { photoResult } from '../analyze/photo-result.js';
import type { Attribute } from '../attributes/attribute.js';
import type { Image } from '../core/image.js';
import { writeAtomic } from '../node/files/write-atomic.js';
import { readImage } from '../node/images/read-image.js';
import type { FaceLimits } from '../results/analysis-options.js';
import type { PhotoResult } from '../results/result.js';
import type { Medium } from './inputs.js';

/** A photo in memory. */
export interface Photo {
  readonly image: Image;
  readonly isJpeg: boolean;
}

/** Decodes a photo: a path, or bytes that messages call `name`. Throws as `readImage` does. */
export async function readPhoto(from: string | Uint8Array, name: string): Promise<Photo> {
  const image = await readImage(from, { name });
  const isJpeg = typeof from === 'string' ? /\.(jpe?g|jpe|jfif)$/i.test(from) : from[0] === 0xff && from[1] === 0xd8;
  return { image, isJpeg };
}

/** Which faces an input's results keep. */

export interface PhotoRunOptions {
  readonly analyzer: Analyzer;
  /** Folder of the files. */
  readonly out: string | undefined;
  /** Hide the faces in the annotated picture, also those that the limits leave out of the result. */
  readonly blur: boolean;
  readonly limits: FaceLimits;
  /** Look at a photo without a sure face turned, too. */
  readonly turn: boolean;
  readonly signal: AbortSignal;
}

/** Analyses a photo; with `out` also writes `<name>.json` and the annotated picture. */
export async function runPhoto(
  { source, name }: Medium,
  { image, isJpeg }: Photo,
  { analyzer, out, blur, limits, turn, signal }: PhotoRunOptions,
): Promise<PhotoResult> {
  const analysis = await analyzer.analyze(image, { ...limits, turn, signal });
  const result = photoResult(source, analysis);
  if (out === undefined) return result;
  const path = join(out, name);
  await writeAtomic(`${path}.json`, `${JSON.stringify(result, undefined, 2)}\n`, { private: true });
  const [{ annotateImage }, { encodeImage }] = await Promise.all([
    import('../node/images/annotate.js'),
    import('../node/images/encode.js'),
  ]);
  const { faces } = analysis;
  const hide = blur ? [...faces.map(({ box }) => box), ...(await lookClosely(analyzer, image, { turn, signal }))] : [];
  const drawn = await annotateImage(image, faces, { hide, attributes: analyzer.attributes });
  if (isJpeg) await writeAtomic(`${path}.annotated.jpg`, await encodeImage(drawn, 'jpeg'), { private: true });
  else await writeAtomic(`${path}.annotated.png`, await encodeImage(drawn, 'png'), { private: true });
  return result;
}

/**
 * The table of `--csv`. Writes the header at once, so that a path that cannot be written is found before the work and not after
 * it. Throws PhizError `unwritable-file`.
 */
export async function openTable(path: string, attributes: readonly Attribute[]) {
  const { facesCsvHeader, facesCsvRows } = await import('../report/tables/faces-csv.js');
  const lines = [facesCsvHeader({ attributes })];
  const write = () => writeAtomic(path, lines.join(''), { private: true });
  const there = await stat(path).catch(() => undefined);
  // What goes to a pipe or a device cannot be written twice.
  if (!there?.isFIFO() && !there?.isCharacterDevice()) await write();
  return {
    add(result: PhotoResult) {
      lines.push(facesCsvRows(result, { attributes }));
    },
    write,
  };
}
