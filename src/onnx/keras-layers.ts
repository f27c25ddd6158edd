/**
 * Every kind of Keras layer that phiz reads, as ONNX nodes. Shapes are Keras's without the order: an image is ['N', channels, rows,
 * columns], a vector ['N', numbers]. Layers that only matter in training pass their input on. Windows are in keras-windows.ts.
 */
import type { Value } from './graph.js';
import { activate, clipped, type LayerContext } from './keras-context.js';
import { conv2d, depthwiseConv2d, featureMap, pool2d, separableConv2d, zeroPadding2d } from './keras-windows.js';

/** Writes a layer's nodes. */
export type Translate = (context: LayerContext, x: Value, ...more: readonly Value[]) => Value;

const asItIs: Translate = (_context, x) => x;

export const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  Conv2D: conv2d,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv2D: separableConv2d,
  MaxPooling2D: pool2d('MaxPool'),
  AveragePooling2D: pool2d('AveragePool'),
  ZeroPadding2D: zeroPadding2d,
  GlobalAveragePooling2D: globalPool('ReduceMean'),
  GlobalMaxPooling2D: globalPool('ReduceMax'),
  BatchNormalization: batchNormalization,
  Dense: dense,
  Flatten: flatten,
  Add: add,
  Concatenate: concatenate,
  Rescaling: rescaling,
  Activation: (context, x) => activate(context, x, context.settings.activation()),
  ReLU: rectifier,
  LeakyReLU: leakyRectifier,
  ELU: (context, x) =>
    context.graph.node('Elu', [x], x.dims, { attributes: { alpha: { float: context.settings.number('alpha', 1) } } }),
  Softmax: softmax,
  Dropout: asItIs,
  SpatialDropout2D: asItIs,
  GaussianDropout: asItIs,
  AlphaDropout: asItIs,
  GaussianNoise: asItIs,
  ActivityRegularization: asItIs,
};

/** The kinds of layers that phiz reads. */
export const KERAS_LAYERS: readonly string[] = ['InputLayer', ...Object.keys(TRANSLATIONS)];

function globalPool(op: 'ReduceMean' | 'ReduceMax'): Translate {
  return (context, x) => {
    const [n, channels] = featureMap(context, x);
    const keep = context.settings.flag('keepdims', false);
    const dims = keep ? [n, channels, 1, 1] : [n, channels];
    return context.graph.node(op, [x, context.graph.integers([2, 3])], dims, { attributes: { keepdims: keep ? 1 : 0 } });
  };
}

function batchNormalization(context: LayerContext, x: Value): Value {
  const { graph, settings } = context;
  overChannels(context, x, 'axis');
  const mode = settings.value('mode') ?? 0;
  if (mode !== 0) throw settings.unsupported(`has mode ${String(mode)} of Keras 1; phiz reads mode 0`);
  const channels = x.dims[1] as number;
  const [scale, center] = [settings.flag('scale', true), settings.flag('center', true)];
  const size = [channels];
  const given = context.weights({
    ...(scale ? { gamma: size } : {}),
    ...(center ? { beta: size } : {}),
    'moving mean': size,
    'moving variance': size,
  });
  const [mean, variance] = given.slice(-2) as [Float32Array, Float32Array];
  if (variance.some((v) => v < 0)) throw settings.damaged('a variance', Math.min(...variance));
  const constant = (name: string, data: Float32Array | undefined, otherwise: number) =>
    context.constant(name, size, () => data ?? new Float32Array(channels).fill(otherwise));
  const inputs = [
    x,
    constant('gamma', scale ? given[0] : undefined, 1),
    constant('beta', center ? given[scale ? 1 : 0] : undefined, 0),
    constant('mean', mean, 0),
    constant('variance', variance, 1),
  ];
  // Keras 2's standard; a file always says which it was.
  const epsilon = settings.number('epsilon', 1e-3);
  return graph.node('BatchNormalization', inputs, x.dims, { attributes: { epsilon: { float: epsilon } } });
}

