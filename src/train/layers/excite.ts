/**
 * Squeeze-and-excitation (Hu et al. 2018, arXiv:1709.01507): each channel is scaled by a gate between 0 and 1 that is learnt from the
 * means of all channels. The gates start nearly open, so that a network goes on as it was where they are put into a trained one.
 */
import { known } from '../../onnx/graph.js';
import type { Scope } from '../scope.js';
import { relu } from './activation.js';
import { dense } from './dense.js';
import type { Layer } from './layer.js';
import { globalAveragePool } from './pool.js';

/** Where gates start: 0.95. */
const OPEN = 3;

/** Gates the channels of [N, C, H, W]; the means pass through C / `reduction` units. */
export function excite(reduction = 8): Layer {
  return (scope, x) => {
    const channels = known(x.dims[1]);
    const squeezed = relu()(
      scope,
      dense(Math.max(4, Math.round(channels / reduction)), { kind: 'excite' })(scope, means(scope, x)),
    );
    const gate = sigmoid(scope, dense(channels, { kind: 'excite', biasStart: OPEN })(scope, squeezed));
    const dims = [x.dims[0]!, channels, 1, 1];
    const wide = scope.op('Unsqueeze', [gate, scope.graph.integers([2, 3])], dims);
    return scope.record([x, gate], scope.op('Mul', [x, wide], x.dims), (dy) => [
      scope.op('Mul', [dy, wide], x.dims),
      scope.op('ReduceSum', [scope.op('Mul', [dy, x], x.dims), scope.graph.integers([2, 3])], gate.dims, { keepdims: 0 }),
    ]);
  };
}

const means = globalAveragePool();

function sigmoid(scope: Scope, x: Parameters<Layer>[1]) {
  const y = scope.op('Sigmoid', [x], x.dims);
  return scope.record([x], y, (dy) => {
    const slope = scope.op('Mul', [y, scope.op('Sub', [scope.graph.constant(1), y], x.dims)], x.dims);
    return [scope.op('Mul', [dy, slope], x.dims)];
  });
}
