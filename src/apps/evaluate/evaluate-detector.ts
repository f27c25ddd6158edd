/**
 * Runs a face detector over labelled photos and measures it: FDDB's layout (`FDDB-folds/`, `originalPics/`) or a folder in the
 * style of WIDER FACE (`labels.txt`, `images/`, or both in `val/`), told apart by what lies there. Images are read one at a time.
 */
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { sideOf } from '../../core/geometry.js';
import type { FaceDetector } from '../../detect/detector.js';
import { isFile, listFiles, readTextIfAny } from '../../node/files/read-files.js';
import { readImage } from '../../node/images/read-image.js';
import { parseFddb } from '../../train/data/fddb.js';
import { type LabelledFace, parseFaceLabels } from '../../train/data/wider.js';
import { type DetectedImage, type DetectorEvaluation, detectionReport } from '../../train/evaluate/detection.js';

export interface EvaluateDetectorOptions {
  /** Detections below are not asked for; low, so that the whole curve is seen. */
  readonly scoreThreshold?: number | undefined;
  readonly detectSize?: number | undefined;
  /** Resamplings for the intervals; 0 where only the figures are wanted. */
  readonly resamples?: number | undefined;
  /** True faces smaller than this (root of the area, pixels) are regions to ignore. */
  readonly minFace?: number | undefined;
  /** At most so many photos, evenly spaced. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A photo to look at. */
export interface Photo {
  readonly file: string;
  readonly fold: string;
  readonly faces: readonly LabelledFace[];
}

/**
 * Measures `detector` on the photos in `dir`. Throws PhizError `file-not-found` where there are no labels, `invalid-data`,
 * `aborted`, and what reading an image throws: a benchmark with holes would be another benchmark.
 */
export async function evaluateDetector(
  detector: FaceDetector,
  dir: string,
  { scoreThreshold = 0.02, detectSize, resamples, minFace = 0, limit, signal, onProgress }: EvaluateDetectorOptions = {},
): Promise<DetectorEvaluation> {
  const { data, photos: all } = await listPhotos(dir);
  const photos = pickPhotos(all, limit);
  const images: DetectedImage[] = [];
  for (const { file, faces } of photos) {
    if (signal?.aborted) throw new PhizError('aborted', 'the evaluation was stopped', { cause: signal.reason });
    const image = await readImage(file);
    const detections = await detector.detect(image, { scoreThreshold, detectSize });
    const wanted = faces.map((face) => (sideOf(face.box) < minFace ? { box: face.box, ignore: true } : face));
    images.push({ faces: wanted, detections });
    onProgress?.(images.length, photos.length);
  }
  const folds = [...new Set(photos.map(({ fold }) => fold))].filter((fold) => fold !== '');
  return {
    task: 'detector',
    data,
    model: { name: detector.name, version: detector.version },
    scoreThreshold,
    detectSize,
    ...atBothOverlaps(images, resamples),
    folds: folds.map((fold) => ({
      fold,
      ...atBothOverlaps(
        images.filter((_, i) => photos[i]!.fold === fold),
        resamples,
      ),
    })),
  };
}

/** At most `limit` of the photos, evenly spaced. Throws PhizError `invalid-option`. */
export function pickPhotos(all: readonly Photo[], limit = all.length): readonly Photo[] {
  if (!Number.isInteger(limit) || limit < 1)
    throw new PhizError('invalid-option', `limit must be a whole number from 1; got ${limit}`);
  const count = Math.min(limit, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
}

function atBothOverlaps(images: readonly DetectedImage[], resamples?: number) {
  const options = { resamples };
  return {
    ap50: detectionReport(images, { iou: 0.5, ...options }),
    ap30: detectionReport(images, { iou: 0.3, ...options }),
  };
}

/** The labelled photos of a folder, as `evaluateDetector` tells them. Throws as it does. */
export async function listPhotos(dir: string): Promise<{ data: 'FDDB' | 'labels'; photos: readonly Photo[] }> {
  const labels = join(dir, 'labels.txt');
  const text = await readTextIfAny(labels);
  if (text !== undefined) {
    const photos = parseFaceLabels(text, labels).map(({ path, faces }) => ({ file: join(dir, 'images', path), fold: '', faces }));
    return { data: 'labels', photos };
  }
  // The folder of a whole data set stands for its validation part: the other one was trained on.
  const validation = join(dir, 'val');
  if (await isFile(join(validation, 'labels.txt'))) return listPhotos(validation);
  const lists = (await listFiles(dir)).filter((path) => /^FDDB-folds\/FDDB-fold-\d+-ellipseList\.txt$/.test(path));
  if (lists.length === 0)
    throw new PhizError(
      'file-not-found',
      `${dir} has neither labels.txt nor val/labels.txt nor FDDB-folds/FDDB-fold-NN-ellipseList.txt`,
    );
  const photos: Photo[] = [];
  for (const list of lists) {
    const fold = /fold-(\d+)/.exec(list)![1]!;
    for (const { path, faces } of parseFddb((await readTextIfAny(join(dir, list))) ?? '', join(dir, list)))
      photos.push({
        file: await findPhoto(join(dir, 'originalPics', path)),
        fold,
        faces: faces.map((box) => ({ box, ignore: false })),
      });
  }
  return { data: 'FDDB', photos };
}

/** FDDB's lists leave the ending out. */
async function findPhoto(path: string): Promise<string> {
  for (const ending of ['.jpg', '.webp', '.png']) if (await isFile(path + ending)) return path + ending;
  throw new PhizError('file-not-found', `FDDB's lists name ${path}, but there is no such .jpg, .webp or .png`);
}
