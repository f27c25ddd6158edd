/** Opens what a network is trained on and trains it. */
import { networkAttribute } from '../../attributes/index.js';
import { PhizError } from '../../core/error.js';
import { skippedLines } from '../../train/data/sample.js';
import type { Recipe } from '../../train/recipes.js';
import { openClassifierTask } from './classifier-task.js';
import { openDetectorTask } from './detector-task.js';
import { type RunOptions, type RunResult, runTraining } from './run.js';
import type { DataSource, TrainingTask } from './task.js';

/** What is trained, on which data, and where the run goes. */
export interface TrainOptions extends Omit<RunOptions, 'task' | 'recipe'> {
  readonly recipe: Recipe;
  /** Folder of the data set; of several (classifiers only, with the same classes), each with its weight. */
  readonly data: string | readonly DataSource[];
  /** At most so many samples of each part. */
  readonly limit?: number | undefined;
}

/** The network that came of a run, and where it lies. */
export interface TrainResult extends RunResult {
  readonly metric: TrainingTask['metric'];
}

/** Threads where nobody says: one per core, or fewer where they share out the samples of a batch and it cannot be cut so often. */
export function threadsFor({ parallel, batch }: Pick<Recipe, 'parallel' | 'batch'>, cores: number): number {
  let threads = cores;
  if (parallel === 'samples') while (batch % threads !== 0) threads--;
  return threads;
}

/** Trains a network on a data set's folder. Throws PhizError as data, checkpoints and engines do. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { network, recipe, data, seed = 1, threads = 2, limit } = options;
  if (recipe.distil > 0 && (network.output === 'prediction' || networkAttribute(network.task)?.figures.of === 'numbers'))
    throw new PhizError('invalid-option', `distil is for networks that tell classes; ${network.name} is none`);
  const open = network.output === 'prediction' ? openDetectorTask : openClassifierTask;
  const task = await open({
    network,
    recipe,
    sources: typeof data === 'string' ? [{ dir: data, weight: 1 }] : data,
    seed,
    threads,
    limit,
    onNote: options.onNote,
  });
  for (const line of skippedLines(task.skipped)) options.onNote?.(line);
  try {
    return { ...(await runTraining({ ...options, task })), metric: task.metric };
  } finally {
    await task.close();
  }
}
