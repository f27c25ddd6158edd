/** How good a face's image is for the classifiers: its size and its sharpness, each 0–1. Not a judgement of the face. */
import { type BoundingBox, sideOf, squareCrop } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';
import { boxToAffine, warp } from '../../core/resample.js';
import type { Quality } from './schema.js';

/** Side in pixels at which sharpness is judged: one size, so that faces of all sizes compare. */
const SIDE = 64;

/** Relative Laplacian variance at which sharpness is 0 and 1; see {@link sharpness} for where they come from. */
const BLURRED = 0.001;
const SHARP = 0.3;

/** Least variance that faces are normalised by (2 grey levels squared), so that noise on a flat patch does not count as detail. */
const FLAT = 4;

/**
 * Quality of the face in `box` (pixels of the image).
 *
 * - `size`: side of the box (root of its area) over `facePixels`, the side above which the classifiers see no more; at most 1.
 * - `sharpness`: see {@link sharpness}.
 */
export function faceQuality(image: Image, box: BoundingBox, facePixels: number): Quality {
  return { size: Math.min(1, sideOf(box) / facePixels), sharpness: sharpness(image, box) };
}

/**
 * Sharpness of the face in `box`, 0–1: the variance of the Laplacian (Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548)
 * of the grey face at 64×64 pixels, divided by the variance of the face itself so that contrast and exposure do not count, on a
 * logarithmic scale. 146 faces of 64 px or more in web photos have a median of 0.33 there; blurred by a Gaussian whose σ is 2, 4
 * and 8 % of the face's side, 0.030, 0.0052 and 0.0009. So 0.3 and more counts as 1, and 0.001 and less as 0.
 */
export function sharpness(image: Image, box: BoundingBox): number {
  const grey = new Float32Array(SIDE * SIDE);
  warp(image, boxToAffine(squareCrop(box, { margin: 1 }), SIDE, SIDE), { width: SIDE, height: SIDE, channels: 1 }, grey);
  const laplacian = new Float32Array((SIDE - 2) * (SIDE - 2));
  let at = 0;
  for (let y = 1; y < SIDE - 1; y++)
    for (let x = 1; x < SIDE - 1; x++) {
      const i = y * SIDE + x;
      laplacian[at++] = grey[i - 1]! + grey[i + 1]! + grey[i - SIDE]! + grey[i + SIDE]! - 4 * grey[i]!;
    }
  const detail = variance(laplacian) / Math.max(variance(grey), FLAT);
  return Math.min(Math.max(Math.log(Math.max(detail, BLURRED) / BLURRED) / Math.log(SHARP / BLURRED), 0), 1);
}

function variance(values: Float32Array): number {
  let sum = 0;
  let squares = 0;
  for (const v of values) {
    sum += v;
    squares += v * v;
  }
  const mean = sum / values.length;
  return Math.max(squares / values.length - mean * mean, 0);
}
