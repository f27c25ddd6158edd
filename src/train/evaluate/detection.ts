/**
 * How well a detector finds faces: average precision as the area under the precision–recall curve with all-point interpolation
 * (PASCAL VOC from 2010 on, Everingham et al. 2015, doi:10.1007/s11263-014-0733-5), recall at a few false positives, with 95 %
 * intervals from resampling the images. Matching is greedy: best score first, each true face is found once; what lies on a
 * region to ignore counts neither way.
 */
import { PhizError } from '../../core/error.js';
import { type BoundingBox, iou as overlap, shareInside } from '../../core/geometry.js';
import { random } from '../../core/random.js';
import type { LabelledFace } from '../data/wider.js';
import type { CardMetric } from './evaluation.js';
import type { Interval } from './interval.js';
import type { StressReport } from './stress.js';

/** One image's truth and what was found in it. */
export interface DetectedImage {
  readonly faces: readonly Pick<LabelledFace, 'box' | 'ignore'>[];
  readonly detections: readonly { readonly box: BoundingBox; readonly score: number }[];
}

/** Precision and recall of all detections from `score` up. */
export interface CurvePoint {
  readonly score: number;
  readonly precision: number;
  readonly recall: number;
  readonly falsePositives: number;
}

export interface DetectionReport {
  /** Overlap from which a detection has found a face. */
  readonly iou: number;
  readonly images: number;
  /** Faces to find. */
  readonly faces: number;
  /** Detections that count: true and false, those on ignored regions left out. */
  readonly detections: number;
  readonly averagePrecision: number;
  readonly interval: Interval;
  /** Share of faces found at any score. */
  readonly recall: number;
  /** Recall with at most that many false positives in all images together. */
  readonly recallAt: readonly { readonly falsePositives: number; readonly recall: number; readonly score: number }[];
  /** A point wherever recall rises, best score first, and the last one. */
  readonly curve: readonly CurvePoint[];
}

/** How a detector fares on a set of labelled photos. */
export interface DetectorEvaluation {
  readonly task: 'detector';
  readonly data: 'FDDB' | 'labels';
  readonly model: { readonly name: string; readonly version: string };
  readonly scoreThreshold: number;
  /** Longest side that the detector saw, where one was asked for. */
  readonly detectSize?: number | undefined;
  /** At an IoU of 0.5, and at 0.3. */
  readonly ap50: DetectionReport;
  readonly ap30: DetectionReport;
  readonly stress?: StressReport;
  /** FDDB's folds one by one. */
  readonly folds: readonly { readonly fold: string; readonly ap50: DetectionReport; readonly ap30: DetectionReport }[];
}

export interface DetectionReportOptions {
  readonly iou?: number | undefined;
  readonly falsePositives?: readonly number[] | undefined;
  /** Resamplings for the interval. */
  readonly resamples?: number | undefined;
  readonly seed?: number | undefined;
}

/** A detection that counts. */
interface Outcome {
  readonly score: number;
  readonly found: boolean;
  readonly image: number;
}

/** Share of a detection that must lie in an ignored region for it not to count. */
const INSIDE_IGNORED = 0.5;

/** Measures detections against true faces. Throws PhizError `invalid-data` where there is no face to find. */
export function detectionReport(
  images: readonly DetectedImage[],
  { iou = 0.5, falsePositives = [10, 100, 1000], resamples = 200, seed = 1 }: DetectionReportOptions = {},
): DetectionReport {
  if (!(iou > 0 && iou <= 1)) throw new PhizError('invalid-option', `iou must be above 0 and at most 1; got ${iou}`);
  const counts = images.map(({ faces }) => faces.filter((face) => !face.ignore).length);
  const faces = counts.reduce((sum, count) => sum + count, 0);
  if (faces === 0) throw new PhizError('invalid-data', `none of the ${images.length} images has a face to find`);
  const outcomes = images
    .flatMap((image, index) => match(image, iou).map((outcome) => ({ ...outcome, image: index })))
    .sort((a, b) => b.score - a.score);
  const curve = trace(outcomes, faces);
  const stream = random(seed);
  const weights = new Float64Array(images.length);
  const resampledArea = createResampler(outcomes);
  const spread: number[] = [];
  for (let r = 0; r < resamples; r++) {
    weights.fill(0);
    for (let i = 0; i < images.length; i++) weights[stream.integer(images.length)]!++;
    const drawn = counts.reduce((sum, count, i) => sum + count * weights[i]!, 0);
    if (drawn > 0) spread.push(resampledArea(drawn, weights));
  }
  spread.sort((a, b) => a - b);
  const averagePrecision = areaUnder(curve);
  const quantile = (q: number) => spread[Math.round(q * (spread.length - 1))] ?? averagePrecision;
  return {
    iou,
    images: images.length,
    faces,
    detections: outcomes.length,
    averagePrecision,
    interval: [quantile(0.025), quantile(0.975)],
    recall: curve.at(-1)?.recall ?? 0,
    recallAt: falsePositives.map((limit) => {
      const point = curve.findLast((candidate) => candidate.falsePositives <= limit);
      return { falsePositives: limit, recall: point?.recall ?? 0, score: point?.score ?? 1 };
    }),
    curve: curve.filter(({ recall }, i) => recall > (curve[i - 1]?.recall ?? 0) || i === curve.length - 1),
  };
}

