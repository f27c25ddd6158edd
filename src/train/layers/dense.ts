/** Fully connected layers and the step from maps to vectors. */
import { known } from '../../onnx/graph.js';
import type { Layer } from './layer.js';

export interface DenseOptions {
  readonly bias?: boolean;
  /** Where the bias starts. */
  readonly biasStart?: number;
  /** What its weights are called, with a number: 'dense'. */
  readonly kind?: string;
}

/** y = x·W + b on [N, inputs]. */
export function dense(units: number, { bias = true, biasStart = 0, kind = 'dense' }: DenseOptions = {}): Layer {
  return (scope, x) => {
    const inputs = known(x.dims[1]);
    const name = scope.name(kind);
    const weight = scope.parameter(`${name}.kernel`, [inputs, units], { fanIn: inputs, fanOut: units });
    const operands = [x, weight];
    if (bias)
      operands.push(
        scope.parameter(`${name}.bias`, [units], {
          initialisation: biasStart === 0 ? 'zeros' : { values: Array.from({ length: units }, () => biasStart) },
        }),
      );
    const y = scope.op('Gemm', operands, [x.dims[0]!, units]);
    return scope.record(operands, y, (dy) => [
      scope.wants(x) ? scope.op('Gemm', [dy, weight], x.dims, { transB: 1 }) : undefined,
      scope.op('Gemm', [x, dy], [inputs, units], { transA: 1 }),
      ...(bias ? [scope.op('ReduceSum', [dy, scope.graph.integers([0])], [units], { keepdims: 0 })] : []),
    ]);
  };
}

/** [N, C, H, W] to [N, C·H·W]. */
export function flatten(): Layer {
  return (scope, x) => {
    const size = x.dims
      .slice(1)
      .map(known)
      .reduce((a, b) => a * b, 1);
    const y = scope.op('Flatten', [x], [x.dims[0]!, size], { axis: 1 });
    return scope.record([x], y, (dy) => [scope.reshape(dy, x.dims.map(known))]);
  };
}
