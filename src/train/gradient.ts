/** What may be done to gradients between the graph and the optimiser: their norm, and clipping by it. In place. */
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
