/** The worker's half of worker-pool.ts: answers requests for batches until the thread is ended. Runs in a worker thread only. */
import { parentPort } from 'node:worker_threads';
import { PhizError, type PhizErrorCode } from '../../core/error.js';
import type { Batch } from '../../train/batch.js';

export interface BatchRequest {
  readonly id: number;
  readonly epoch: number;
  readonly step: number;
}

export type BatchReply =
  | { readonly id: number; readonly batch: Batch }
  | { readonly id: number; readonly error: { readonly code: PhizErrorCode; readonly message: string; readonly cause: unknown } };

/**
 * Serves batches to the pool that started this thread. The feeds' arrays are transferred, not copied, so `make` must give new
 * ones each time; an error that it throws rejects the batch asked for and leaves the thread running.
 * Throws PhizError `engine-unavailable` outside a worker thread.
 */
export function serveBatches(make: (epoch: number, step: number) => Batch | Promise<Batch>): void {
  const port = parentPort;
  if (!port) throw new PhizError('engine-unavailable', 'serveBatches runs in a worker thread only');
  // One after the other: the order of the answers is the order of the requests even where `make` is asynchronous.
  let last: Promise<void> = Promise.resolve();
  port.on('message', ({ id, epoch, step }: BatchRequest) => {
    last = last.then(async () => {
      try {
        const batch = await make(epoch, step);
        const buffers = new Set(Object.values(batch.feeds).map((tensor) => tensor.data.buffer as ArrayBuffer));
        port.postMessage({ id, batch } satisfies BatchReply, [...buffers]);
      } catch (cause) {
        const code = cause instanceof PhizError ? cause.code : 'engine-failed';
        const message = cause instanceof Error ? cause.message : String(cause);
        const text = cause instanceof Error ? (cause.stack ?? message) : message;
        port.postMessage({ id, error: { code, message, cause: text } } satisfies BatchReply);
      }
    });
  });
}
