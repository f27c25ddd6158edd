/** Soft-max cross-entropy with soft targets, label smoothing and class weights. */
import { known, type Value } from '../../onnx/graph.js';
import type { Scope } from '../scope.js';

export interface CrossEntropyOptions {
  /** Share of each target spread evenly over the classes (Szegedy et al. 2016, arXiv:1512.00567). */
  readonly labelSmoothing?: number | undefined;
  /** A factor for each class's part of the target. */
  readonly classWeights?: readonly number[] | undefined;
}

/** Mean over the batch of −Σ w·t·log softmax(z): logits and target [N, K] to a scalar. */
export function crossEntropy(
  scope: Scope,
  logits: Value,
  target: Value,
  { labelSmoothing = 0, classWeights }: CrossEntropyOptions = {},
): Value {
  const [n, k] = logits.dims.map(known) as [number, number];
  const { graph } = scope;
  let wanted = target;
  if (labelSmoothing > 0) {
    wanted = scope.op('Mul', [wanted, graph.constant(1 - labelSmoothing)], logits.dims);
    wanted = scope.op('Add', [wanted, graph.constant(labelSmoothing / k)], logits.dims);
  }
  if (classWeights) wanted = scope.op('Mul', [wanted, graph.constant(classWeights, [k])], logits.dims);
  const logProbabilities = scope.op('LogSoftmax', [logits], logits.dims, { axis: 1 });
  const total = scope.op('ReduceSum', [scope.op('Mul', [wanted, logProbabilities], logits.dims)], [], { keepdims: 0 });
  const loss = scope.op('Mul', [total, graph.constant(-1 / n)], []);
  return scope.record([logits], loss, (dy) => {
    const mass = scope.op('ReduceSum', [wanted, graph.integers([1])], [n, 1], { keepdims: 1 });
    const probabilities = scope.op('Softmax', [logits], logits.dims, { axis: 1 });
    const expected = scope.op('Mul', [probabilities, mass], logits.dims);
    const difference = scope.op('Sub', [expected, wanted], logits.dims);
    const factor = scope.op('Mul', [dy, graph.constant(1 / n)], []);
    return [scope.op('Mul', [difference, factor], logits.dims)];
  });
}
