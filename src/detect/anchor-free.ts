/**
 * phiz's own detector: an anchor-free network that predicts, at each point of three feature maps (points.ts), whether a face is
 * centred there, how well its box will fit, the box and five landmarks (in the manner of YuNet, Wu et al. 2023, and YOLOX,
 * arXiv:2107.08430). Here: from a picture to the network's input, and from its raw numbers to faces. The network itself is
 * src/train/networks' business, its training src/train's.
 */
import type { Model } from '../core/card.js';
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { type Landmarks, landmarksOf, mapLandmarks } from '../core/geometry.js';
import { checkImage } from '../core/image.js';
import { shrink } from '../core/shrink.js';
import { checkScoreThreshold, type Detection, type DetectOptions, type FaceDetector } from './detector.js';
import { DETECT_SIZE, fit } from './fit.js';
import { suppress } from './nms.js';
import { POINT_CHANNELS, type Points, pointsOf } from './points.js';

export interface AnchorFreeOptions {
  readonly engine: Engine;
  readonly model: Model;
  /** Width of a border put round each picture, in units of its longest side. Default: none. */
  readonly border?: number;
}

/** A detection of this network: always with landmarks. */
type FaceFound = Detection & { readonly landmarks: Landmarks };

/** Planes kept: those of one picture in the network and of one being prepared. */
const SPARE = 2;

/** Most candidates that suppression looks at: the best ones. */
const MAX_CANDIDATES = 5000;

/** A box is at most e⁶ strides wide, as in training (train/losses/detection.ts): a broken network stays finite. */
const MAX_EXPONENT = 6;

/**
 * Loads the detector. Throws PhizError `model-mismatch` where the card is not that of such a detector, and what the engine throws.
 */
export async function createAnchorFreeDetector({ engine, model, border = 0 }: AnchorFreeOptions): Promise<FaceDetector> {
  const { card } = model;
  const settings = card.detector;
  if (card.task !== 'detector' || settings?.kind !== 'phiz' || settings.strides.length === 0)
    throw new PhizError('model-mismatch', `${card.name} is not one of phiz's face detectors but a model for ${card.task}`);
  if (card.input.channels !== 3 || card.input.order === 'grey')
    throw new PhizError('model-mismatch', `${card.name} wants ${card.input.order} input; a detector's has three channels`);
  const strides = settings.strides;
  const multiple = Math.max(...strides, card.input.multiple ?? 1);
  const session = await engine.load(model.bytes);
  // Planes of pictures done, for the next ones to be written to: fresh memory of that size costs more than the pixels.
  const spare: Float32Array[] = [];
  return {
    name: card.name,
    version: card.version,
    scoreThreshold: settings.scoreThreshold,
    async detect(image, { detectSize = DETECT_SIZE, scoreThreshold = settings.scoreThreshold }: DetectOptions = {}) {
      checkScoreThreshold(scoreThreshold);
      const place = fit(checkImage(image), { detectSize, multiple, border });
      const points = pointsOf(place.canvasWidth, place.canvasHeight, strides);
      const length = 3 * place.canvasWidth * place.canvasHeight;
      const known = spare.pop();
      const memory = known?.length === length ? known : engine.memory?.(length);
      const data = shrink(image, { ...place, input: card.input, memory });
      const input = { dims: [1, 3, place.canvasHeight, place.canvasWidth], data };
      const { prediction } = await session.run({ [card.input.name]: input }, ['prediction']);
      if (spare.length < SPARE) spare.push(data);
      if (prediction?.data.length !== points.count * POINT_CHANNELS)
        throw new PhizError(
          'model-mismatch',
          `${card.name} predicts [${prediction?.dims.join(', ')}] where [1, ${points.count}, ${POINT_CHANNELS}] belongs`,
        );
      const found = suppress(decode(prediction.data, points, scoreThreshold).slice(0, MAX_CANDIDATES), settings.nmsIou);
      return found.map(
        ({ box, landmarks, score }): Detection => ({
          box: place.box(box),
          landmarks: mapLandmarks(landmarks, place.point),
          score,
        }),
      );
    },
    dispose: () => session.dispose(),
  };
}

/**
 * Turns the raw prediction of one picture (P·16 numbers) into faces in pixels of the input, best first, those from
 * `scoreThreshold` up, nothing suppressed yet. The score is the geometric mean of the two probabilities.
 */
export function decode(prediction: Float32Array, { anchors, count }: Points, scoreThreshold: number): FaceFound[] {
  // sqrt(p·q) ≥ t needs p ≥ t², so most points are dismissed by one comparison.
  const least = Math.log(scoreThreshold ** 2 / (1 - scoreThreshold ** 2));
  const found: FaceFound[] = [];
  for (let p = 0; p < count; p++) {
    const at = p * POINT_CHANNELS;
    if (!(prediction[at]! >= least)) continue;
    const score = Math.sqrt(sigmoid(prediction[at]!) * sigmoid(prediction[at + 1]!));
    if (!(score >= scoreThreshold)) continue;
    const x = anchors[3 * p]!;
    const y = anchors[3 * p + 1]!;
    const stride = anchors[3 * p + 2]!;
    const width = Math.exp(Math.min(prediction[at + 4]!, MAX_EXPONENT)) * stride;
    const height = Math.exp(Math.min(prediction[at + 5]!, MAX_EXPONENT)) * stride;
    const cx = x + prediction[at + 2]! * stride;
    const cy = y + prediction[at + 3]! * stride;
    const mark = (k: number) => ({ x: x + prediction[at + 6 + 2 * k]! * stride, y: y + prediction[at + 7 + 2 * k]! * stride });
    found.push({
      box: { x: cx - width / 2, y: cy - height / 2, width, height },
      landmarks: landmarksOf(mark),
      score,
    });
  }
  return found.sort((a, b) => b.score - a.score);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
