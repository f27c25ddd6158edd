/** Batch normalisation (Ioffe & Szegedy 2015, arXiv:1502.03167) over N, H, W of NCHW, or over N of [N, C]. */
import { known, type Value } from '../../onnx/graph.js';
import type { Scope } from '../scope.js';
import type { Layer } from './layer.js';

export interface BatchNormOptions {
  /** running = momentum · running + (1 − momentum) · batch. */
  readonly momentum?: number;
  readonly epsilon?: number;
  /** Start of the scale; 0 lets a residual branch begin as the identity (Goyal et al. 2017, arXiv:1706.02677). */
  readonly scaleStart?: number;
}

export function batchNorm({ momentum = 0.9, epsilon = 1e-5, scaleStart = 1 }: BatchNormOptions = {}): Layer {
  return (scope, x) => {
    const c = known(x.dims[1]);
    const name = scope.name('norm');
    const scale = scope.parameter(`${name}.scale`, [c], { initialisation: { values: new Array<number>(c).fill(scaleStart) } });
    const offset = scope.parameter(`${name}.offset`, [c], { initialisation: 'zeros' });
    const mean = scope.parameter(`${name}.mean`, [c], { initialisation: 'zeros', trainable: false });
    const variance = scope.parameter(`${name}.variance`, [c], { initialisation: 'ones', trainable: false });
    if (!scope.training)
      return scope.op('BatchNormalization', [x, scale, offset, mean, variance], x.dims, { epsilon: { float: epsilon } });

    // momentum 0 makes the "running" outputs the batch's own statistics. The kernel may work in place on its statistics
    // inputs: each gets an initializer of its own.
    const start = (value: number) => scope.graph.constant(new Float32Array(c).fill(value), [c]);
    const [y, batchMean, batchVariance] = scope.graph.many(
      'BatchNormalization',
      [x, scale, offset, start(0), start(1)],
      [x.dims, [c], [c]],
      { attributes: { epsilon: { float: epsilon }, momentum: { float: 0 }, training_mode: 1 } },
    ) as [Value, Value, Value];
    scope.statistic(batchMean, `${name}.mean`, momentum);
    scope.statistic(batchVariance, `${name}.variance`, momentum);
    return scope.record([x, scale, offset], y, (dy) => gradient(scope, x, scale, batchMean, batchVariance, dy, epsilon));
  };
}

/**
 * With x̂ = (x − μ)·s, s = 1/√(σ² + ε), M values a channel: dx = γ·s·(dy − Σdy/M − x̂·Σ(dy·x̂)/M), written as
 * a·dy + (b·x + k) with three numbers a channel, so that the large tensors are passed over only a few times.
 */
function gradient(scope: Scope, x: Value, scale: Value, mean: Value, variance: Value, dy: Value, epsilon: number): Value[] {
  const c = known(x.dims[1]);
  const spatial = x.dims.length === 4;
  const axes = spatial ? [0, 2] : [0];
  const rest = x.dims.slice(2).map(known);
  const pixels = rest.reduce((a, b) => a * b, 1);
  const count = known(x.dims[0]) * pixels;
  const flat = [known(x.dims[0]), c, pixels];
  const view = (v: Value) => (spatial ? scope.reshape(v, flat) : v);
  const sum = (v: Value) => scope.op('ReduceSum', [v, scope.graph.integers(axes)], [c], { keepdims: 0 });
  const vector = (op: string, a: Value, b: Value | number) =>
    scope.op(op, [a, typeof b === 'number' ? scope.graph.constant(b) : b], [c]);
  const wide = (v: Value) => (spatial ? scope.reshape(v, [c, 1]) : v);
  const [xf, dyf] = [view(x), view(dy)];
  const sumDy = sum(dyf);
  const sumDyX = spatial ? sumOfProducts(scope, dyf, xf) : sum(scope.op('Mul', [dyf, xf], xf.dims));
  const inverse = scope.op('Reciprocal', [scope.op('Sqrt', [vector('Add', variance, epsilon)], [c])], [c]);
  const dScale = vector('Mul', inverse, vector('Sub', sumDyX, vector('Mul', mean, sumDy)));
  const a = vector('Mul', scale, inverse);
  const b = vector('Mul', vector('Mul', vector('Mul', a, inverse), dScale), -1 / count);
  const k = vector('Sub', vector('Mul', vector('Mul', a, sumDy), -1 / count), vector('Mul', b, mean));
  const fromX = scope.op('Add', [scope.op('Mul', [xf, wide(b)], xf.dims), wide(k)], xf.dims);
  const dx = scope.op('Add', [scope.op('Mul', [dyf, wide(a)], xf.dims), fromX], xf.dims);
  const back = spatial ? scope.reshape(dx, x.dims.map(known)) : dx;
  return [back, dScale, sumDy];
}

/** Σ a·b of each channel of [N, C, pixels], as products of rows, so that a·b is never written to memory. */
function sumOfProducts(scope: Scope, a: Value, b: Value): Value {
  const [n, c, pixels] = a.dims.map(known) as [number, number, number];
  const rows = [n * c, 1, pixels];
  const products = scope.timesTransposed(scope.reshape(a, rows), scope.reshape(b, rows), [n * c, 1, 1]);
  return scope.op('ReduceSum', [scope.reshape(products, [n, c]), scope.graph.integers([0])], [c], { keepdims: 0 });
}
