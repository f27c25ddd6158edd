/** A thread that runs the training graph on one part of each batch. It holds nothing but its session. */
import { workerData } from 'node:worker_threads';
import type { Tensor } from '../../core/tensor.js';
import type { Feeds, Gradients } from '../../train/trainer.js';
import { createNodeEngine } from '../engine/engine.js';
import { serveCalls } from '../threads/serve-calls.js';

/** What a shard is started with. */
export interface ShardData {
  readonly model: Uint8Array;
  readonly threads: number;
  readonly weights: Readonly<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>;
  readonly losses: readonly string[];
  readonly gradients: readonly string[];
  readonly statistics: readonly { readonly output: string; readonly parameter: string }[];
}

/** `open` is answered with nothing once the graph is loaded. */
export type ShardRequest = 'open' | Feeds;

/** Gradients, and the milliseconds spent inside ONNX Runtime. */
export type ShardAnswer = { readonly result: Gradients; readonly inside: number } | undefined;

const { model, threads, weights, losses, gradients, statistics } = workerData as ShardData;
const engine = await createNodeEngine({ threads });
const session = await engine.load(model);

// Weights come through shared memory; the runtime takes only memory of its own thread, so they are copied once a step.
const own = Object.fromEntries(
  Object.entries(weights).map(([name, { data, dims }]) => [name, { dims, data: new Float32Array(data.length) }]),
);

async function run(feeds: Feeds) {
  for (const [name, { data }] of Object.entries(weights)) own[name]!.data.set(data);
  const start = performance.now();
  const out = await session.run({ ...feeds, ...own });
  const inside = performance.now() - start;
  const result: Gradients = {
    losses: Object.fromEntries(losses.map((name) => [name, out[name]!.data[0]!])),
    gradients: Object.fromEntries(gradients.map((name) => [name, whole(out[`gradient.${name}`]!)])),
    statistics: Object.fromEntries(statistics.map((s) => [s.parameter, whole(out[s.output]!)])),
    logits: out.logits && { dims: out.logits.dims, data: whole(out.logits) },
  };
  return { result, inside };
}

/** A result may be a view of the runtime's memory: only what owns its whole buffer can be handed over. */
function whole({ data }: Tensor): Float32Array {
  return data.byteLength === data.buffer.byteLength ? data : data.slice();
}

serveCalls<ShardRequest, ShardAnswer>((request) => (request === 'open' ? undefined : run(request)), {
  handedOver(answer) {
    if (!answer) return [];
    const { gradients, statistics, logits } = answer.result;
    const arrays = [...Object.values(gradients), ...Object.values(statistics), ...(logits ? [logits.data] : [])];
    return arrays.map(({ buffer }) => buffer as ArrayBuffer);
  },
});
