/**
 * A Keras network as an ONNX graph: layers translated in the order in which they feed each other, the closing soft-max taken off so
 * that the output `logits` is what our model cards promise. Platform-free; src/node/models/keras-file.ts reads the HDF5 file.
 */
import { PhizError } from '../core/error.js';
import { sizeOf, type Tensor } from '../core/tensor.js';
import { Graph, type Value } from './graph.js';
import { type KerasNetwork, type LayerCall, readKerasConfig } from './keras-config.js';
import type { LayerContext } from './keras-context.js';
import { KERAS_LAYERS, TRANSLATIONS } from './keras-layers.js';
import type { LayerSettings } from './keras-settings.js';

/** What a Keras HDF5 file holds, as far as inference needs it. */
export interface KerasFile {
  /** The attribute `model_config`: JSON. */
  readonly config: string;
  /** Each layer's weights, in the order of its attribute `weight_names`. */
  readonly weights: ReadonlyMap<string, readonly Tensor[]>;
}

export interface KerasImport {
  /** Input `input` [N, channels, height, width], output `logits` [N, classes]. */
  readonly graph: Graph;
  readonly channels: 1 | 3;
  readonly width: number;
  readonly height: number;
  readonly classes: number;
  /** Trainable numbers: all weights but the running statistics of batch normalisation. */
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** Longest side of an input, and most numbers of one value between two layers: beyond them a file is damaged or means harm. */
const LONGEST_SIDE = 1024;
const MOST_NUMBERS = 1 << 26;

/**
 * Translates a Keras classifier. Throws PhizError `unsupported-network`, naming the layer, for what phiz cannot build, and
 * `model-damaged` where the description or the weights make no sense.
 */
export function importKeras(file: KerasFile): KerasImport {
  const network = readKerasConfig(file.config, KERAS_LAYERS);
  const translation = new Translation(network, file.weights);
  const input = translation.value({ layer: network.input, call: 0 });
  const logits = withoutSoftmax(translation.graph, translation.value(network.output), network.output.layer);
  if (logits.dims.length !== 2)
    throw new PhizError('unsupported-network', 'the model ends in an image, not in a number a class; phiz imports classifiers');
  const classes = logits.dims[1] as number;
  if (classes < 2)
    throw new PhizError(
      'unsupported-network',
      `layer '${network.output.layer}' gives a single number; phiz imports classifiers, which give one a class`,
    );
  translation.graph.output(logits, 'logits');
  const [, channels, height, width] = input.dims as [string, 1 | 3, number, number];
  const { graph, parameters, multiplyAdds } = translation;
  return { graph, channels, height, width, classes, parameters, multiplyAdds };
}

class Translation {
  readonly graph = new Graph();
  parameters = 0;
  multiplyAdds = 0;
  readonly #network: KerasNetwork;
  readonly #weights: KerasFile['weights'];
  readonly #values = new Map<string, Value>();
  readonly #constants = new Map<string, Value>();
  readonly #open = new Set<string>();
  readonly #counted = new Set<string>();

  constructor(network: KerasNetwork, weights: KerasFile['weights']) {
    this.#network = network;
    this.#weights = weights;
  }

