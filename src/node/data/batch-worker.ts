/** The worker thread that makes batches for classification; see batch-stream.ts for who starts it. */
import { workerData } from 'node:worker_threads';
import { type BatchOptions, createBatchMaker, type PackedSamples } from '../../train/data/batches.js';
import { serveBatches } from './serve-batches.js';

const { samples, options } = workerData as { readonly samples: PackedSamples; readonly options: BatchOptions };
serveBatches(createBatchMaker(samples, options));
