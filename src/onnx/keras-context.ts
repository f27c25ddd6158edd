/** What a Keras layer is given to write its ONNX nodes with, and the activation functions that many of them end in. */
import type { Graph, Value } from './graph.js';
import type { LayerSettings } from './keras-settings.js';

export interface LayerContext {
  readonly graph: Graph;
  readonly settings: LayerSettings;
  /**
   * The layer's weights, which must be those named with these shapes, in this order (as Keras itself matches them). Throws PhizError
   * `model-damaged` where the file has others.
   */
  weights(wanted: Readonly<Record<string, readonly number[]>>): readonly Float32Array[];
  /** A weight in ONNX's form; made once, however often the layer is used. */
  constant(name: string, dims: readonly number[], make: () => Float32Array): Value;
  countMultiplyAdds(count: number): void;
}

/** Adds an activation function by Keras's name. Throws PhizError `unsupported-network` for one that phiz does not know. */
export function activate(context: LayerContext, x: Value, name: string): Value {
  const { graph, settings } = context;
  const op = (operator: string, attributes = {}) => graph.node(operator, [x], x.dims, { attributes });
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return op('Relu');
    case 'relu6':
      return clipped(graph, x, 6);
    case 'sigmoid':
      return op('Sigmoid');
    case 'tanh':
      return op('Tanh');
    case 'elu':
      return op('Elu');
    case 'selu':
      return op('Selu');
    case 'softplus':
      return op('Softplus');
    case 'swish':
    case 'silu':
      return graph.node('Mul', [x, op('Sigmoid')], x.dims);
    case 'softmax':
      // Keras normalises over the last axis, the channels: axis 1 of NCHW.
      return op('Softmax', { axis: 1 });
    default:
      throw settings.unsupported(
        `has the activation '${name.slice(0, 80)}'; phiz knows linear, relu, relu6, sigmoid, tanh, elu, selu, softplus, swish, silu, softmax`,
      );
  }
}

/** Values from 0 to `most`. */
export function clipped(graph: Graph, x: Value, most: number): Value {
  return graph.node('Clip', [x, graph.constant(0), graph.constant(most)], x.dims);
}
