/** A thread that runs the training graph on one part of each batch. It holds nothing but its session. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Tensor } from '../../core/tensor.js';
import type { Feeds, Gradients } from '../../train/trainer.js';
import { createNodeEngine } from '../engine/engine.js';

/** What a shard is started with. */
export interface ShardData {
  readonly model: Uint8Array;
  readonly threads: number;
  readonly weights: Readonly<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>;
  readonly losses: readonly string[];
  readonly gradients: readonly string[];
  readonly statistics: readonly { readonly output: string; readonly parameter: string }[];
}

export type ShardAnswer =
  | { readonly ready: true }
  | { readonly result: Gradients; readonly inside: number }
  | { readonly error: string };

const port = parentPort;
if (!port) throw new Error('this module runs in a worker thread');
const { model, threads, weights, losses, gradients, statistics } = workerData as ShardData;
const engine = await createNodeEngine({ threads });
const session = await engine.load(model);

// Weights come through shared memory; the runtime takes only memory of its own thread, so they are copied once a step.
const own = Object.fromEntries(
  Object.entries(weights).map(([name, { data, dims }]) => [name, { dims, data: new Float32Array(data.length) }]),
);

port.on('message', async (feeds: Feeds) => {
  try {
    for (const [name, { data }] of Object.entries(weights)) own[name]!.data.set(data);
    const start = performance.now();
    const out = await session.run({ ...feeds, ...own });
    const inside = performance.now() - start;
    const transfer: ArrayBuffer[] = [];
    const take = (tensor: Tensor) => {
      // A result may be a view of the runtime's memory: only what owns its whole buffer can be handed over.
      const data = tensor.data.byteLength === tensor.data.buffer.byteLength ? tensor.data : tensor.data.slice();
      transfer.push(data.buffer as ArrayBuffer);
      return data;
    };
    const result: Gradients = {
      losses: Object.fromEntries(losses.map((name) => [name, out[name]!.data[0]!])),
      gradients: Object.fromEntries(gradients.map((name) => [name, take(out[`gradient.${name}`]!)])),
      statistics: Object.fromEntries(statistics.map((s) => [s.parameter, take(out[s.output]!)])),
      ...(out.logits ? { logits: { dims: out.logits.dims, data: take(out.logits) } } : {}),
    };
    port.postMessage({ result, inside } satisfies ShardAnswer, transfer);
  } catch (error) {
    port.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies ShardAnswer);
  }
});
port.postMessage({ ready: true } satisfies ShardAnswer);
