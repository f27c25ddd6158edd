/**
 * Keras's layers that move a window over an image, as ONNX nodes: convolutions, pools, zero padding. Images are NCHW here and
 * kernels are turned from Keras's (rows, columns, in, out) to ONNX's (out, in, rows, columns). Padding is TensorFlow's.
 */
import type { Value } from './graph.js';
import { activate, type LayerContext } from './keras-context.js';
import { samePadding } from './padding.js';

interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

interface Placed {
  /** Top, left, bottom, right. */
  readonly pads: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

export function conv2d(context: LayerContext, x: Value): Value {
  const { settings } = context;
  const [, channels] = featureMap(context, x);
  const window = { ...moves(context), kernel: settings.pair('kernel_size') };
  const filters = settings.count('filters');
  const groups = settings.count('groups', 1);
  if (channels % groups !== 0 || filters % groups !== 0) throw settings.damaged('groups', groups);
  const dims = [...window.kernel, channels / groups, filters];
  const [kernel, bias] = context.weights({ kernel: dims, ...biased(context, filters) });
  const weight = context.constant('kernel', [filters, dims[2]!, ...window.kernel], () => permuted(kernel!, dims, [3, 2, 0, 1]));
  return activate(context, convolve(context, x, weight, window, groups, bias), settings.activation());
}

export function depthwiseConv2d(context: LayerContext, x: Value): Value {
  const { settings } = context;
  const [, channels] = featureMap(context, x);
  const window = { ...moves(context), kernel: settings.pair('kernel_size') };
  const filters = channels * settings.count('depth_multiplier', 1);
  const [kernel, bias] = context.weights({
    'depthwise kernel': [...window.kernel, channels, filters / channels],
    ...biased(context, filters),
  });
  const weight = depthwise(context, kernel!, window, channels, filters);
  return activate(context, convolve(context, x, weight, window, channels, bias), settings.activation());
}

/** A depthwise convolution, then a 1×1 one that mixes the channels; bias and activation belong to the second. */
export function separableConv2d(context: LayerContext, x: Value): Value {
  const { settings } = context;
  const [, channels] = featureMap(context, x);
  const window = { ...moves(context), kernel: settings.pair('kernel_size') };
  const between = channels * settings.count('depth_multiplier', 1);
  const filters = settings.count('filters');
  const [first, second, bias] = context.weights({
    'depthwise kernel': [...window.kernel, channels, between / channels],
    'pointwise kernel': [1, 1, between, filters],
    ...biased(context, filters),
  });
  const moved = convolve(context, x, depthwise(context, first!, window, channels, between), window, channels);
  const pointwise = context.constant('pointwise', [filters, between, 1, 1], () =>
    permuted(second!, [1, 1, between, filters], [3, 2, 0, 1]),
  );
  const still = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1] } as const;
  return activate(context, convolve(context, moved, pointwise, still, 1, bias), settings.activation());
}

export function pool2d(op: 'MaxPool' | 'AveragePool') {
  return (context: LayerContext, x: Value): Value => {
    const { settings } = context;
    const [, channels] = featureMap(context, x);
    const kernel = settings.pair('pool_size', [2, 2]);
    const window: Window = { kernel, strides: settings.pair('strides', kernel), dilations: [1, 1] };
    const { pads, rows, columns } = placed(context, x, window);
    return context.graph.node(op, [x], ['N', channels, rows, columns], {
      attributes: {
        kernel_shape: kernel,
        strides: window.strides,
        pads,
        // TensorFlow's mean is over the pixels that there are.
        ...(op === 'AveragePool' ? { count_include_pad: 0 } : {}),
      },
    });
  };
}

export function zeroPadding2d(context: LayerContext, x: Value): Value {
  const [, channels, rows, columns] = featureMap(context, x);
  const [top, left, bottom, right] = context.settings.margins('padding');
  const pads = context.graph.integers([0, 0, top, left, 0, 0, bottom, right]);
  return context.graph.node('Pad', [x, pads], ['N', channels, rows + top + bottom, columns + left + right]);
}

