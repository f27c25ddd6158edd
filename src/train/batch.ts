/**
 * What the training loop eats: batches as named float tensors, each a pure function of (seed, epoch, step), so that a run
 * resumed at any step sees what one never stopped would have seen.
 */
import type { Tensor } from '../core/tensor.js';

export interface Batch {
  /** Named inputs of the training graph: `input` [N, C, H, W] already normalised as the card says, and the targets. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Samples in the batch. */
  readonly size: number;
}

export interface BatchStream {
  readonly samples: number;
  /** For training every batch is full (the rest of an epoch's shuffle is dropped); for validation the last may be smaller. */
  readonly stepsPerEpoch: number;
  /** Batch `step` of epoch `epoch`, both from 0. Later steps of the epoch may be prepared meanwhile. */
  batch(epoch: number, step: number): Promise<Batch>;
  close(): Promise<void>;
}
