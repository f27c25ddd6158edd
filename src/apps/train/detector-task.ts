/**
 * Training the face detector, and the refiner that looks at its candidates: composed images with their targets, validated by the average
 * precision that both together reach on labelled photos.
 */
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { createAnchorFreeDetector } from '../../detect/anchor-free.js';
import { STRIDES } from '../../detect/points.js';
import { openFaces } from '../../node/data/faces.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { loadModel } from '../../node/models/models.js';
import { evaluateDetector } from '../evaluate/evaluate-detector.js';
import { makeCard } from './card.js';
import type { TaskOptions, TrainingTask } from './task.js';

/** Squares that a refiner sees in an epoch: about four for each face of the data it was made for. */
const REFINER_SAMPLES = 48_000;

/** Opens the data and its batches. Throws PhizError as the data openers do. */
export async function openDetectorTask(options: TaskOptions): Promise<TrainingTask> {
  const { network, recipe, sources, seed, threads, limit } = options;
  const [{ dir } = { dir: '' }, more] = sources;
  if (more) throw new PhizError('invalid-option', `a detector is trained on one data set; give one --data, not also ${more.dir}`);
  const validation = join(dir, 'val');
  const { size, mean, scale } = network.input;
  const { margin } = recipe.crop;
  const refines = network.task === 'refiner';
  const data = await openFaces({
    dir,
    size,
    batch: recipe.batch,
    ...(refines ? { margin, samplesPerEpoch: REFINER_SAMPLES } : {}),
    seed,
    input: { order: 'RGB', mean, scale },
    limit,
  });
  const facts = { network, recipe, seed, command: '' };
  const task: TrainingTask = {
    classes: 0,
    stream: data.train,
    counts: false,
    metric: { name: 'AP@0.5', validation: 'validationAp', best: 'max', percent: true },
    card: refines
      ? { task: 'refiner', labels: ['face'], refiner: { margin, weight: 0.65, boxWeight: 1, mirror: recipe.mirror } }
      : {
          task: 'detector',
          labels: ['face'],
          detector: { kind: 'phiz', strides: STRIDES, scoreThreshold: 0.5, nmsIou: 0.45 },
        },
    data: [{ name: 'faces', split: 'train', samples: data.images, terms: 'research' }],
    skipped: data.skipped,
    validatedOn: 'labelled photos (faces val)',
    async validate(model) {
      const engine = await createNodeEngine({ threads });
      const card = makeCard({ ...facts, task, model, best: { epoch: 0, value: 0 } });
      const trained = { card, bytes: model };
      const detector = await createAnchorFreeDetector({
        engine,
        model: refines ? { ...(await loadModel('detector')), refiner: trained } : trained,
      });
      try {
        const { ap50, ap30 } = await evaluateDetector(detector, validation, {
          // A young network sees faces everywhere: the end of its curve costs much and says little.
          scoreThreshold: 0.1,
          resamples: 0,
          limit,
        });
        return { validationAp: ap50.averagePrecision, validationAp30: ap30.averagePrecision };
      } finally {
        await detector.dispose();
      }
    },
    close: () => data.train.close(),
  };
  return task;
}
