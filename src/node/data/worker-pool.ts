/**
 * Worker threads that make batches ahead of their use. The main thread runs ONNX Runtime and may not look at messages for a
 * second, so several steps are always asked for in advance and the workers go on by themselves. What a batch is, the worker
 * module says (through serve-batches.ts); each must be a pure function of (epoch, step), so workers can share the work freely.
 */
import { Worker } from 'node:worker_threads';
import { Calls } from '../../core/calls.js';
import { PhizError } from '../../core/error.js';
import type { Batch } from '../../train/batch.js';
import type { BatchReply, BatchRequest } from './serve-batches.js';

export interface WorkerPoolOptions {
  /** The worker's module; it calls serveBatches(). */
  readonly module: URL;
  /** Handed to each worker as `workerData`: structured clone, so views of SharedArrayBuffers are shared. */
  readonly workerData: unknown;
  /** Threads. Default 1. */
  readonly workers?: number;
  /** Steps asked for ahead of the one awaited. Default 4. */
  readonly prefetch?: number;
  /** Steps an epoch has; needed to know what comes next. */
  readonly stepsPerEpoch: number;
  /** At an epoch's end go on with the next one's first steps (training) or stop (validation). Default true. */
  readonly nextEpoch?: boolean;
}

export interface WorkerPool {
  /** Batch `step` of `epoch`. Rejects with PhizError: what the worker threw, `engine-failed` if it died, `disposed` after close. */
  batch(epoch: number, step: number): Promise<Batch>;
  /** Ends the threads; whatever is still awaited rejects with PhizError `disposed`. */
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  pending: number;
}

/** Makes a pool. Threads start with the first batch asked for. Throws PhizError `invalid-option`. */
export function createWorkerPool({
  module,
  workerData,
  workers = 1,
  prefetch = 4,
  stepsPerEpoch,
  nextEpoch = true,
}: WorkerPoolOptions): WorkerPool {
  for (const [name, value, low] of [
    ['workers', workers, 1],
    ['prefetch', prefetch, 0],
    ['stepsPerEpoch', stepsPerEpoch, 1],
  ] as const)
    if (!Number.isInteger(value) || value < low)
      throw new PhizError('invalid-option', `${name} must be a whole number from ${low} up; got ${value}`);

  let threads: Thread[] = [];
  const calls = new Calls<Batch>();
  /** Batches asked for ahead, by `epoch:step`. */
  const ahead = new Map<string, Promise<Batch>>();

  const fail = (error: PhizError): void => {
    ahead.clear();
    calls.fail(error);
  };

  const start = (): Thread => {
    const thread: Thread = { worker: new Worker(module, { workerData }), pending: 0 };
    thread.worker.on('message', (reply: BatchReply) => {
      thread.pending--;
      if ('batch' in reply) calls.answer(reply.id, reply.batch);
      else calls.refuse(reply.id, reply.error);
    });
    thread.worker.on('error', (cause) =>
      fail(
        new PhizError('engine-failed', `a data worker failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
          cause,
        }),
      ),
    );
    thread.worker.on('exit', (code) => fail(new PhizError('engine-failed', `a data worker ended early with code ${code}`)));
    return thread;
  };

  const ask = (epoch: number, step: number): Promise<Batch> => {
    const thread = threads.reduce((a, b) => (b.pending < a.pending ? b : a));
    const promise = calls.call((id) => {
      thread.pending++;
      thread.worker.postMessage({ id, epoch, step } satisfies BatchRequest);
    });
    // One that is never awaited must not end the process; one that is still rejects for whoever awaits it.
    promise.catch(() => {});
    return promise;
  };

  return {
    async batch(epoch, step) {
      if (calls.failure) throw calls.failure;
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
      fail(new PhizError('disposed', 'this stream of batches was closed'));
      const closing = threads;
      threads = [];
      await Promise.all(closing.map(({ worker }) => worker.terminate()));
    },
  };
}