/** The dimensions of an image. Throws where the value is none, or its channels come first in the file. */
export function featureMap({ settings }: LayerContext, x: Value): readonly ['N', number, number, number] {
  settings.word('data_format', 'channels_last', ['channels_last', 'tf']);
  if (x.dims.length !== 4) throw settings.unsupported('takes images (rows, columns, channels), but is fed flat vectors');
  return x.dims as readonly ['N', number, number, number];
}

function moves({ settings }: LayerContext): Omit<Window, 'kernel'> {
  return { strides: settings.pair('strides', [1, 1]), dilations: settings.pair('dilation_rate', [1, 1]) };
}

function biased({ settings }: LayerContext, filters: number): { bias?: readonly number[] } {
  return settings.flag('use_bias', true) ? { bias: [filters] } : {};
}

function convolve(
  context: LayerContext,
  x: Value,
  weight: Value,
  window: Window,
  group: number,
  bias?: Float32Array | undefined,
): Value {
  const { kernel, strides, dilations } = window;
  const { pads, rows, columns } = placed(context, x, window);
  const filters = weight.dims[0] as number;
  const inputs = [x, weight, ...(bias ? [context.constant('bias', [filters], () => bias)] : [])];
  context.countMultiplyAdds((weight.dims as number[]).reduce((a, b) => a * b, 1) * rows * columns);
  return context.graph.node('Conv', inputs, ['N', filters, rows, columns], {
    attributes: { kernel_shape: kernel, strides, dilations, pads, group },
  });
}

function depthwise(context: LayerContext, kernel: Float32Array, window: Window, channels: number, filters: number): Value {
  const [rows, columns] = window.kernel;
  // Filter j of channel c is output c·multiplier + j in both.
  return context.constant('depthwise', [filters, 1, rows, columns], () =>
    permuted(kernel, [rows, columns, channels, filters / channels], [2, 3, 0, 1]),
  );
}

/** Where the window may stand: padding as the layer says, and how many places that gives. */
function placed({ settings }: LayerContext, x: Value, { kernel, strides, dilations }: Window): Placed {
  const padding = settings.word('padding', 'valid', ['valid', 'same']);
  const axes = [0, 1].map((i) => {
    const [size, k, stride, dilation] = [x.dims[i + 2] as number, kernel[i]!, strides[i]!, dilations[i]!];
    const [before, after] = padding === 'same' ? samePadding(size, k, stride, dilation) : [0, 0];
    const places = Math.floor((size + before + after - (k - 1) * dilation - 1) / stride) + 1;
    if (places < 1) throw settings.unsupported(`has a window of ${k} pixels, larger than its input of ${size}`);
    return { before, after, places };
  });
  const [vertical, horizontal] = axes as [(typeof axes)[number], (typeof axes)[number]];
  return {
    pads: [vertical.before, horizontal.before, vertical.after, horizontal.after],
    rows: vertical.places,
    columns: horizontal.places,
  };
}

/** Row-major data of four dimensions in another order of them: result axis i is source axis order[i]. */
function permuted(data: Float32Array, dims: readonly number[], order: readonly number[]): Float32Array {
  const strides = dims.map((_, i) => dims.slice(i + 1).reduce((a, b) => a * b, 1));
  const [d0, d1, d2, d3] = order.map((axis) => dims[axis]!) as [number, number, number, number];
  const [s0, s1, s2, s3] = order.map((axis) => strides[axis]!) as [number, number, number, number];
  const out = new Float32Array(data.length);
  let at = 0;
  for (let a = 0; a < d0; a++)
    for (let b = 0; b < d1; b++)
      for (let c = 0; c < d2; c++) for (let d = 0; d < d3; d++) out[at++] = data[a * s0 + b * s1 + c * s2 + d * s3]!;
  return out;
}
