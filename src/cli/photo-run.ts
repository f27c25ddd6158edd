/** What `phiz analyze` does with one photo: reads it, analyses it, writes its files. analyze-run.ts goes through the inputs. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Analyzer } from '../analyze/analyzer.js';
import { photoResult } from '../analyze/photo-result.js';
import type { Image } from '../core/image.js';
import type { PhotoResult } from '../core/result.js';
import { readImage } from '../node/read-image.js';
import { writeAtomic } from '../node/write-atomic.js';
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

/** Analyses a photo; with `out`, a folder, also writes `<name>.json` and the annotated picture. */
export async function runPhoto(
  { source, name }: Medium,
  { image, isJpeg }: Photo,
  {
    analyzer,
    out,
    blur,
    signal,
  }: { readonly analyzer: Analyzer; readonly out: string | undefined; readonly blur: boolean; readonly signal: AbortSignal },
): Promise<PhotoResult> {
  const result = photoResult(source, await analyzer.analyze(image, { signal }));
  if (out === undefined) return result;
  const path = join(out, name);
  await writeAtomic(`${path}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  const [{ annotateImage }, { encodeImage }] = await Promise.all([import('../node/annotate.js'), import('../node/encode.js')]);
  const drawn = await annotateImage(image, result.faces, { blur });
  if (isJpeg) await writeAtomic(`${path}.annotated.jpg`, await encodeImage(drawn, 'jpeg'));
  else await writeAtomic(`${path}.annotated.png`, await encodeImage(drawn, 'png'));
  return result;
}

/**
 * The table of `--csv`. Writes the header at once, so that a path that cannot be written is found before the work and not after
 * it. Throws PhizError `unwritable-file`.
 */
export async function openTable(path: string) {
  const { facesCsvHeader, facesCsvRows } = await import('../report/faces-csv.js');
  const lines = [facesCsvHeader()];
  const write = () => writeAtomic(path, lines.join(''));
  const there = await stat(path).catch(() => undefined);
  // What goes to a pipe or a device cannot be written twice.
  if (!there?.isFIFO() && !there?.isCharacterDevice()) await write();
  return {
    add(result: PhotoResult) {
      lines.push(facesCsvRows(result));
    },
    write,
  };
}
