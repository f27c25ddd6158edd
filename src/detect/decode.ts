/** From what this kind of network predicts at each point to faces: the one place that knows its columns. No images, no network. */
import { type Landmarks, landmarksOf } from '../core/geometry.js';
import type { Detection } from './detector.js';
import { POINT_CHANNELS, type Points } from './points.js';

/** A detection of this kind of network: always with landmarks. */
export type MarkedFace = Detection & { readonly landmarks: Landmarks };

/** A box is at most e⁶ strides wide, as in training (train/losses/detection.ts): a broken network stays finite. */
const MAX_EXPONENT = 6;

/**
 * Turns the raw prediction of one image (P·16 numbers) into faces in pixels of the input, best first, those from
 * `scoreThreshold` up, nothing suppressed yet. The score is the geometric mean of the two probabilities.
 */
export function decode(prediction: Float32Array, { anchors, count }: Points, scoreThreshold: number): MarkedFace[] {
  // sqrt(p·q) ≥ t needs p ≥ t², so most points are dismissed by one comparison.
  const least = Math.log(scoreThreshold ** 2 / (1 - scoreThreshold ** 2));
  const found: MarkedFace[] = [];
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
