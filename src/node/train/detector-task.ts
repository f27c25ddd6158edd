/** Training the face detector: composed pictures with their targets, validated by average precision on labelled photos. */
import type { Network } from '../../networks/network.js';
import { STRIDES } from '../../networks/detector.js';
import type { Recipe } from '../../train/recipes.js';
import { openFaces } from '../data/faces.js';
import type { TrainingTask } from './task.js';

export interface DetectorTaskOptions {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly dir: string;
  readonly seed: number;
  readonly threads: number;
  readonly limit?: number;
}

/** Opens the data and its batches. Throws PhizError as the data openers do. */
export async function openDetectorTask(options: DetectorTaskOptions): Promise<TrainingTask> {
  const { network, recipe, dir, seed, limit } = options;
  const { size, mean, scale } = network.input;
  const data = await openFaces({
    dir,
    size,
    batch: recipe.batch,
    seed,
    input: { order: 'RGB', mean, scale },
    ...(limit === undefined ? {} : { limit }),
  });
  return {
    classes: 0,
    stream: data.train,
    counts: false,
    metric: { name: 'AP at IoU 0.5', validation: 'validationAp', best: 'max', percent: true },
    card: {
      task: 'detector',
      labels: ['face'],
      detector: { kind: 'phiz', strides: STRIDES, scoreThreshold: 0.5, nmsIou: 0.45 },
    },
    data: { name: 'faces', split: 'train', samples: data.train.samples, terms: 'research' },
    validatedOn: 'faces val',
    async validate() {
      return {};
    },
    close: () => data.train.close(),
  };
}
