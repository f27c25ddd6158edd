/** Pooling and its opposite, over the rows and columns of NCHW. */
import { known, scaleDim, type Value } from '../../onnx/graph.js';
import { samePadding } from '../../onnx/padding.js';
import type { Scope } from '../scope.js';
import type { Layer } from './layer.js';

export interface PoolOptions {
  /** Default: the kernel, so that windows do not overlap. */
  readonly stride?: number;
  /**
   * Pixels of padding at top, left, bottom, right; maxima never come from there. 'same': as TensorFlow pads, so that the output has
   * as many pixels as strides fit into the input. Default 0.
   */
  readonly pads?: readonly [number, number, number, number] | 'same';
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly pads: readonly number[];
}

/** Maximum over kernel × kernel windows. */
export function maxPool(kernel = 2, { stride = kernel, pads: wanted = [0, 0, 0, 0] }: PoolOptions = {}): Layer {
  return (scope, x) => {
    const pads = wanted === 'same' ? samePads(x, kernel, stride) : wanted;
    const dims = pooled(x, kernel, stride, pads);
    const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads };
    if (!scope.training) return scope.op('MaxPool', [x], dims, attributes);
    const [y, indices] = scope.graph.many('MaxPool', [x], [dims, dims], { attributes }) as [Value, Value];
    return scope.record([x], y, (dy) => [
      stride < kernel ? scatter(scope, x, indices, dy) : unpool(scope, x, indices, dy, { kernel, stride, pads }),
    ]);
  };
}

/** Windows that do not overlap: put each gradient where its maximum came from. */
function unpool(scope: Scope, x: Value, indices: Value, dy: Value, { kernel, stride, pads }: Window): Value {
  const shape = scope.graph.integers(x.dims.map(known));
  return scope.op('MaxUnpool', [dy, indices, shape], x.dims, { kernel_shape: [kernel, kernel], strides: [stride, stride], pads });
}

/** Windows that overlap: add each gradient where its maximum came from. */
function scatter(scope: Scope, x: Value, indices: Value, dy: Value): Value {
  const [n, c, h, w] = x.dims.map(known) as [number, number, number, number];
  const size = n * c * h * w;
  const count = dy.dims.map(known).reduce((a, b) => a * b, 1);
  const flat = (v: Value) => scope.reshape(v, [count]);
  const zeros = scope.op('Expand', [scope.graph.constant(0), scope.graph.integers([size])], [size]);
  const sum = scope.op('ScatterElements', [zeros, flat(indices), flat(dy)], [size], { axis: 0, reduction: 'add' });
  return scope.reshape(sum, [n, c, h, w]);
}

/** Mean over kernel × kernel windows that do not overlap. */
export function averagePool(kernel = 2): Layer {
  return (scope, x) => {
    const y = scope.op('AveragePool', [x], pooled(x, kernel, kernel, [0, 0, 0, 0]), {
      kernel_shape: [kernel, kernel],
      strides: [kernel, kernel],
    });
    return scope.record([x], y, (dy) => {
      const [n, c, h, w] = x.dims.map(known) as [number, number, number, number];
      const [oh, ow] = [Math.floor(h / kernel), Math.floor(w / kernel)];
      const spread = spreadOut(scope, dy, [n, c, oh, ow], kernel, 1 / (kernel * kernel));
      if (oh * kernel === h && ow * kernel === w) return [spread];
      const rest = scope.graph.integers([0, 0, 0, 0, 0, 0, h - oh * kernel, w - ow * kernel]);
      return [scope.op('Pad', [spread, rest], x.dims)];
    });
  };
}

/** Mean over all rows and columns: [N, C, H, W] to [N, C]. */
export function globalAveragePool(): Layer {
  return (scope, x) => {
    const [n, c] = x.dims;
    const y = scope.op('ReduceMean', [x, scope.graph.integers([2, 3])], [n!, c!], { keepdims: 0 });
    return scope.record([x], y, (dy) => {
      const [rows, channels, h, w] = x.dims.map(known) as [number, number, number, number];
      const share = scope.op('Mul', [dy, scope.graph.constant(1 / (h * w))], dy.dims);
      const column = scope.reshape(share, [rows, channels, 1, 1]);
      return [scope.op('Expand', [column, scope.graph.integers([rows, channels, h, w])], x.dims)];
    });
  };
}

/** Nearest-neighbour enlargement by a whole factor. */
export function upsample(factor = 2): Layer {
  return (scope, x) => {
    const [n, c, h, w] = x.dims;
    const dims = [n!, c!, scaleDim(h, 1, factor), scaleDim(w, 1, factor)];
    const scales = scope.graph.constant([1, 1, factor, factor], [4]);
    const y = scope.op('Resize', [x, undefined, scales], dims, {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
    return scope.record([x], y, (dy) => {
      const mean = scope.op('AveragePool', [dy], x.dims, { kernel_shape: [factor, factor], strides: [factor, factor] });
      return [scope.op('Mul', [mean, scope.graph.constant(factor * factor)], x.dims)];
    });
  };
}

/** Each value repeated over a k × k square and scaled. */
function spreadOut(scope: Scope, dy: Value, dims: readonly [number, number, number, number], k: number, scale: number): Value {
  const [n, c, h, w] = dims;
  const scaled = scope.op('Mul', [dy, scope.graph.constant(scale)], dy.dims);
  const thin = scope.reshape(scaled, [n * c, h, 1, w, 1]);
  const wide = scope.op('Expand', [thin, scope.graph.integers([n * c, h, k, w, k])], [n * c, h, k, w, k]);
  return scope.reshape(wide, [n, c, h * k, w * k]);
}

function samePads(x: Value, kernel: number, stride: number): readonly [number, number, number, number] {
  const [[top, bottom], [left, right]] = [x.dims[2], x.dims[3]].map((dim) => samePadding(known(dim), kernel, stride)) as [
    readonly [number, number],
    readonly [number, number],
  ];
  return [top, left, bottom, right];
}

function pooled(x: Value, kernel: number, stride: number, pads: readonly number[]) {
  const [n, c, h, w] = x.dims;
  const size = (dim: typeof h, pad: number) =>
    typeof dim === 'number' ? Math.floor((dim + pad - kernel) / stride) + 1 : scaleDim(dim, stride);
  return [n!, c!, size(h, pads[0]! + pads[2]!), size(w, pads[1]! + pads[3]!)];
}
