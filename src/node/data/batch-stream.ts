/** A stream of batches for classification, made by worker threads ahead of their use (train/data/batches.ts says what is in them). */
import type { BatchStream } from '../../train/batch.js';
import { type BatchOptions, countSteps, createBatchMaker, type PackedSamples } from '../../train/data/batches.js';
import { createBatchThreads } from './batch-threads.js';

export interface BatchStreamOptions extends BatchOptions {
  /** Worker threads. Default 1. */
  readonly workers?: number | undefined;
  /** Steps prepared ahead of the one awaited. Default 4. */
  readonly prefetch?: number | undefined;
}

/**
 * Opens a stream over packed samples. Threads start with the first batch asked for and run until close().
 * Throws PhizError `invalid-option` or `invalid-data`.
 */
export function createBatchStream(samples: PackedSamples, options: BatchStreamOptions): BatchStream {
  const { workers = 1, prefetch = 4, ...batch } = options;
  createBatchMaker(samples, batch); // checks all options here, where the stack names the caller
  const stepsPerEpoch = countSteps(samples.pack.count, batch);
  const { pack, targets, classes } = samples;
  const pool = createBatchThreads({
    module: new URL('./batch-worker.js', import.meta.url),
    workerData: { samples: { pack, targets, classes }, options: batch },
    workers,
    prefetch,
    stepsPerEpoch,
    nextEpoch: batch.mode === 'training',
  });
  return { samples: pack.count, stepsPerEpoch, batch: pool.batch, close: pool.close };
}
