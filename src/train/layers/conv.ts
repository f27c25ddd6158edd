/**
 * Two-dimensional convolution, NCHW: any kernel, stride 1 or 2, groups (depthwise included), bias optional.
 *
 * Gradients, all by dense matrix products: of the input by the convolution with the kernel turned round (stride 1) or the
 * transposed convolution; of the kernel by one product of dy with the shifted inputs for each tap. Where images are large
 * and channels few, that product is taken image by image and summed, which saves the transposes.
 */
import { known, scaleDim, type Value } from '../../onnx/graph.js';
import type { Scope } from '../scope.js';
import type { Layer } from './layer.js';

export interface ConvOptions {
  /** Side of the square kernel, odd. Default 3. */
  readonly kernel?: number;
  readonly stride?: 1 | 2;
  readonly groups?: number;
  /** Default false: batch normalisation follows. */
  readonly bias?: boolean;
  /** Start of the bias, a number a filter. Default zeros. */
  readonly biasStart?: readonly number[];
  /** Pixels of zeros at top, left, bottom, right. Default: half the kernel all round ("same" at stride 1). */
  readonly pads?: readonly [number, number, number, number];
}

/** Convolution to `filters` channels. */
export function conv(filters: number, options: ConvOptions = {}): Layer {
  const { kernel = 3, stride = 1, groups = 1, bias = false, biasStart } = options;
  const half = (kernel - 1) / 2;
  const pads = options.pads ?? [half, half, half, half];
  return (scope, x) => {
    const [n, channels, h, w] = x.dims;
    const ci = known(channels);
    const name = scope.name('conv');
    const weight = scope.parameter(`${name}.kernel`, [filters, ci / groups, kernel, kernel], {
      fanIn: (ci / groups) * kernel * kernel,
      fanOut: (filters / groups) * kernel * kernel,
    });
    const size = (dim: typeof h, pad: number) =>
      typeof dim === 'number' ? Math.floor((dim + pad - kernel) / stride) + 1 : scaleDim(dim, stride);
    const dims = [n!, filters, size(h, pads[0] + pads[2]), size(w, pads[1] + pads[3])];
    const inputs = [x, weight];
    if (bias)
      inputs.push(scope.parameter(`${name}.bias`, [filters], { initialisation: biasStart ? { values: biasStart } : 'zeros' }));
    const y = scope.op('Conv', inputs, dims, { kernel_shape: [kernel, kernel], strides: [stride, stride], pads, group: groups });
    return scope.record(inputs, y, (dy) => [
      scope.wants(x) ? inputGradient(scope, x, weight, dy, { kernel, stride, groups, pads }) : undefined,
      kernelGradient(scope, x, weight, dy, { kernel, stride, groups, pads }),
      ...(bias ? [scope.op('ReduceSum', [dy, scope.graph.integers([0, 2, 3])], [filters], { keepdims: 0 })] : []),
    ]);
  };
}

type Geometry = Required<Pick<ConvOptions, 'kernel' | 'stride' | 'groups' | 'pads'>>;

function inputGradient(scope: Scope, x: Value, weight: Value, dy: Value, g: Geometry): Value {
  const { kernel: k, stride, groups, pads } = g;
  const [co, cig] = [known(weight.dims[0]), known(weight.dims[1])];
  if (stride === 1 && (groups === 1 || cig * groups === co)) {
    const turned =
      groups === 1 ? scope.op('Transpose', [weight], [cig, co, k, k], { perm: [1, 0, 2, 3] }) : cig === 1 ? weight : undefined;
    if (turned) {
      const flipped =
        k === 1
          ? turned
          : scope.op(
              'Slice',
              [
                turned,
                ...[
                  [-1, -1],
                  [-k - 1, -k - 1],
                  [2, 3],
                  [-1, -1],
                ].map((v) => scope.graph.integers(v)),
              ],
              turned.dims,
            );
      const back = [k - 1 - pads[0], k - 1 - pads[1], k - 1 - pads[2], k - 1 - pads[3]];
      return scope.op('Conv', [dy, flipped], x.dims, { kernel_shape: [k, k], strides: [1, 1], pads: back, group: groups });
    }
  }
  const over = (axis: 2 | 3, pad: number) => known(x.dims[axis]) - ((known(dy.dims[axis]) - 1) * stride - pad + k);
  return scope.op('ConvTranspose', [dy, weight], x.dims, {
    kernel_shape: [k, k],
    strides: [stride, stride],
    pads,
    group: groups,
    output_padding: [over(2, pads[0] + pads[2]), over(3, pads[1] + pads[3])],
  });
}

function kernelGradient(scope: Scope, x: Value, weight: Value, dy: Value, g: Geometry): Value {
  const { kernel: k, groups } = g;
  const [n, ci, co] = [known(x.dims[0]), known(x.dims[1]), known(dy.dims[1])];
  const pixels = known(dy.dims[2]) * known(dy.dims[3]);
  if (groups > 1) return grouped(scope, x, weight, dy, g);
  // Image by image costs n·Co·Ci·k² floats of intermediate sums, the transposes n·(Co + Ci·k²)·pixels: take the cheaper.
  return co * ci < (co / (k * k) + ci) * pixels * 0.5 ? byImage(scope, x, weight, dy, g, n) : transposed(scope, x, weight, dy, g);
}

