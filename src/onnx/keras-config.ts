/**
 * From a Keras file's `model_config` to a plain list of layers, who feeds whom, and the input's shape: Sequential and functional
 * models as Keras 1, 2 and 3 write them. Names are checked here, what layers mean is in keras-layers.ts.
 */
import { PhizError } from '../core/error.js';
import { LayerSettings } from './keras-settings.js';

/** The output of a layer; a layer used several times has several. */
export interface LayerCall {
  readonly layer: string;
  readonly call: number;
}

export interface KerasLayer {
  /** Today's class name. */
  readonly kind: string;
  readonly settings: LayerSettings;
  /** What each use of the layer is fed. */
  readonly calls: readonly (readonly LayerCall[])[];
}

export interface KerasNetwork {
  readonly layers: ReadonlyMap<string, KerasLayer>;
  readonly input: string;
  readonly output: LayerCall;
}

/** Class names of Keras 1 that have others today. */
const FORMER: Readonly<Record<string, string>> = {
  Convolution2D: 'Conv2D',
  SeparableConvolution2D: 'SeparableConv2D',
  DepthwiseConvolution2D: 'DepthwiseConv2D',
  MaxPool2D: 'MaxPooling2D',
  AvgPool2D: 'AveragePooling2D',
  GlobalAvgPool2D: 'GlobalAveragePooling2D',
  GlobalMaxPool2D: 'GlobalMaxPooling2D',
};

/** More layers than any network of this kind has. */
const MOST_LAYERS = 2000;

/**
 * Reads `model_config`. Throws PhizError `model-damaged` where it is not such a thing, `unsupported-network` for what phiz does not
 * build: other models, several inputs or outputs, and layers whose kind is not in `kinds` (named in the message).
 */
export function readKerasConfig(json: string, kinds: readonly string[]): KerasNetwork {
  const model = record(parse(json), 'model_config');
  const kind = model.class_name;
  if (kind !== 'Sequential' && kind !== 'Model' && kind !== 'Functional')
    throw new PhizError('unsupported-network', `phiz reads Keras Sequential and functional models; this is a ${quoted(kind)}`);
  // Until Keras 2.2 the config of a Sequential model was the list itself.
  const config = Array.isArray(model.config) ? { layers: model.config as unknown[] } : record(model.config, 'its config');
  const raw = list(config.layers, 'its layers').map((layer) => record(layer, 'a layer'));
  if (raw.length === 0 || raw.length > MOST_LAYERS)
    throw new PhizError('model-damaged', `the model has ${raw.length} layers; phiz reads from 1 to ${MOST_LAYERS}`);
  for (const layer of raw) checkKind(layer, kinds);
  return kind === 'Sequential' ? sequential(raw) : functional(raw, record(config, 'its config'));
}

function sequential(raw: readonly Record<string, unknown>[]): KerasNetwork {
  const layers = new Map<string, KerasLayer>();
  let last: LayerCall | undefined;
  const put = (kind: string, settings: LayerSettings) => {
    layers.set(settings.layer, { kind, settings, calls: [last ? [last] : []] });
    last = { layer: settings.layer, call: 0 };
  };
  raw.forEach((layer, i) => {
    const { kind, settings } = open(layer, `layer ${i + 1}`);
    if (layers.has(settings.layer)) throw twice(settings.layer);
    if (i === 0 && kind !== 'InputLayer') {
      const shape = settings.value('batch_input_shape') ?? settings.value('batch_shape');
      put('InputLayer', new LayerSettings(`input of ${settings.layer}`, 'InputLayer', { batch_input_shape: shape }));
    }
    put(kind, settings);
  });
  return { layers, input: layers.keys().next().value!, output: last! };
}

function functional(raw: readonly Record<string, unknown>[], config: Record<string, unknown>): KerasNetwork {
  const layers = new Map<string, KerasLayer>();
  for (const layer of raw) {
    const { kind, settings } = open(layer, 'a layer');
    if (layers.has(settings.layer)) throw twice(settings.layer);
    const nodes = list(layer.inbound_nodes, `what feeds layer '${settings.layer}'`);
    layers.set(settings.layer, { kind, settings, calls: kind === 'InputLayer' ? [[]] : nodes.map((node) => fedBy(node)) });
  }
  const input = only(config.input_layers, 'inputs');
  return { layers, input: input.layer, output: only(config.output_layers, 'outputs') };
}

/** What one use of a layer is fed: Keras 1 and 2 list [layer, use, tensor] triples, Keras 3 nests tensors with their history. */
function fedBy(node: unknown): LayerCall[] {
  if (Array.isArray(node)) return node.map(reference);
  const found: LayerCall[] = [];
  const search = (value: unknown, depth: number): void => {
    if (depth > 4 || typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) for (const item of value) search(item, depth + 1);
    else if ('class_name' in value && value.class_name === '__keras_tensor__')
      found.push(reference(record((value as Record<string, unknown>).config, 'a tensor').keras_history));
  };
  search(record(node, 'a use of a layer').args, 0);
  return found;
}

/** The one input or output: [[name, use, tensor]], or in Keras 3 [name, use, tensor]. */
function only(value: unknown, what: string): LayerCall {
  const all = list(value, `its ${what}`);
  if (typeof all[0] === 'string') return reference(all);
  if (all.length === 1) return reference(all[0]);
  throw new PhizError('unsupported-network', `the model has ${all.length} ${what}; phiz reads models with one`);
}

function reference(value: unknown): LayerCall {
  const [layer, call = 0, tensor = 0] = Array.isArray(value) ? value : [];
  if (typeof layer !== 'string' || !Number.isInteger(call) || tensor !== 0)
    throw new PhizError(
      'model-damaged',
      `the model's layers are joined by ${JSON.stringify(value)?.slice(0, 80)}, which says nothing`,
    );
  return { layer, call: call as number };
}

function open(layer: Record<string, unknown>, place: string): { kind: string; settings: LayerSettings } {
  const config = record(layer.config, `the config of ${place}`);
  const name = layer.name ?? config.name;
  if (typeof name !== 'string' || name === '') throw new PhizError('model-damaged', `${place} of the model has no name`);
  const kind = currentKind(layer);
  return { kind, settings: new LayerSettings(name, kind, config) };
}

function checkKind(layer: Record<string, unknown>, kinds: readonly string[]): void {
  if (kinds.includes(currentKind(layer))) return;
  const name = layer.name ?? (layer.config as Record<string, unknown> | undefined)?.name;
  throw new PhizError(
    'unsupported-network',
    `layer ${quoted(name)} is a ${quoted(layer.class_name)}, which phiz does not know; it knows ${kinds.join(', ')}`,
  );
}

/** A layer's class under today's name; Keras 1 had one class for all ways of merging. */
function currentKind(layer: Record<string, unknown>): string {
  const kind = String(layer.class_name);
  if (kind !== 'Merge') return FORMER[kind] ?? kind;
  const { mode } = (layer.config ?? {}) as Record<string, unknown>;
  return mode === 'sum' ? 'Add' : mode === 'concat' ? 'Concatenate' : kind;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new PhizError('model-damaged', `model_config is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new PhizError('model-damaged', `model_config is damaged: ${what} is not an object`);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new PhizError('model-damaged', `model_config is damaged: ${what} are not a list`);
}

function quoted(value: unknown): string {
  return `'${String(value).slice(0, 80)}'`;
}

function twice(name: string): PhizError {
  return new PhizError('model-damaged', `model_config is damaged: two layers are called '${name}'`);
}