/** The figures of an evaluation that go into the detector's card. */
export function detectorMetrics({ data, folds, ap50, ap30 }: DetectorEvaluation): readonly CardMetric[] {
  const what = data === 'FDDB' ? `FDDB folds ${folds.map(({ fold }) => Number(fold)).join(' ')}` : 'labelled photos';
  return [ap50, ap30].map(({ iou, averagePrecision, interval, images, faces }) => ({
    name: `AP@${iou}`,
    value: averagePrecision,
    interval: [...interval],
    on: `${what}, ${images} images with ${faces} faces`,
  }));
}

/** Which of an image's detections find a face and which are false; those on ignored regions are left out. */
function match({ faces, detections }: DetectedImage, threshold: number): Omit<Outcome, 'image'>[] {
  const real = faces.filter((face) => !face.ignore).map((face) => face.box);
  const ignored = faces.filter((face) => face.ignore).map((face) => face.box);
  const taken = new Uint8Array(real.length);
  const outcomes: Omit<Outcome, 'image'>[] = [];
  for (const { box, score } of [...detections].sort((a, b) => b.score - a.score)) {
    let best = -1;
    let most = threshold;
    for (const [i, face] of real.entries()) {
      const value = taken[i] ? 0 : overlap(box, face);
      if (value >= most) {
        best = i;
        most = value;
      }
    }
    if (best >= 0) taken[best] = 1;
    else if (ignored.some((region) => overlap(box, region) >= threshold || shareInside(box, region) >= INSIDE_IGNORED)) continue;
    outcomes.push({ score, found: best >= 0 });
  }
  return outcomes;
}

/** The curve of sorted outcomes. */
function trace(outcomes: readonly Outcome[], faces: number): CurvePoint[] {
  const curve: CurvePoint[] = [];
  let found = 0;
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.found) found += 1;
    // Detections of one score come together: no threshold can tell them apart.
    if (outcomes[i + 1]?.score === outcome.score) continue;
    const falsePositives = i + 1 - found;
    curve.push({ score: outcome.score, precision: found / (i + 1), recall: found / faces, falsePositives });
  }
  return curve;
}

/** The area under the curve with each image counted as often as `weights` says: on flat arrays, as it is asked hundreds of times. */
function createResampler(outcomes: readonly Outcome[]): (faces: number, weights: Float64Array) => number {
  const count = outcomes.length;
  const found = Uint8Array.from(outcomes, (o) => Number(o.found));
  const image = Uint32Array.from(outcomes, (o) => o.image);
  const tied = Uint8Array.from(outcomes, (o, i) => Number(outcomes[i + 1]?.score === o.score));
  const precision = new Float64Array(count);
  const recall = new Float64Array(count);
  return (faces, weights) => {
    let right = 0;
    let all = 0;
    let points = 0;
    for (let i = 0; i < count; i++) {
      const weight = weights[image[i]!]!;
      all += weight;
      if (found[i]) right += weight;
      if (tied[i] || all === 0) continue;
      precision[points] = right / all;
      recall[points++] = right / faces;
    }
    let sum = 0;
    let best = 0;
    for (let i = points - 1; i >= 0; i--) {
      if (precision[i]! > best) best = precision[i]!;
      sum += best * (recall[i]! - (i > 0 ? recall[i - 1]! : 0));
    }
    return sum;
  };
}

/** Area under the curve, precision at each recall being the best at that recall or a higher one. */
function areaUnder(curve: readonly CurvePoint[]): number {
  let sum = 0;
  let best = 0;
  for (let i = curve.length - 1; i >= 0; i--) {
    const { precision, recall } = curve[i]!;
    best = Math.max(best, precision);
    sum += best * (recall - (curve[i - 1]?.recall ?? 0));
  }
  return sum;
}