  /** The output of a use of a layer, translated when first asked for. */
  value({ layer: name, call }: LayerCall): Value {
    const key = `${call} ${name}`;
    const done = this.#values.get(key);
    if (done) return done;
    const layer = this.#network.layers.get(name);
    const feeds = layer?.calls[call];
    if (!layer || !feeds)
      throw new PhizError('model-damaged', `the model has no layer '${name}' (use ${call}), but another is fed by it`);
    if (this.#open.has(key))
      throw new PhizError('model-damaged', `layer '${name}' feeds itself in a circle: the file is damaged`);
    this.#open.add(key);
    const value = this.#translate(name, layer.kind, layer.settings, feeds);
    this.#open.delete(key);
    if (!(sizeOf(value.dims.slice(1) as number[]) <= MOST_NUMBERS))
      throw layer.settings.unsupported(`hands out [${value.dims}]: more numbers than phiz computes with`);
    this.#values.set(key, value);
    return value;
  }

  #translate(name: string, kind: string, settings: LayerSettings, feeds: readonly LayerCall[]): Value {
    if (kind === 'InputLayer') return this.#input(settings);
    const [x, ...more] = feeds.map((feed) => this.value(feed));
    const several = kind === 'Add' || kind === 'Concatenate';
    if (!x || more.length > 0 !== several)
      throw new PhizError('model-damaged', `layer '${name}' (${kind}) is fed by ${feeds.length} layers: the file is damaged`);
    return TRANSLATIONS[kind]!(this.#context(name, settings), x, ...more);
  }

  #input(settings: LayerSettings): Value {
    const shape = settings.value('batch_input_shape') ?? settings.value('batch_shape');
    const [, height, width, channels, ...rest] = Array.isArray(shape) ? (shape as unknown[]) : [];
    const side = (v: unknown): v is number => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= LONGEST_SIDE;
    if (!side(height) || !side(width) || (channels !== 1 && channels !== 3) || rest.length > 0 || this.graph.inputs.length > 0)
      throw settings.unsupported(
        `takes ${JSON.stringify(shape) ?? 'a shape that the file does not say'}; phiz imports networks on one image [null, rows, columns, 1 or 3] of up to ${LONGEST_SIDE} pixels a side`,
      );
    return this.graph.input('input', ['N', channels, height, width]);
  }

  #context(name: string, settings: LayerSettings): LayerContext {
    return {
      graph: this.graph,
      settings,
      weights: (wanted) => this.#matching(name, wanted),
      constant: (what, dims, make) => {
        const key = `${name}.${what}`;
        const done = this.#constants.get(key);
        if (done) return done;
        const value = this.graph.constant(make(), dims, key);
        this.#constants.set(key, value);
        return value;
      },
      countMultiplyAdds: (count) => {
        this.multiplyAdds += count;
      },
    };
  }

  #matching(name: string, wanted: Readonly<Record<string, readonly number[]>>): readonly Float32Array[] {
    const given = this.#weights.get(name) ?? [];
    const text = (dims: readonly (readonly number[])[]) => dims.map((d) => `[${d}]`).join(', ') || 'none';
    const shapes = Object.values(wanted);
    if (text(shapes) !== text(given.map(({ dims }) => dims)))
      throw new PhizError(
        'model-damaged',
        `layer '${name}' needs the weights ${Object.keys(wanted).join(', ')} of ${text(shapes)}; the file has ${text(given.map(({ dims }) => dims))}`,
      );
    for (const [i, { data }] of given.entries())
      if (!data.every(Number.isFinite))
        throw new PhizError(
          'model-damaged',
          `a ${Object.keys(wanted)[i]} of layer '${name}' is not a number: the file is damaged`,
        );
    if (!this.#counted.has(name))
      for (const [what, dims] of Object.entries(wanted)) if (!what.startsWith('moving')) this.parameters += sizeOf(dims);
    this.#counted.add(name);
    return given.map(({ data }) => data);
  }
}

/** What the closing soft-max was fed. A network may also end in plain logits, but not in other probabilities. */
function withoutSoftmax(graph: Graph, output: Value, layer: string): Value {
  const last = graph.nodes.findIndex((node) => node.outputs.includes(output.name));
  const closing = graph.nodes[last];
  if (closing?.op === 'Softmax') graph.nodes.splice(last, 1);
  if (graph.nodes.some(({ op }) => op === 'Softmax'))
    throw new PhizError('unsupported-network', 'the model has a soft-max before its end; phiz takes off the one at the end only');
  if (closing?.op === 'Sigmoid')
    throw new PhizError(
      'unsupported-network',
      `the model ends in a sigmoid (layer '${layer}'); phiz imports classifiers of one class among several, which end in a soft-max`,
    );
  return closing?.op === 'Softmax' ? { name: closing.inputs[0]!, dims: output.dims } : output;
}
