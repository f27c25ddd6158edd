/** Images out of focus: a Gaussian over them. */
import type { Image } from '../../../core/image.js';
import { blurImage } from '../../../node/images/blur.js';
import type { Condition } from './condition.js';

/** Faces cut out beforehand, by σ in parts of the shorter side; quality's sharpness was measured at these (attributes/quality). */
export const BLURRED_FACES: readonly Condition[] = [0.02, 0.04, 0.08].map((share) =>
  blurred(`σ ${100 * share} % of the side`, ({ width, height }) => share * Math.min(width, height)),
);

/** Whole photos, by σ in pixels of the photo. */
export const BLURRED_PHOTOS: readonly Condition[] = [1, 2, 4].map((pixels) => blurred(`σ ${pixels} px`, () => pixels));

function blurred(level: string, sigma: (image: Image) => number): Condition {
  return { family: 'blurred', level, apply: (image) => blurImage(image, sigma(image)) };
}
