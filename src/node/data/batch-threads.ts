/**
 * Worker threads that make batches ahead of their use. The main thread runs ONNX Runtime and may not look at messages for a
 * second, so several steps are always asked for in advance and the workers go on by themselves. What a batch is, the worker
 * module says (through serve-batches.ts); each must be a pure function of (epoch, step), so workers can share the work freely.
 */
import { PhizError } from '../../core/error.js';
import type { Batch } from '../../train/batch.js';
import { startThread, type Thread } from '../threads/thread.js';
import type { BatchRequest } from './serve-batches.js';

export interface BatchThreadsOptions {
  /** The worker's module; it calls serveBatches(). */
  readonly module: URL;
  /** Handed to each worker as `workerData`: structured clone, so views of SharedArrayBuffers are shared. */
  readonly workerData: unknown;
  /** Threads. Default 1. */
  readonly workers?: number | undefined;
  /** Steps asked for ahead of the one awaited. Default 4. */
  readonly prefetch?: number | undefined;
  /** Steps an epoch has; needed to know what comes next. */
  readonly stepsPerEpoch: number;
  /** At an epoch's end go on with the next one's first steps (training) or stop (validation). Default true. */
  readonly nextEpoch?: boolean | undefined;
}

export interface BatchThreads {
  /** Batch `step` of `epoch`. Rejects with PhizError: what the worker threw, `engine-failed` if it died, `disposed` after close. */
  batch(epoch: number, step: number): Promise<Batch>;
  /** Ends the threads; whatever is still awaited rejects with PhizError `disposed`. */
  close(): Promise<void>;
}

/** Makes a pool. Threads start with the first batch asked for. Throws PhizError `invalid-option`. */
export function createBatchThreads({
  module,
  workerData,
  workers = 1,
  prefetch = 4,
  stepsPerEpoch,
  nextEpoch = true,
}: BatchThreadsOptions): BatchThreads {
  for (const [name, value, low] of [
    ['workers', workers, 1],
    ['prefetch', prefetch, 0],
    ['stepsPerEpoch', stepsPerEpoch, 1],
  ] as const)
    if (!Number.isInteger(value) || value < low)
      throw new PhizError('invalid-option', `${name} must be a whole number from ${low} up; got ${value}`);

  let threads: readonly Thread<BatchRequest, Batch>[] = [];
  let closed: PhizError | undefined;
  /** Batches asked for ahead, by `epoch:step`. */
  const ahead = new Map<string, Promise<Batch>>();

  const start = () => startThread<BatchRequest, Batch>(module, { name: 'a data thread', data: workerData });

  const ask = (epoch: number, step: number): Promise<Batch> => {
    const thread = threads.reduce((a, b) => (b.pending < a.pending ? b : a));
    const promise = thread.call({ epoch, step });
    // One that is never awaited must not end the process; one that is still rejects for whoever awaits it.
    promise.catch(() => {});
    return promise;
  };

  return {
    async batch(epoch, step) {
      const failure = closed ?? threads.find((thread) => thread.failure)?.failure;
      if (failure) throw failure;
      if (!Number.isInteger(epoch) || epoch < 0 || !Number.isInteger(step) || step < 0 || step >= stepsPerEpoch)
        throw new PhizError('invalid-option', `no step ${step} in epoch ${epoch}: an epoch has ${stepsPerEpoch} steps, from 0`);
      if (threads.length === 0) threads = Array.from({ length: workers }, start);
      const key = `${epoch}:${step}`;
      const wanted = ahead.get(key) ?? ask(epoch, step);
      ahead.delete(key);
      const keep = new Set<string>();
      for (let i = 1; i <= prefetch; i++) {
        const e = epoch + Math.floor((step + i) / stepsPerEpoch);
        if (e > epoch && !nextEpoch) break;
        const s = (step + i) % stepsPerEpoch;
        const coming = `${e}:${s}`;
        keep.add(coming);
        if (!ahead.has(coming)) ahead.set(coming, ask(e, s));
      }
      for (const old of ahead.keys()) if (!keep.has(old)) ahead.delete(old);
      return wanted;
    },
    async close() {
      const why = new PhizError('disposed', 'this stream of batches was closed');
      closed ??= why;
      ahead.clear();
      await Promise.all(threads.map((thread) => thread.end(why)));
    },
  };
}
