/**
 * One run of `phiz analyze`: photos in, JSON lines, files and a table out. A photo that fails is told and the others go on. The
 * models load while the first photo is decoded, and the next photo is decoded while one is analysed.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { MIN_FACE } from '../analyze/detect-scales.js';
import { photoResult } from '../analyze/photo-result.js';
import type { Device } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { area, type BoundingBox } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { FaceResult, PhotoResult } from '../core/result.js';
import { createAnalyzer } from '../node/create-analyzer.js';
import { readImage } from '../node/read-image.js';
import { writeAtomic } from '../node/write-atomic.js';
import { printFailure } from './failure.js';
import { findPhotos, type Photo } from './inputs.js';
import { createProgress } from './progress.js';

/** The options of `phiz analyze`, as its help describes them. */
export interface PhotoRunOptions {
  readonly out?: string;
  readonly blur?: boolean;
  readonly csv?: string;
  readonly minFace?: number | undefined;
  readonly maxFaces?: number | undefined;
  readonly minConfidence?: number | undefined;
  readonly detectSize?: number;
  readonly detector?: string;
  readonly emotionModel?: string;
  readonly ageModel?: string;
  readonly device?: Device;
  readonly threads?: number;
  readonly pretty?: boolean;
}

/**
 * Analyses everything the inputs lead to; gives the number of inputs that failed, each told on standard error.
 * Throws PhizError where nothing can be analysed: wrong options, models that do not load, an output that cannot be written to.
 */
export async function runPhotos(inputs: readonly string[], options: PhotoRunOptions): Promise<number> {
  const { out, blur = false, csv, pretty = false, emotionModel, ageModel, minFace, maxFaces, minConfidence, ...rest } = options;
  const limits = { minFace, maxFaces, minConfidence };
  if (blur && out === undefined) throw new PhizError('invalid-option', '--blur needs --out: only annotated pictures are blurred');
  const { photos, bad } = await findPhotos(inputs);
  for (const { input, error } of bad) printFailure(error, input);
  let failed = bad.length;
  if (photos.length === 0) return failed;

  const opening = createAnalyzer({
    ...rest,
    ...(blur ? { ...EVERY_FACE, minFace: minFace === undefined ? undefined : Math.min(minFace, MIN_FACE) } : limits),
    emotion: emotionModel,
    age: ageModel,
  });
  opening.catch(() => {}); // awaited below, after the outputs are ready
  let next = photos[0] && readPhoto(photos[0]);
  if (out !== undefined) await makeFolder(out);
  const table = csv === undefined ? undefined : await openTable(csv);
  await using analyzer = await opening;
  const progress = createProgress({
    total: photos.length,
    label: 'analyze',
    stream: photos.length > 1 ? process.stderr : SILENT,
  });

  for (const [i, photo] of photos.entries()) {
    progress.update(i, photo.source);
    const reading = next;
    const following = photos[i + 1];
    next = following && readPhoto(following);
    try {
      const read = await reading!;
      if ('error' in read) throw read.error;
      const analysis = await analyzer.analyze(read.image);
      const faces = blur ? limitFaces(analysis.faces, limits) : analysis.faces;
      const result = photoResult(photo.source, { ...analysis, faces });
      const hide = blur ? analysis.faces.map(({ box }) => box) : [];
      progress.around(() => process.stdout.write(`${JSON.stringify(result, undefined, pretty ? 2 : undefined)}\n`));
      if (process.stdout.writableNeedDrain) await new Promise((resolve) => process.stdout.once('drain', resolve));
      table?.add(result);
      if (out !== undefined) await writePhoto(join(out, photo.name), read, result, hide);
    } catch (error) {
      failed++;
      progress.around(() => printFailure(error, photo.source === '-' ? STDIN : photo.source));
    }
  }
  progress.end();
  await table?.write();
  return failed;
}

/** What is looked for where faces are hidden: all of them, also those that the limits leave out of the result. */
const EVERY_FACE = { maxFaces: 10_000 };

/** The faces that the limits of `phiz analyze` leave, largest first as they are. */
function limitFaces(
  faces: readonly FaceResult[],
  { minFace = MIN_FACE, maxFaces = 200, minConfidence = 0 }: Pick<PhotoRunOptions, 'minFace' | 'maxFaces' | 'minConfidence'>,
): readonly FaceResult[] {
  return faces.filter(({ box, confidence }) => Math.sqrt(area(box)) >= minFace && confidence >= minConfidence).slice(0, maxFaces);
}

/** What messages call the photo that comes through a pipe. */
const STDIN = 'standard input';

const SILENT = { write: () => {} };

interface ReadPhoto {
  readonly image: Image;
  readonly isJpeg: boolean;
}

/** Never rejects, so that a photo read ahead does not end the run of the one before. */
async function readPhoto({ source }: Photo): Promise<ReadPhoto | { readonly error: unknown }> {
  try {
    if (source !== '-') return { image: await readImage(source), isJpeg: /\.(jpe?g|jpe|jfif)$/i.test(source) };
    const bytes = await buffer(process.stdin);
    return { image: await readImage(bytes, { name: STDIN }), isJpeg: bytes[0] === 0xff && bytes[1] === 0xd8 };
  } catch (error) {
    return { error };
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new PhizError('unwritable-file', `cannot make the folder ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Writes `<path>.json` and `<path>.annotated.png` or `.jpg`. */
async function writePhoto(
  path: string,
  { image, isJpeg }: ReadPhoto,
  result: PhotoResult,
  hide: readonly BoundingBox[],
): Promise<void> {
  await writeAtomic(`${path}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  const [{ annotateImage }, { encodeImage }] = await Promise.all([import('../node/annotate.js'), import('../node/encode.js')]);
  const drawn = await annotateImage(image, result.faces, { hide });
  if (isJpeg) await writeAtomic(`${path}.annotated.jpg`, await encodeImage(drawn, 'jpeg'));
  else await writeAtomic(`${path}.annotated.png`, await encodeImage(drawn, 'png'));
}

/** Writes the header at once, so that a path that cannot be written is found before the work and not after it. */
async function openTable(path: string) {
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
