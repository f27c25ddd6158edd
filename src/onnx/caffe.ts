/**
 * Turns a Caffe network (its .prototxt and .caffemodel) into an ONNX graph for inference. Knows the layers of plain convolutional
 * classifiers, as caffe.proto defines them (https://caffe.berkeleyvision.org/tutorial/layers.html): Convolution, InnerProduct,
 * PReLU, ReLU, Pooling MAX, Softmax, Split, Dropout. Any other is an error that names it. Training is not its business.
 */
import { PhizError } from '../core/error.js';
import { sizeOf, type Tensor } from '../core/tensor.js';
import { CaffeLayer } from './caffe-layer.js';
import { readCaffeWeights } from './caffe-weights.js';
import { type Dim, Graph, known, type Value } from './graph.js';
import { messagesIn, parseTextMessage, type TextMessage } from './text-format.js';

export interface ImportCaffeOptions {
  /** The network's layers: the text of the .prototxt. */
  readonly prototxt: string;
  /** The weights: the bytes of the .caffemodel. */
  readonly caffemodel: Uint8Array;
  /** What errors call the network. */
  readonly where?: string | undefined;
  /** Names of the input's height and width where any size will do (a network of convolutions alone); default: as the file says. */
  readonly sizes?: readonly [height: Dim, width: Dim] | undefined;
  /**
   * Exchanges rows and columns throughout. MATLAB keeps images column by column, so a network trained from there has seen them
   * mirrored in their diagonal; with this it reads them upright, and every spatial output is upright too.
   */
  readonly transpose?: boolean | undefined;
}

/** A layer's input and output value while the graph is built. */
type Build = (layer: CaffeLayer, x: Value) => Value;

/**
 * Imports a Caffe network. The batch is free ('N'); the input is called as in the file, and so is each output (a top that no layer
 * reads). Throws PhizError `model-damaged` for files that cannot be read or do not fit each other, `unsupported-network` naming a
 * layer or setting that is not known here.
 */
export function importCaffe({
  prototxt,
  caffemodel,
  where = 'this Caffe network',
  sizes,
  transpose = false,
}: ImportCaffeOptions): Graph {
  const net = parseTextMessage(prototxt, where);
  const weights = readCaffeWeights(caffemodel, where);
  const graph = new Graph();
  const { name, dims } = inputOf(net, where);
  const [channels, ...sides] = dims as [number, number, number];
  const [height, width] = sizes ?? (transpose ? sides.toReversed() : sides);
  const values = new Map<string, Value>([[name, graph.input(name, ['N', channels, height!, width!])]]);
  const unread = new Set<string>();
  const builders = createBuilders(graph, transpose);
  for (const message of messagesIn(net, 'layer')) {
    const layer = new CaffeLayer(message, weights, where);
    if (layer.type === 'Input') continue;
    const build = builders[layer.type];
    if (!build || !Object.hasOwn(builders, layer.type))
      throw new PhizError(
        'unsupported-network',
        `${where}: layer '${layer.name}' is a ${layer.type}, which phiz does not know; known: ${Object.keys(builders).join(', ')}`,
      );
    const bottom = layer.bottom;
    const x = values.get(bottom);
    if (!x)
      throw new PhizError('model-damaged', `${where}: layer '${layer.name}' reads '${bottom}', which no layer before it makes`);
    unread.delete(bottom);
    const y = build(layer, x);
    for (const top of layer.tops) {
      values.set(top, y);
      unread.add(top);
    }
  }
  if (unread.size === 0) throw new PhizError('model-damaged', `${where} has no layers`);
  for (const top of unread) graph.output(values.get(top)!, top);
  return graph;
}

/** The one input: `input` with `input_dim` or `input_shape`, or a layer of type Input. */
function inputOf(net: TextMessage, where: string): { readonly name: string; readonly dims: readonly number[] } {
  const layer = messagesIn(net, 'layer').find((message) => message.get('type')?.[0] === 'Input');
  const shape = layer ? messagesIn(messagesIn(layer, 'input_param')[0], 'shape')[0] : messagesIn(net, 'input_shape')[0];
  const names = (layer ? layer.get('top') : net.get('input')) ?? [];
  const dims = shape?.get('dim') ?? net.get('input_dim') ?? [];
  const [name] = names;
  const whole = dims.every((dim): dim is number => typeof dim === 'number' && Number.isInteger(dim) && dim >= 1 && dim <= 65536);
  if (typeof name !== 'string' || names.length !== 1 || dims.length !== 4 || !whole)
    throw new PhizError('unsupported-network', `${where}: phiz imports networks with one input of four sizes, batch first`);
  return { name, dims: dims.slice(1) as number[] };
}