function dense(context: LayerContext, x: Value): Value {
  const { settings } = context;
  if (x.dims.length !== 2)
    throw settings.unsupported('stands on an image; phiz reads it on vectors, after Flatten or a global pool');
  const inputs = x.dims[1] as number;
  const units = settings.count('units');
  const bias = settings.flag('use_bias', true);
  const [kernel, offset] = context.weights({ kernel: [inputs, units], ...(bias ? { bias: [units] } : {}) });
  const terms = [x, context.constant('kernel', [inputs, units], () => kernel!)];
  if (bias) terms.push(context.constant('bias', [units], () => offset!));
  context.countMultiplyAdds(inputs * units);
  return activate(context, context.graph.node('Gemm', terms, [x.dims[0]!, units]), settings.activation());
}

/** Keras flattens row by row with the channels innermost. */
function flatten(context: LayerContext, x: Value): Value {
  if (x.dims.length === 2) return x;
  const [n, channels, rows, columns] = featureMap(context, x);
  const last = context.graph.node('Transpose', [x], [n, rows, columns, channels], { attributes: { perm: [0, 2, 3, 1] } });
  return context.graph.node('Flatten', [last], [n, channels * rows * columns], { attributes: { axis: 1 } });
}

function add(context: LayerContext, x: Value, ...more: readonly Value[]): Value {
  return more.reduce((sum, value) => {
    if (String(value.dims) !== String(x.dims))
      throw context.settings.unsupported(`adds values of unlike shapes, [${x.dims}] and [${value.dims}]`);
    return context.graph.node('Add', [sum, value], x.dims);
  }, x);
}

function concatenate(context: LayerContext, x: Value, ...more: readonly Value[]): Value {
  const { graph, settings } = context;
  overChannels(context, x, settings.value('axis') === undefined ? 'concat_axis' : 'axis');
  const all = [x, ...more];
  const rest = ({ dims }: Value) => String([dims.length, ...dims.slice(2)]);
  if (all.some((value) => rest(value) !== rest(x)))
    throw settings.unsupported(`joins values of unlike shapes: ${all.map(({ dims }) => `[${dims}]`).join(', ')}`);
  const channels = all.reduce((sum, { dims }) => sum + (dims[1] as number), 0);
  return graph.node('Concat', all, [x.dims[0]!, channels, ...x.dims.slice(2)], { attributes: { axis: 1 } });
}

function rescaling({ graph, settings }: LayerContext, x: Value): Value {
  const scaled = graph.node('Mul', [x, graph.constant(settings.number('scale'))], x.dims);
  const offset = settings.number('offset', 0);
  return offset === 0 ? scaled : graph.node('Add', [scaled, graph.constant(offset)], x.dims);
}

function rectifier(context: LayerContext, x: Value): Value {
  const { graph, settings } = context;
  const threshold = settings.number('threshold', 0);
  const slope = settings.number('negative_slope', 0);
  const most = settings.value('max_value') === undefined ? undefined : settings.number('max_value');
  if (threshold !== 0 || (slope !== 0 && most !== undefined))
    throw settings.unsupported('has a threshold, or a slope and a largest value together, which phiz does not read');
  if (most !== undefined) return clipped(graph, x, most);
  return slope === 0 ? graph.node('Relu', [x], x.dims) : leaky(context, x, slope);
}

function leakyRectifier(context: LayerContext, x: Value): Value {
  const { settings } = context;
  return leaky(context, x, settings.number(settings.value('alpha') === undefined ? 'negative_slope' : 'alpha', 0.3));
}

function leaky({ graph }: LayerContext, x: Value, slope: number): Value {
  return graph.node('LeakyRelu', [x], x.dims, { attributes: { alpha: { float: slope } } });
}

function softmax(context: LayerContext, x: Value): Value {
  overChannels(context, x, 'axis');
  return activate(context, x, 'softmax');
}

/** Checks that a layer works along the channels, Keras's last axis. */
function overChannels({ settings }: LayerContext, x: Value, name: string): void {
  const value = settings.value(name) ?? -1;
  const axis = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  if (axis !== -1 && axis !== x.dims.length - 1)
    throw settings.unsupported(`works along axis ${JSON.stringify(axis)?.slice(0, 40)}; phiz reads the last one, the channels`);
}
