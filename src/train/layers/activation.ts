/** Rectifier and dropout. */
import { known } from '../../onnx/graph.js';
import type { Layer } from './layer.js';

/** max(x, 0). */
export function relu(): Layer {
  return (scope, x) => {
    const y = scope.op('Relu', [x], x.dims);
    return scope.record([x], y, (dy) => {
      const positive = scope.op('Greater', [y, scope.graph.constant(0)], x.dims);
      return [scope.op('Where', [positive, dy, scope.graph.constant(0)], x.dims)];
    });
  };
}

/**
 * Inverted dropout (Srivastava et al. 2014): in training drops a share `rate` of the values and scales the rest. The masks
 * are fed, made from (seed, step): ONNX's own Dropout restarts its sequence with every session, so a resumed run would differ.
 */
export function dropout(rate: number): Layer {
  return (scope, x) => {
    if (!scope.training || rate === 0) return x;
    const bytes = scope.mask(x.dims.map(known), rate);
    const kept = scope.op('DequantizeLinear', [bytes, scope.graph.constant(1 / (1 - rate))], x.dims);
    const y = scope.op('Mul', [x, kept], x.dims);
    return scope.record([x], y, (dy) => [scope.op('Mul', [dy, kept], x.dims)]);
  };
}
