/**
 * Gradients from several threads, each with a session of its own on a part of the batch. Many small operators of a training
 * graph run on one thread only, so two halves side by side keep two cores busier than one graph with two threads does.
 */
import { Worker } from 'node:worker_threads';
import { PhizError } from '../../core/error.js';
import type { TrainingProgram } from '../../train/program.js';
import type { Feeds, GradientSource, Gradients } from '../../train/trainer.js';
import { muteTelemetry } from '../engine/telemetry.js';
import type { ShardAnswer, ShardData } from './shard-worker.js';

export interface ShardOptions {
  /** Parts of a batch, each on a thread of its own. */
  readonly parts: number;
  /** Threads inside each part's operators. Default 1. */
  readonly threads?: number;
}

/** A gradient source that also says how long ONNX Runtime itself ran. */
export interface ShardPool extends GradientSource {
  /** Milliseconds that the slowest part spent inside ONNX Runtime in the last run. */
  readonly inside: number;
}

/** Starts the threads; `program` must be built for batch / parts samples. Throws PhizError `engine-failed`. */
export async function createShards(program: TrainingProgram, { parts, threads = 1 }: ShardOptions): Promise<ShardPool> {
  const trainable = program.parameters.filter((p) => program.gradients.includes(p.name));
  const weights = Object.fromEntries(
    trainable.map(({ name, dims }) => {
      const size = dims.reduce((a, b) => a * b, 1);
      return [name, { dims, data: new Float32Array(new SharedArrayBuffer(size * 4)) }];
    }),
  );
  const { model, losses, gradients, statistics } = program;
  const data: ShardData = { model, threads, weights, losses, gradients, statistics };
  await muteTelemetry(); // here once, rather than from every thread
  const workers = Array.from(
    { length: parts },
    () => new Worker(new URL('./shard-worker.js', import.meta.url), { workerData: data }),
  );
  let inside = 0;
  let failure: PhizError | undefined;
  const waiting = new Map<Worker, { resolve(answer: ShardAnswer): void; reject(error: PhizError): void }>();
  for (const worker of workers) {
    const fail = (message: string, cause?: unknown) => {
      failure ??= new PhizError('engine-failed', message, { cause });
      waiting.get(worker)?.reject(failure);
      waiting.delete(worker);
    };
    worker.on('message', (answer: ShardAnswer) => {
      const waiter = waiting.get(worker);
      waiting.delete(worker);
      if ('error' in answer) waiter?.reject(new PhizError('engine-failed', answer.error));
      else waiter?.resolve(answer);
    });
    worker.on('error', (cause) => fail(`a training thread failed: ${cause.message}`, cause));
    worker.on('exit', (code) => fail(`a training thread ended (code ${code})`));
  }
  const answer = (worker: Worker) =>
    new Promise<ShardAnswer>((resolve, reject) => {
      if (failure) reject(failure);
      else waiting.set(worker, { resolve, reject });
    });
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  try {
    await Promise.all(workers.map(answer));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    parts,
    get inside() {
      return inside;
    },
    async run(values, feeds: readonly Feeds[]): Promise<readonly Gradients[]> {
      for (const [name, { data: shared }] of Object.entries(weights)) shared.set(values[name]!);
      const answers = workers.map(answer);
      for (const [i, worker] of workers.entries()) worker.postMessage(feeds[i]!, ownBuffers(feeds, i));
      const done = await Promise.all(answers);
      inside = 0;
      return done.map((one) => {
        if (!('result' in one)) throw new PhizError('engine-failed', 'a training thread answered out of turn');
        inside = Math.max(inside, one.inside);
        return one.result;
      });
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