/** dy [N, Co, HW] · tap [N, Ci, HW]ᵀ, summed over the images. Few channels: all taps in one product. */
function byImage(scope: Scope, x: Value, weight: Value, dy: Value, g: Geometry, n: number): Value {
  const { kernel: k } = g;
  const [ci, co] = [known(x.dims[1]), known(dy.dims[1])];
  const pixels = known(dy.dims[2]) * known(dy.dims[3]);
  const left = scope.reshape(dy, [n, co, pixels]);
  const taps = shifted(scope, x, dy, g, 2).map((tap) => scope.reshape(tap, [n, ci, pixels]));
  const summed = (right: Value, width: number) => {
    const products = scope.timesTransposed(left, right, [n, co, width]);
    return scope.op('ReduceSum', [products, scope.graph.integers([0])], [co, width], { keepdims: 0 });
  };
  if (k > 1 && ci * k * k <= 64)
    return fromTaps(scope, summed(scope.op('Concat', taps, [n, ci * k * k, pixels], { axis: 1 }), ci * k * k), weight, co, ci, k);
  const sums = taps.map((tap) => summed(tap, ci));
  const all = sums.length === 1 ? sums[0]! : scope.op('Concat', sums, [co, ci * k * k], { axis: 1 });
  return fromTaps(scope, all, weight, co, ci, k);
}

/** dyᵀ [Co, N·HW] · tapᵀ [N·HW, Ci], one product per tap. */
function transposed(scope: Scope, x: Value, weight: Value, dy: Value, g: Geometry): Value {
  const { kernel: k } = g;
  const [n, ci, h, w] = x.dims.map(known) as [number, number, number, number];
  const [, co, oh, ow] = dy.dims.map(known) as [number, number, number, number];
  const rows = n * oh * ow;
  const dyT = scope.reshape(scope.op('Transpose', [dy], [co, n, oh, ow], { perm: [1, 0, 2, 3] }), [co, rows]);
  const xT = scope.op('Transpose', [x], [ci, n, h, w], { perm: [1, 0, 2, 3] });
  const taps = shifted(scope, xT, dy, g, 2).map((tap) => scope.reshape(tap, [ci, rows]));
  const gemm = (right: Value, width: number) => scope.op('Gemm', [dyT, right], [co, width], { transB: 1 });
  if (taps.length === 1) return scope.reshape(gemm(taps[0]!, ci), [co, ci, k, k]);
  const products =
    ci * k * k <= 64
      ? [gemm(scope.op('Concat', taps, [ci * k * k, rows], { axis: 0 }), ci * k * k)]
      : taps.map((t) => gemm(t, ci));
  const sum = products.length === 1 ? products[0]! : scope.op('Concat', products, [co, ci * k * k], { axis: 1 });
  return fromTaps(scope, sum, weight, co, ci, k);
}

/** [Co, taps·Ci] to the kernel's own order [Co, Ci, k, k]. */
function fromTaps(scope: Scope, sum: Value, weight: Value, co: number, ci: number, k: number): Value {
  if (k === 1) return scope.reshape(sum, weight.dims.map(known));
  const split = scope.reshape(sum, [co, k * k, ci]);
  return scope.reshape(scope.op('Transpose', [split], [co, ci, k * k], { perm: [0, 2, 1] }), [co, ci, k, k]);
}

/** Groups, depthwise among them: a small product for each image and group. */
function grouped(scope: Scope, x: Value, weight: Value, dy: Value, g: Geometry): Value {
  const { kernel: k, groups } = g;
  const [n, ci, co] = [known(x.dims[0]), known(x.dims[1]), known(dy.dims[1])];
  const pixels = known(dy.dims[2]) * known(dy.dims[3]);
  const [cig, cog] = [ci / groups, co / groups];
  const left = scope.reshape(dy, [n, groups, cog, pixels]);
  const products = shifted(scope, x, dy, g, 2).map((tap) => {
    const product = scope.timesTransposed(left, scope.reshape(tap, [n, groups, cig, pixels]), [n, groups, cog, cig]);
    const sum = scope.op('ReduceSum', [product, scope.graph.integers([0])], [groups, cog, cig], { keepdims: 0 });
    return scope.reshape(sum, [co, cig, 1]);
  });
  const all = products.length === 1 ? products[0]! : scope.op('Concat', products, [co, cig, k * k], { axis: 2 });
  return scope.reshape(all, weight.dims.map(known));
}

/**
 * The input as each tap of the kernel sees it, row by row: k² slices of the padded input, of dy's height and width. Columns are cut
 * first, once for all rows of taps, so that the k² cuts copy whole blocks of rows.
 */
function shifted(scope: Scope, x: Value, dy: Value, { kernel: k, stride, pads }: Geometry, axis: number): Value[] {
  const [a, b, h, w] = x.dims.map(known) as [number, number, number, number];
  const [oh, ow] = [known(dy.dims[2]), known(dy.dims[3])];
  const [height, width] = [h + pads[0] + pads[2], w + pads[1] + pads[3]];
  const padded = pads.some((p) => p > 0)
    ? scope.op('Pad', [x, scope.graph.integers([0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]])], [a, b, height, width])
    : x;
  if (k === 1 && stride === 1) return [padded];
  const cut = (value: Value, along: number, start: number, count: number, dims: readonly number[]) => {
    const bounds = [[start], [start + (count - 1) * stride + 1], [along], [stride]];
    return scope.op('Slice', [value, ...bounds.map((v) => scope.graph.integers(v))], dims);
  };
  const taps = Array.from({ length: k }, (_, i) => i);
  const columns = taps.map((j) => cut(padded, axis + 1, j, ow, [a, b, height, ow]));
  return taps.flatMap((i) => columns.map((column) => cut(column, axis, i, oh, [a, b, oh, ow])));
}
