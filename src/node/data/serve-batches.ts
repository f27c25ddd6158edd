/** The threads' half of batch-threads.ts: answers requests for batches until the thread is ended. Runs in a worker thread only. */
import type { Batch } from '../../train/batch.js';
import { serveCalls } from '../threads/serve-calls.js';

export interface BatchRequest {
  readonly epoch: number;
  readonly step: number;
}

/**
 * Serves batches to the pool that started this thread. The feeds' arrays are transferred, not copied, so `make` must give new
 * ones each time; an error that it throws rejects the batch asked for and leaves the thread running.
 * Throws PhizError `engine-unavailable` outside a worker thread.
 */
export function serveBatches(make: (epoch: number, step: number) => Batch | Promise<Batch>): void {
  serveCalls(({ epoch, step }: BatchRequest) => make(epoch, step), {
    handedOver: ({ feeds }) => new Set(Object.values(feeds).map(({ data }) => data.buffer as ArrayBuffer)),
  });
}