function createBuilders(graph: Graph, transpose: boolean): Readonly<Record<string, Build>> {
  /** A pair of height and width, as the graph has them. */
  const turned = <T>([a, b]: readonly [T, T]): readonly [T, T] => (transpose ? [b, a] : [a, b]);
  const constant = ({ data }: Tensor, dims: readonly number[]): Value => graph.constant(data, dims);
  const slide = (layer: CaffeLayer, x: Value, param: string, ceil: boolean) => {
    const kernel = turned(layer.pair(param, 'kernel'));
    const strides = turned(layer.pair(param, 'stride', 1));
    const pads = turned(layer.pair(param, 'pad', 0));
    const dilations = turned(layer.pair(param, 'dilation', 1));
    const sides = kernel.map((size, i): Dim => {
      const side = x.dims[2 + i]!;
      if (typeof side === 'string') return `${layer.name}.${i === 0 ? 'height' : 'width'}`;
      const steps = (side + 2 * pads[i]! - dilations[i]! * (size - 1) - 1) / strides[i]!;
      const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
      const late = ceil && pads[i]! > 0 && (count - 1) * strides[i]! >= side + pads[i]!;
      return layer.positive(late ? count - 1 : count, 'its output');
    });
    return { kernel, sides, attributes: { kernel_shape: kernel, strides, pads: [...pads, ...pads], dilations } };
  };

  return {
    Convolution(layer, x) {
      layer.checkRank(x, 4);
      const outputs = layer.number('convolution_param', 'num_output');
      const group = layer.number('convolution_param', 'group', 1);
      const { kernel, sides, attributes } = slide(layer, x, 'convolution_param', false);
      const [h, w] = turned(kernel);
      const inputs = layer.positive(known(x.dims[1]) / group, 'its channels a group');
      const weight = layer.blob(0, [outputs, inputs, h, w]);
      const bias = layer.flag('convolution_param', 'bias_term', true) ? constant(layer.blob(1, [outputs]), [outputs]) : undefined;
      const kernels = constant(transpose ? swapSides(weight, outputs * inputs, h, w) : weight, [outputs, inputs, ...kernel]);
      return graph.node('Conv', [x, kernels, bias], [x.dims[0]!, outputs, ...sides], { attributes: { ...attributes, group } });
    },
    Pooling(layer, x) {
      layer.checkRank(x, 4);
      layer.only('pooling_param', 'pool', 'MAX', 'MAX');
      layer.only('pooling_param', 'global_pooling', false, false);
      const { kernel, sides, attributes } = slide(layer, x, 'pooling_param', true);
      if (attributes.strides.some((stride, i) => stride > kernel[i]!)) layer.refuse('its stride is larger than its kernel');
      // Caffe rounds sizes up, so the last window may reach over the edge; where it pads, windows that begin in the padding are
      // dropped. ONNX's ceil_mode means the same.
      return graph.node('MaxPool', [x], [x.dims[0]!, x.dims[1]!, ...sides], { attributes: { ...attributes, ceil_mode: 1 } });
    },
    InnerProduct(layer, x) {
      layer.only('inner_product_param', 'axis', 1, 1);
      layer.only('inner_product_param', 'transpose', false, false);
      const outputs = layer.number('inner_product_param', 'num_output');
      const [batch, ...shape] = x.dims;
      const inputs = sizeOf(shape.map(known));
      const weight = layer.blob(0, [outputs, inputs]);
      const spatial = shape.length === 3 && transpose;
      // Rows of weights run over channels, rows and columns of what the network was trained on.
      const [h, w] = turned([known(shape[1] ?? 1), known(shape[2] ?? 1)]);
      const matrix = constant(spatial ? swapSides(weight, (outputs * inputs) / (h * w), h, w) : weight, [outputs, inputs]);
      const bias = layer.flag('inner_product_param', 'bias_term', true)
        ? constant(layer.blob(1, [outputs]), [outputs])
        : undefined;
      const flat = shape.length === 1 ? x : graph.node('Flatten', [x], [batch!, inputs], { attributes: { axis: 1 } });
      return graph.node('Gemm', [flat, matrix, bias], [batch!, outputs], { attributes: { transB: 1 } });
    },
    PReLU(layer, x) {
      const shared = layer.flag('prelu_param', 'channel_shared', false);
      const count = shared ? 1 : known(x.dims[1]);
      const slope = constant(layer.blob(0, shared ? [] : [count]), [count, ...x.dims.slice(2).map(() => 1)]);
      return graph.node('PRelu', [x, slope], x.dims);
    },
    ReLU(layer, x) {
      layer.only('relu_param', 'negative_slope', 0, 0);
      return graph.node('Relu', [x], x.dims);
    },
    Softmax(layer, x) {
      layer.only('softmax_param', 'axis', 1, 1);
      return graph.node('Softmax', [x], x.dims, { attributes: { axis: 1 } });
    },
    Split: (_, x) => x,
    Dropout: (_, x) => x,
  };
}

/** `count` matrices of h×w numbers, each mirrored in its diagonal. */
function swapSides({ data }: Tensor, count: number, h: number, w: number): Tensor {
  const out = new Float32Array(data.length);
  for (let k = 0, at = 0; k < count; k++)
    for (let x = 0; x < w; x++) for (let y = 0; y < h; y++) out[at++] = data[(k * h + y) * w + x]!;
  return { dims: [count, w, h], data: out };
}
