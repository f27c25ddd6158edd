/** Training a classifier (emotions, own classes) or the age network: batches of pictures, validated on whole data-set pictures. */
import { dirname, join } from 'node:path';
import type { ModelCard } from '../../core/card.js';
import type { Session } from '../../core/engine.js';
import { PhizError } from '../../core/error.js';
import { createBatchStream } from '../../node/data/batch-stream.js';
import { openClassFolders } from '../../node/data/class-folders.js';
import { type DataSet, type DataSplit, labelsWithoutSample } from '../../node/data/data-set.js';
import { openFer2013 } from '../../node/data/fer2013.js';
import { recogniseData } from '../../node/data/recognise.js';
import { openUtkFace } from '../../node/data/utkface.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { isFile } from '../../node/files/read-files.js';
import type { BatchStream } from '../../train/batch.js';
import type { Network } from '../../train/networks/network.js';
import type { Recipe } from '../../train/recipes.js';
import type { TrainingTask, Validation } from './task.js';

export interface ClassifierTaskOptions {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly dir: string;
  readonly seed: number;
  readonly threads: number;
  readonly limit?: number;
}

/** Opens the data and its batches. Throws PhizError as the data openers do, `invalid-data` where a split is missing. */
export async function openClassifierTask(options: ClassifierTaskOptions): Promise<TrainingTask> {
  const { network, recipe, dir, seed, threads, limit } = options;
  const channels = network.input.channels;
  const load = {
    dir,
    grey: channels === 1,
    splits: ['train', 'validation', ...(recipe.judgedOn === 'all-test' ? ['test' as const] : [])] as const,
    ...(limit === undefined ? {} : { limit }),
  };
  const age = network.task === 'age';
  const fer = !age && (await recogniseData(dir)) === 'fer2013';
  /** A data set whose terms phiz knows. */
  const known = age || fer;
  const ferPlus = fer && recipe.ferPlus > 0 && (await isFile(votesBeside(dir))) ? recipe.ferPlus : 0;
  const data: DataSet<unknown> = age
    ? await openUtkFace(load)
    : fer
      ? await openFer2013({ ...load, ferPlus })
      : await openClassFolders(load);
  const { train, validation } = data;
  // Other data sets have no report to be compared with.
  const test = fer && recipe.judgedOn === 'all-test' ? data.test : undefined;
  if (!train || !validation) throw new PhizError('invalid-data', `${dir} needs pictures to train on and to validate on`);
  if (!age) for (const split of [train, validation, ...(test ? [test] : [])]) checkClasses(dir, data.labels, split, limit);
  const { size, mean, scale } = network.input;
  const common = {
    input: { channels, width: size, height: size, mean, scale },
    view: { cover: recipe.cover },
    seed,
  };
  const stream = createBatchStream(train, {
    ...common,
    mode: 'training',
    batchSize: recipe.batch,
    augment: recipe.augment,
    balance: recipe.balance,
    workers: 1,
    prefetch: 6,
  });
  const checks = [validation, ...(test ? [test] : [])].map((split) => ({
    classes: split.classes,
    stream: createBatchStream(split, { ...common, mode: 'validation', batchSize: 128, workers: 1 }),
  }));
  const labels = age ? Array.from({ length: train.targets.length / train.pack.count }, (_, i) => String(i + 1)) : data.labels;
  const task: ModelCard['task'] = age ? 'age' : fer ? 'emotion' : 'classes';
  return {
    classes: labels.length,
    stream,
    counts: !age,
    metric: age
      ? { name: 'mean absolute error (years)', validation: 'validationMae', best: 'min' }
      : test
        ? { name: 'accuracy', train: 'trainAccuracy', validation: 'publicAccuracy', best: 'max', percent: true }
        : { name: 'accuracy', train: 'trainAccuracy', validation: 'validationAccuracy', best: 'max', percent: true },
    card: { task, labels, crop: { alignment: 'none', ...recipe.crop }, direct: { cover: recipe.cover, shift: 0 } },
    data: {
      name: ferPlus > 0 ? `${data.name} and FER+ votes` : data.name,
      split: train.name,
      samples: train.pack.count,
      terms: known ? 'non-commercial research' : "the pictures' own, which phiz does not know",
    },
    ...(known ? {} : { licence: 'as the terms of the training pictures allow' }),
    skipped: data.skipped,
    validatedOn: `${data.name} ${validation.name}, ${validation.pack.count} pictures, whole pictures`,
    async validate(model) {
      const engine = await createNodeEngine({ threads });
      const session = await engine.load(model);
      try {
        const judged = [];
        for (const { stream, classes } of checks) judged.push(await judge(session, stream, classes, age));
        return test ? { ...meanOf(judged), publicAccuracy: judged[0]!.validationAccuracy! } : meanOf(judged);
      } finally {
        await session.dispose();
      }
    },
    async close() {
      await Promise.all([stream.close(), ...checks.map((check) => check.stream.close())]);
    },
  };
}

/**
 * Throws PhizError `invalid-data` naming the classes that no picture shows: a network would never learn to say them, or be judged
 * without them.
 */
function checkClasses(dir: string, labels: readonly string[], { name, classes }: DataSplit<unknown>, limit: number | undefined) {
  const missing = labelsWithoutSample(labels, classes);
  if (missing === '') return;
  const why = limit === undefined ? 'is a class folder missing?' : `is a class folder missing, or ${limit} pictures too few?`;
  throw new PhizError('invalid-data', `${dir} has no pictures of ${missing} in ${name}: ${why}`);
}

/** Where the FER+ votes of a folder, or of a CSV, would lie. */
function votesBeside(dir: string): string {
  return join(/\.csv(\.gz)?$/.test(dir) ? dirname(dir) : dir, 'fer2013new.csv');
}

/** The figures of several parts over all of their pictures. */
function meanOf(parts: readonly (Validation & { readonly count: number })[]): Validation {
  const { count, ...figures } = parts[0]!;
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  if (total === count) return figures;
  return Object.fromEntries(
    Object.keys(figures).map((name) => [name, parts.reduce((sum, part) => sum + part.count * part[name]!, 0) / total]),
  );
}

/** Loss, and accuracy or the mean absolute error in years, over a validation stream. */
async function judge(
  session: Session,
  stream: BatchStream,
  classes: ArrayLike<number>,
  age: boolean,
): Promise<Validation & { readonly count: number }> {
  let loss = 0;
  let correct = 0;
  let error = 0;
  let count = 0;
  for (let step = 0; step < stream.stepsPerEpoch; step++) {
    const { feeds, size } = await stream.batch(0, step);
    const { logits } = await session.run({ input: feeds.input! });
    const target = feeds.target!.data;
    const k = feeds.target!.dims[1]!;
    for (let row = 0; row < size; row++) {
      const z = logits!.data.subarray(row * k, (row + 1) * k);
      const t = target.subarray(row * k, (row + 1) * k);
      const top = Math.max(...z);
      const total = z.reduce((sum, v) => sum + Math.exp(v - top), 0);
      let years = 0;
      for (let i = 0; i < k; i++) {
        loss -= t[i]! * (z[i]! - top - Math.log(total));
        years += (Math.exp(z[i]! - top) / total) * (i + 1);
      }
      const label = classes[count++]!;
      error += Math.abs(years - (label + 1));
      if (z.indexOf(top) === label) correct++;
    }
  }
  return age
    ? { count, validationLoss: loss / count, validationMae: error / count }
    : { count, validationLoss: loss / count, validationAccuracy: correct / count };
}
