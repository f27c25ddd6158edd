/** A detector's metrics on labelled photos, as they are and under each condition. Each photo is looked at once, as evaluations do. */
import { PhizError } from '../../../core/error.js';
import type { FaceDetector } from '../../../detect/detector.js';
import { readImage } from '../../../node/images/read-image.js';
import { type DetectedImage, detectionReport } from '../../../train/evaluate/detection.js';
import type { StressMetric, StressReport } from '../../../train/evaluate/stress.js';
import { type EvaluateDetectorOptions, listPhotos, pickPhotos } from '../evaluate-detector.js';
import type { Condition } from './condition.js';
import { PHOTO_CONDITIONS } from './conditions.js';

const PLAIN: Condition = { family: 'plain', level: '', apply: (image) => image };

/** Where a detector does not say from which score something is a face. */
const THRESHOLD = 0.5;

/** Stresses `detector` on the photos in `dir`. Throws as `evaluateDetector`. */
export async function stressDetector(
  detector: FaceDetector,
  dir: string,
  { scoreThreshold = 0.02, limit, signal, onProgress }: EvaluateDetectorOptions = {},
): Promise<StressReport> {
  const { data, photos: all } = await listPhotos(dir);
  const photos = pickPhotos(all, limit);
  const seen = [PLAIN, ...PHOTO_CONDITIONS].map((condition) => ({ condition, images: [] as DetectedImage[] }));
  for (const [number, { file, faces }] of photos.entries()) {
    if (signal?.aborted) throw new PhizError('aborted', 'the evaluation was stopped', { cause: signal.reason });
    const image = await readImage(file);
    for (const { condition, images } of seen) {
      const detections = await detector.detect(await condition.apply(image, number), { scoreThreshold });
      const moved = faces.map(({ box, ignore }) => ({ box: condition.move?.(box, image) ?? box, ignore }));
      images.push({ faces: moved, detections });
    }
    onProgress?.(number + 1, photos.length);
  }
  const [plain, ...rows] = seen.map(({ condition: { family, level }, images }) => ({
    family,
    level,
    metrics: metricsOf(images, detector.scoreThreshold ?? THRESHOLD),
  }));
  const on = data === 'FDDB' ? 'FDDB' : 'labelled photos';
  return { on, images: photos.length, plain: plain!.metrics, rows };
}

function metricsOf(images: readonly DetectedImage[], threshold: number): readonly StressMetric[] {
  const { averagePrecision, interval } = detectionReport(images);
  const sure = images.map(({ faces, detections }) => ({
    faces,
    detections: detections.filter(({ score }) => score >= threshold),
  }));
  const { recall, detections, faces } = detectionReport(sure, { resamples: 0 });
  const falseFaces = detections - Math.round(recall * faces);
  return [
    { name: 'AP@0.5', value: averagePrecision, interval },
    { name: 'recall at its threshold', value: recall },
    { name: 'false faces per image', value: falseFaces / images.length },
  ];
}
