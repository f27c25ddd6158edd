/** First values of a network's weights, a pure function of the seed. */

import { hashText, random } from '../core/random.js';
import { sizeOf } from '../core/tensor.js';
import type { ParameterSpec } from './scope.js';

/**
 * Fresh weights, by name: He's normal (arXiv:1502.01852), Glorot's uniform (2010) or the constants a layer asked for. Each
 * parameter has a stream of its own, so that adding a layer leaves the others as they were.
 */
export function initialise(parameters: readonly ParameterSpec[], seed: number): Record<string, Float32Array> {
  const weights: Record<string, Float32Array> = {};
  for (const { name, dims, initialisation, fanIn, fanOut } of parameters) {
    const data = new Float32Array(sizeOf(dims));
    const stream = random(seed, hashText(name));
    if (initialisation === 'he-normal') {
      const deviation = Math.sqrt(2 / fanIn);
      for (let i = 0; i < data.length; i++) data[i] = stream.normal(0, deviation);
    } else if (initialisation === 'glorot-uniform') {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      for (let i = 0; i < data.length; i++) data[i] = stream.uniform(-limit, limit);
    } else if (initialisation === 'ones') data.fill(1);
    else if (initialisation !== 'zeros') data.set(initialisation.values);
    weights[name] = data;
  }
  return weights;
}
