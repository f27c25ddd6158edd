/** The logits of many images: seen directly, as a data set shows them, or through a detector, as photos are. */
import { findFaces } from '../../analyze/find-faces.js';
import type { Classifier, Crop } from '../../classify/classifier.js';
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import { boxToAffine, warp } from '../../core/resample.js';
import type { FaceDetector } from '../../detect/detector.js';
import { viewBox } from '../../train/augment.js';

/** What an evaluation is doing. */
export type EvaluationPhase = 'reading' | 'classifying' | 'detecting' | 'stressing';

export interface LogitOptions {
  /** Stops; the promise rejects with PhizError `aborted`. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((phase: EvaluationPhase, done: number, total: number) => void) | undefined;
}

/** Images between two looks at the signal. */
const CHUNK = 256;

/** Logits of each image's direct view (the card's `direct`), in the order given. */
export async function directLogits(
  classifier: Classifier,
  images: readonly Image[],
  options: LogitOptions = {},
): Promise<readonly Float32Array[]> {
  const { direct, input } = classifier.card;
  const crops = images.map((image): Crop => ({ image, map: boxToAffine(viewBox(image, direct), input.width!, input.height!) }));
  const rows: Float32Array[] = [];
  for (let start = 0; start < crops.length; start += CHUNK) {
    stopIfAborted(options.signal);
    rows.push(...(await classifier.logits(crops.slice(start, start + CHUNK))));
    options.onProgress?.('classifying', rows.length, images.length);
  }
  return rows;
}

/**
 * Longer side in pixels that a data set's image is scaled to for the detector: FER-2013's 48 become 192. Without a border: a
 * repeated edge draws the face out, and boxes with it.
 */
export const CHAIN_SIDE = 192;

/**
 * Logits of the face that the detector is surest of in each image, cut as the card's `crop` says; undefined where it finds
 * none. Images are scaled to `side` first, and the crop is cut from that, as it would be from a photo.
 */
export async function detectedLogits(
  classifier: Classifier,
  detector: FaceDetector,
  images: readonly Image[],
  { side = CHAIN_SIDE, signal, onProgress }: LogitOptions & { readonly side?: number } = {},
): Promise<readonly (Float32Array | undefined)[]> {
  const rows: (Float32Array | undefined)[] = [];
  for (const [i, image] of images.entries()) {
    stopIfAborted(signal);
    const photo = scaleTo(image, side);
    // Not turned: data sets of faces show them upright.
    const faces = await findFaces(detector, photo, { turn: false, border: true, minFace: 0 });
    const best = faces.length ? faces.reduce((top, face) => (face.score > top.score ? face : top)) : undefined;
    rows.push(best && (await classifier.logits([classifier.crop(photo, best)]))[0]);
    onProgress?.('detecting', i + 1, images.length);
  }
  return rows;
}

/** An image scaled (bilinear) so that its longer side is `side`. */
export function scaleTo(image: Image, side: number): Image {
  const scale = side / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const channels = image.channels === 1 ? 1 : 3;
  const planes = new Float32Array(channels * width * height);
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  warp(image, boxToAffine(whole, width, height), { width, height, channels }, planes);
  const data = new Uint8ClampedArray(planes.length);
  const plane = width * height;
  for (let c = 0; c < channels; c++) for (let p = 0; p < plane; p++) data[p * channels + c] = planes[c * plane + p]!;
  return { width, height, channels, data };
}

function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PhizError('aborted', 'the evaluation was stopped', { cause: signal.reason });
}
