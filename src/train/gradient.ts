/** What may be done with gradients between the graph and the optimiser: their norm, clipping by it (in place), and the weights uphill. */
import { PhizError } from '../core/error.js';
import type { Arrays } from './optimiser.js';

/** The root of the sum of all squares, over all arrays together. */
export function globalNorm(arrays: Arrays): number {
  let sum = 0;
  for (const array of Object.values(arrays)) {
    for (let i = 0; i < array.length; i++) {
      const value = array[i]!;
      sum += value * value;
    }
  }
  return Math.sqrt(sum);
}

/**
 * Shrinks all gradients together so that their global norm is at most `maxNorm` (Pascanu et al. 2013, arXiv:1211.5063).
 * Returns the norm from before; where that is NaN or infinite the gradients are left alone, and the caller must not apply them.
 * Throws PhizError `invalid-option`.
 */
export function clipGlobalNorm(gradients: Arrays, maxNorm: number): number {
  if (!(maxNorm > 0)) throw new PhizError('invalid-option', `maxNorm must be above 0, not ${maxNorm}`);
  const norm = globalNorm(gradients);
  if (Number.isFinite(norm) && norm > maxNorm) {
    const scale = maxNorm / norm;
    for (const array of Object.values(gradients)) for (let i = 0; i < array.length; i++) array[i] = array[i]! * scale;
  }
  return norm;
}

/**
 * Copies of `weights`, `radius` away from them where the loss rises most: along the gradients. What the loss does there says how sharp its
 * valley is (sharpness-aware minimisation, Foret et al. 2021, arXiv:2010.01412). Where all gradients are 0 the copies are the weights.
 */
export function uphill(weights: Arrays, gradients: Arrays, radius: number): Record<string, Float32Array> {
  const norm = globalNorm(gradients);
  const scale = norm > 0 ? radius / norm : 0;
  const copies: Record<string, Float32Array> = {};
  for (const [name, gradient] of Object.entries(gradients))
    copies[name] = weights[name]!.map((value, i) => value + scale * gradient[i]!);
  return copies;
}
