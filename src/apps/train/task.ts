/** What a run trains on and is judged by: the data's batches, and a validation of the network as it would be used. */
import type { ModelCard } from '../../core/card.js';
import type { CurveMetric } from '../../report/plots/learning-curve.js';
import type { BatchStream } from '../../train/batch.js';
import type { Skipped } from '../../train/data/sample.js';
import type { Network } from '../../train/networks/network.js';
import type { Recipe } from '../../train/recipes.js';

/** Named metrics of a validation; `validationLoss` among them where there is one. */
export type Validation = Readonly<Record<string, number>>;

/** A data set's folder, and how often an epoch shows its images. */
export interface DataSource {
  readonly dir: string;
  /** How often an epoch shows each training image; 1: once. */
  readonly weight: number;
}

/** What a task is opened from. */
export interface TaskOptions {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly sources: readonly DataSource[];
  readonly seed: number;
  readonly threads: number;
  /** At most so many samples of each part. Default: all. */
  readonly limit?: number | undefined;
  /** Is told what a user should know of how the data were taken. */
  readonly onNote?: ((text: string) => void) | undefined;
}

export interface TrainingTask {
  /** Numbers that the network hands out a sample. */
  readonly classes: number;
  readonly stream: BatchStream;
  readonly metric: CurveMetric & { readonly validation: string };
  /** What the card says beside what every card says. */
  readonly card: Pick<ModelCard, 'task' | 'labels'> &
    Partial<Pick<ModelCard, 'crop' | 'direct' | 'mirror' | 'detector' | 'refiner'>>;
  /** The data sets, for the card. */
  readonly data: readonly { readonly name: string; readonly split: string; readonly samples: number; readonly terms: string }[];
  /** What the data's terms mean for the weights. Default: research use. */
  readonly licence?: string | undefined;
  /** Images left out, and why. */
  readonly skipped: readonly Skipped[];
  /** On what the metric is measured, for the card. */
  readonly validatedOn: string;
  /** Whether samples can be counted right (classes). */
  readonly counts: boolean;
  /** Judges an ONNX model with its weights in it. */
  validate(model: Uint8Array): Promise<Validation>;
  close(): Promise<void>;
}
