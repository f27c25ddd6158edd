/** Probabilities from logits, in double precision so that they sum to 1. */
import { PhizError } from '../core/error.js';

/**
 * Soft-max of logits / temperature (temperature scaling: Guo et al. 2017, arXiv:1706.04599).
 * Throws PhizError `engine-failed` where a logit is not a finite number.
 */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const out = new Float64Array(logits.length);
  let top = -Infinity;
  for (let i = 0; i < out.length; i++) {
    const logit = logits[i]!;
    if (!Number.isFinite(logit)) throw new PhizError('engine-failed', `the network gave ${logit} as logit ${i}`);
    if (logit > top) top = logit;
  }
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = Math.exp((logits[i]! - top) / temperature);
    sum += out[i]!;
  }
  for (let i = 0; i < out.length; i++) out[i]! /= sum;
  return out;
}

/** Index of the largest value; the first one where several are equal. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
