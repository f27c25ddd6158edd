/**
 * A running average of the weights, which often scores better than the weights themselves (Polyak & Juditsky 1992; Tarvainen &
 * Valpola 2017, arXiv:1703.01780). It averages every array it is given: hand it the batch-norm running statistics along with the
 * trained parameters, since averaged weights need statistics of the same age.
 */
import { PhizError } from '../core/error.js';
import type { Arrays } from './optimiser.js';

/** A copy of the arrays to start an average from. */
export function startAverage(parameters: Arrays): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(parameters).map(([name, array]) => [name, array.slice()]));
}

/** The decay that holds at update `step` (from 0): small at first, so that the start is soon forgotten; `decay` in the long run. */
export function averageDecay(decay: number, step: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}

/**
 * Moves the average towards the parameters, in place: a ← d·a + (1 − d)·p, d = min(decay, (1 + step) / (10 + step)).
 * `step` counts updates from 0. Throws PhizError `invalid-option`, or `invalid-data` where the names or lengths differ.
 */
export function updateAverage(
  average: Arrays,
  parameters: Arrays,
  { decay = 0.999, step }: { readonly decay?: number; readonly step: number },
): void {
  if (!(decay >= 0 && decay < 1)) throw new PhizError('invalid-option', `decay must lie in [0, 1), not ${decay}`);
  const share = 1 - averageDecay(decay, step);
  for (const [name, p] of Object.entries(parameters)) {
    const a = average[name];
    if (a?.length !== p.length)
      throw new PhizError('invalid-data', `the average has no '${name}' of ${p.length} numbers; make it with startAverage()`);
    for (let i = 0; i < p.length; i++) {
      const old = a[i]!;
      a[i] = old + share * (p[i]! - old);
    }
  }
}
