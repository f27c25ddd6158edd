/**
 * What a classifier sees: the affine map from its input's pixels to the image, as the model card's crop says. Training and
 * use both cut through this file. No pixels here (core/resample.ts samples).
 */
import type { ModelCard } from '../core/card.js';
import { type BoundingBox, type Landmarks, squareCrop } from '../core/geometry.js';
import { type Affine, boxToAffine } from '../core/resample.js';
import type { QuarterTurn } from '../core/turn.js';
import { alignedMap } from './align.js';

/** A face as a classifier needs it: the detector's box (unclipped) and landmarks if it finds any, in pixels of the image. */
export interface FaceRegion {
  readonly box: BoundingBox;
  readonly landmarks: Landmarks | null;
  /** Degrees clockwise by which the image must be turned to show it upright; absent where it is as it is. */
  readonly turn?: QuarterTurn | undefined;
}

/** A card's `crop`. */
export type CropRule = NonNullable<ModelCard['crop']>;

/**
 * The map that shows a face in an input of `width`×`height` pixels. With alignment 'points' see align.ts. With alignment 'eyes' the
 * square is turned about its centre until the eyes are level, and shifted along the face's own downward direction; a face without
 * landmarks stays as it is.
 */
export function faceMap(face: FaceRegion, rule: CropRule, width: number, height: number): Affine {
  if (rule.alignment === 'points') return alignedMap(face, rule, width, height);
  if (rule.alignment === 'none' || !face.landmarks) return boxToAffine(squareCrop(face.box, rule), width, height);
  const { leftEye, rightEye } = face.landmarks;
  const angle = Math.atan2(rightEye.y - leftEye.y, rightEye.x - leftEye.x);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const square = squareCrop(face.box, { margin: rule.margin });
  const shift = (rule.shift * square.width) / rule.margin;
  const cx = square.x + square.width / 2 - shift * sin;
  const cy = square.y + square.height / 2 + shift * cos;
  const su = square.width / width;
  const sv = square.height / height;
  const [a, b, d, e] = [cos * su, -sin * sv, sin * su, cos * sv];
  return [a, b, cx - (a * width + b * height) / 2, d, e, cy - (d * width + e * height) / 2];
}
