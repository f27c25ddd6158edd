/**
 * Gradients from several threads, each with a session of its own on a part of the batch. Many small operators of a training
 * graph run on one thread only, so two halves side by side keep two cores busier than one graph with two threads does.
 */
import type { TrainingProgram } from '../../train/program.js';
import type { Feeds, GradientSource, Gradients } from '../../train/trainer.js';
import { muteTelemetry } from '../engine/telemetry.js';
import { startThread } from '../threads/thread.js';
import type { ShardAnswer, ShardData, ShardRequest } from './shard-worker.js';

export interface ShardOptions {
  /** Parts of a batch, each on a thread of its own. */
  readonly parts: number;
  /** Threads inside each part's operators. Default 1. */
  readonly threads?: number | undefined;
}

/** A gradient source that also says how long ONNX Runtime itself ran. */
export interface ShardPool extends GradientSource {
  /** Milliseconds that the slowest part spent inside ONNX Runtime in the last run. */
  readonly inside: number;
}

/** Starts the threads; `program` must be built for batch / parts samples. Throws PhizError `engine-failed`. */
export async function createShards(
  program: TrainingProgram,
  { parts, threads: threadsEach = 1 }: ShardOptions,
): Promise<ShardPool> {
  const trainable = program.parameters.filter((p) => program.gradients.includes(p.name));
  const weights = Object.fromEntries(
    trainable.map(({ name, dims }) => {
      const size = dims.reduce((a, b) => a * b, 1);
      return [name, { dims, data: new Float32Array(new SharedArrayBuffer(size * 4)) }];
    }),
  );
  const { model, losses, gradients, statistics } = program;
  const data: ShardData = { model, threads: threadsEach, weights, losses, gradients, statistics };
  await muteTelemetry(); // here once, rather than from every thread
  const module = new URL('./shard-worker.js', import.meta.url);
  const threads = Array.from({ length: parts }, () =>
    startThread<ShardRequest, ShardAnswer>(module, { name: 'a training thread', data }),
  );
  const close = async () => {
    await Promise.all(threads.map((thread) => thread.end()));
  };
  try {
    await Promise.all(threads.map((thread) => thread.call('open')));
  } catch (error) {
    await close();
    throw error;
  }
  let inside = 0;
  return {
    parts,
    get inside() {
      return inside;
    },
    async run(values, feeds: readonly Feeds[]): Promise<readonly Gradients[]> {
      for (const [name, { data: shared }] of Object.entries(weights)) shared.set(values[name]!);
      const done = await Promise.all(threads.map((thread, i) => thread.call(feeds[i]!, ownBuffers(feeds, i))));
      inside = Math.max(...done.map((one) => one!.inside));
      return done.map((one) => one!.result);
    },
    close,
  };
}

/** Buffers that can be handed over rather than copied: those that no other part was given too. */
function ownBuffers(parts: readonly Feeds[], index: number): ArrayBuffer[] {
  const others = new Set(parts.flatMap((feeds, i) => (i === index ? [] : Object.values(feeds).map(({ data }) => data.buffer))));
  const own = Object.values(parts[index]!).map(({ data }) => data.buffer as ArrayBuffer);
  return parts.length === 1 ? [] : [...new Set(own.filter((buffer) => !others.has(buffer)))];
}
