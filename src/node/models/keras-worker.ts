/**
 * The worker thread that reads one Keras HDF5 file with h5wasm (the HDF5 library in WebAssembly); started by keras-file.ts. It uses
 * the build for browsers, which sees no file system but one in memory: nothing that a file links to outside itself can be reached.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Attribute, Dataset, File, Group } from 'h5wasm';
import type { Tensor } from '../../core/tensor.js';
import type { KerasAnswer } from './keras-file.js';

type H5 = typeof import('h5wasm');

/** Most layers, and most numbers in all weights, that are read. */
const MOST_LAYERS = 5000;
const MOST_NUMBERS = 1 << 28;

/** Something phiz foresees; all other errors come from the HDF5 library. */
class Refusal extends Error {
  readonly code: 'model-damaged' | 'unsupported-network';
  constructor(code: 'model-damaged' | 'unsupported-network', message: string) {
    super(message);
    this.code = code;
  }
}

async function read(bytes: Uint8Array): Promise<KerasAnswer> {
  let h5: H5;
  try {
    h5 = await import('h5wasm');
  } catch (cause) {
    return {
      kind: 'failed',
      code: 'engine-unavailable',
      reason: `h5wasm, which reads HDF5 files, does not load here: ${String(cause)}`,
    };
  }
  try {
    const { FS, activate_throwing_error_handler } = await h5.ready;
    activate_throwing_error_handler();
    FS.writeFile('/model.h5', bytes);
    return readModel(h5, new h5.File('/model.h5', 'r'));
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'failed', code: error.code, reason: error.message };
    return { kind: 'failed', code: 'model-damaged', reason: `it is a damaged HDF5 file (${reason(error)})` };
  }
}

function readModel(h5: H5, file: File): KerasAnswer {
  const config = text(file.attrs.model_config);
  if (config === undefined)
    throw new Refusal(
      'model-damaged',
      file.attrs.layer_names || file.attrs.layer_names0
        ? 'it holds weights alone, without the network; save the whole model in Keras (model.save, not model.save_weights)'
        : 'it holds no Keras model: there is no attribute model_config',
    );
  const group = file.keys().includes('model_weights') ? file.get('model_weights') : undefined;
  if (!(group instanceof h5.Group))
    throw new Refusal('model-damaged', 'it holds a network without its weights (no model_weights)');
  if (text(group.attrs.backend) === 'theano')
    throw new Refusal(
      'unsupported-network',
      'its weights are for Theano, which turns kernels round; convert them in Keras first',
    );
  const weights = new Map<string, readonly Tensor[]>();
  let numbers = 0;
  for (const layer of names(group, 'layer_names')) {
    const holder = group.get(layer);
    if (!(holder instanceof h5.Group)) throw new Refusal('model-damaged', `the weights of layer '${layer}' are not there`);
    const tensors = names(holder, 'weight_names').map((name) => {
      const data = holder.get(name);
      if (!(data instanceof h5.Dataset))
        throw new Refusal('model-damaged', `the weight '${name}' of layer '${layer}' is not there`);
      numbers += data.metadata.total_size;
      if (!(numbers <= MOST_NUMBERS))
        throw new Refusal('unsupported-network', `it claims more than ${MOST_NUMBERS} weights; phiz imports no network so large`);
      return tensor(data, name);
    });
    weights.set(layer, tensors);
  }
  return { kind: 'read', config, weights, keras: text(group.attrs.keras_version) ?? text(file.attrs.keras_version) ?? '' };
}

function tensor(data: Dataset, name: string): Tensor {
  const { dtype, shape } = data;
  // Looked at first: values of a kind that h5wasm does not know look like damage.
  const value = /^[<>][fd]$/.test(String(dtype)) ? data.value : undefined;
  // Floats of 64 bits lose what a network does not need; anything else is not a weight that Keras trains.
  const floats = value instanceof Float64Array ? Float32Array.from(value) : value;
  const single = typeof floats === 'number' ? Float32Array.of(floats) : floats;
  if (!(single instanceof Float32Array))
    throw new Refusal(
      'unsupported-network',
      `the weight '${name}' is stored as ${String(dtype)}; phiz reads 32- and 64-bit floats`,
    );
  return { dims: shape ?? [], data: single };
}

/** A list of names in an attribute, which Keras cuts into name0, name1, … where it is too long for one. */
function names(group: Group, attribute: string): readonly string[] {
  const { attrs } = group;
  const parts = attrs[attribute] ? [attrs[attribute]] : [];
  for (let i = 0; parts.length === i && attrs[`${attribute}${i}`]; i++) parts.push(attrs[`${attribute}${i}`]!);
  const all = parts.flatMap(({ value }) => (Array.isArray(value) ? value : []));
  if (all.length > MOST_LAYERS)
    throw new Refusal('unsupported-network', `it lists ${all.length} ${attribute}; phiz reads ${MOST_LAYERS}`);
  // An empty list is stored as an empty list of numbers.
  return all.map((name) => {
    if (typeof name === 'string') return name;
    throw new Refusal('model-damaged', `its attribute ${attribute} is not a list of names`);
  });
}

function text(attribute: Attribute | undefined): string | undefined {
  const value = attribute?.value;
  return typeof value === 'string' ? value : undefined;
}

/** The last, most precise line of the HDF5 library's stack of errors. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return [...message.matchAll(/#\d+: \S+ line \d+ in \w+\(\): (.+)/g)].at(-1)?.[1] ?? message.split('\n')[0]!.slice(0, 200);
}

const answer = await read(workerData as Uint8Array);
const buffers = answer.kind === 'read' ? [...answer.weights.values()].flat().map(({ data }) => data.buffer as ArrayBuffer) : [];
parentPort?.postMessage(answer, [...new Set(buffers)]);
