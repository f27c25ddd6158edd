/** Training a classifier (emotions, own classes) or the age network: batches of pictures, validated on whole data-set pictures. */
import { dirname, join } from 'node:path';
import type { ModelCard } from '../../core/card.js';
import type { Session } from '../../core/engine.js';
import { PhizError } from '../../core/error.js';
import { type About, readAbout } from '../../node/data/about.js';
import { createBatchStream } from '../../node/data/batch-stream.js';
import { openClassFolders } from '../../node/data/class-folders.js';
import { type DataSet, type DataSplit, labelsWithoutSample } from '../../node/data/data-set.js';
import { openFer2013 } from '../../node/data/fer2013.js';
import { joinTraining, withLabels } from '../../node/data/join.js';
import { recogniseData } from '../../node/data/recognise.js';
import { openUtkFace } from '../../node/data/utkface.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { isFile } from '../../node/files/read-files.js';
import type { BatchStream } from '../../train/batch.js';
import type { Network } from '../../train/networks/network.js';
import type { Recipe } from '../../train/recipes.js';
import type { DataSource, TrainingTask, Validation } from './task.js';

export interface ClassifierTaskOptions {
  readonly network: Network;
  readonly recipe: Recipe;
  /** Folders of the data sets, and how often an epoch shows each picture of each. */
  readonly sources: readonly DataSource[];
  readonly seed: number;
  readonly threads: number;
  readonly limit?: number;
}

/** Opens the data and its batches. Throws PhizError as the data openers do, `invalid-data` where a split is missing. */
export async function openClassifierTask(options: ClassifierTaskOptions): Promise<TrainingTask> {
  const { network, recipe, sources, seed, threads } = options;
  const age = network.task === 'age';
  const opened: OpenedData[] = [];
  for (const source of sources) opened.push(await openSource(source, options));
  const cut = sameCut(opened);
  const { labels: joined, ...training } = joinTraining(opened);
  const { channels, size, mean, scale } = network.input;
  const common = {
    input: { channels, width: size, height: size, mean, scale },
    view: { cover: cut?.cover ?? recipe.cover },
    seed,
  };
  const stream = createBatchStream(training, {
    ...common,
    mode: 'training',
    batchSize: recipe.batch,
    augment: recipe.augment,
    balance: recipe.balance,
    workers: 1,
    prefetch: 6,
  });
  const checks = opened.flatMap(({ data, test }) =>
    [data.validation!, ...(test ? [test] : [])].map((part) => {
      const samples = age ? part : withLabels(part, data, joined);
      const name = opened.length > 1 ? data.name : undefined;
      return {
        name,
        classes: samples.classes,
        stream: createBatchStream(samples, { ...common, mode: 'validation', batchSize: 128, workers: 1 }),
      };
    }),
  );
  const test = opened.some((one) => one.test);
  const labels = age ? Array.from({ length: training.targets.length / training.pack.count }, (_, i) => String(i + 1)) : joined;
  // Joined data sets have the same classes, so one of emotions says it for all.
  const known = opened.some((one) => one.known);
  const task: ModelCard['task'] = age ? 'age' : known ? 'emotion' : 'classes';
  return {
    classes: labels.length,
    stream,
    counts: !age,
    metric: age
      ? { name: 'mean absolute error (years)', validation: 'validationMae', best: 'min' }
      : test
        ? { name: 'accuracy', train: 'trainAccuracy', validation: 'publicAccuracy', best: 'max', percent: true }
        : { name: 'accuracy', train: 'trainAccuracy', validation: 'validationAccuracy', best: 'max', percent: true },
    card: {
      task,
      labels,
      crop: cut?.crop ?? { ...recipe.crop, alignment: 'none' },
      direct: cut?.direct ?? { cover: recipe.cover, shift: 0 },
    },
    data: opened.map(({ data, ferPlus, known: own, about }) => ({
      name: ferPlus > 0 ? `${data.name} and FER+ votes` : data.name,
      split: data.train!.name,
      samples: data.train!.pack.count,
      terms: about.terms ?? (own ? 'non-commercial research' : "the pictures' own, which phiz does not know"),
    })),
    ...(known ? {} : { licence: 'as the terms of the training pictures allow' }),
    skipped: opened.flatMap(({ data }) => data.skipped),
    validatedOn: opened
      .map(({ data }) => `${data.name} ${data.validation!.name}, ${data.validation!.pack.count} pictures`)
      .join(' and ')
      .concat(', whole pictures'),
    async validate(model) {
      const engine = await createNodeEngine({ threads });
      const session = await engine.load(model);
      try {
        const judged: JudgedPart[] = [];
        for (const { name, stream, classes } of checks)
          judged.push({ name, count: classes.length, figures: await judge(session, stream, classes, age) });
        return test ? { ...meanOf(judged), publicAccuracy: judged[0]!.figures.validationAccuracy! } : meanOf(judged);
      } finally {
        await session.dispose();
      }
    },
    async close() {
      await Promise.all([stream.close(), ...checks.map((check) => check.stream.close())]);
    },
  };
}

/** How all the data sets were cut; undefined where they are whole pictures. Throws PhizError `invalid-data` where they differ. */
function sameCut(opened: readonly OpenedData[]): About['cut'] {
  const [first, ...others] = opened.map(({ about: { cut } }) => cut);
  const rule = (cut: About['cut']) => JSON.stringify(cut && [cut.crop, cut.cover]);
  const other = others.findIndex((cut) => rule(cut) !== rule(first));
  if (other >= 0)
    throw new PhizError(
      'invalid-data',
      `${opened[other + 1]!.data.name} is cut in another way than ${opened[0]!.data.name}: cut both alike, or neither`,
    );
  return first;
}

/** A data set that is open, and what training needs to know of it. */
interface OpenedData {
  readonly data: DataSet<unknown>;
  readonly weight: number;
  /** The part that the report's training looks at too. */
  readonly test?: DataSplit<unknown>;
  /** Weight of the FER+ votes in its targets. */
  readonly ferPlus: number;
  /** Its terms are known. */
  readonly known: boolean;
  readonly about: About;
}

async function openSource({ dir, weight }: DataSource, { network, recipe, limit }: ClassifierTaskOptions): Promise<OpenedData> {
  const load = {
    dir,
    grey: network.input.channels === 1,
    splits: ['train', 'validation', ...(recipe.judgedOn === 'all-test' ? ['test' as const] : [])] as const,
    ...(limit === undefined ? {} : { limit }),
  };
  const age = network.task === 'age';
  const fer = !age && (await recogniseData(dir)) === 'fer2013';
  const ferPlus = fer && recipe.ferPlus > 0 && (await isFile(votesBeside(dir))) ? recipe.ferPlus : 0;
  const about = await readAbout(dir);
  const read: DataSet<unknown> = age
    ? await openUtkFace(load)
    : fer
      ? await openFer2013({ ...load, ferPlus })
      : await openClassFolders(load);
  const data = about.name === undefined ? read : { ...read, name: about.name };
  const { train, validation } = data;
  // Other data sets have no report to be compared with.
  const test = fer && recipe.judgedOn === 'all-test' ? data.test : undefined;
  if (!train || !validation) throw new PhizError('invalid-data', `${dir} needs pictures to train on and to validate on`);
  if (!age) for (const split of [train, validation, ...(test ? [test] : [])]) checkClasses(dir, data.labels, split, limit);
  return { data, weight, ferPlus, about, known: age || fer, ...(test ? { test } : {}) };
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

/** A validation part and how the network did on it. */
interface JudgedPart {
  /** Its data set's name where there are several. */
  readonly name: string | undefined;
  readonly count: number;
  readonly figures: Validation;
}

/**
 * The figures of several parts: over all of their pictures where they belong to one data set; of several data sets each counts alike,
 * however many pictures it has, and each one's accuracy stands by itself too.
 */
function meanOf(parts: readonly JudgedPart[]): Validation {
  const [first] = parts;
  if (parts.length === 1) return first!.figures;
  const apart = first!.name !== undefined;
  const weight = (part: JudgedPart) => (apart ? 1 : part.count);
  const total = parts.reduce((sum, part) => sum + weight(part), 0);
  const means = Object.keys(first!.figures).map((figure) => [
    figure,
    parts.reduce((sum, part) => sum + weight(part) * part.figures[figure]!, 0) / total,
  ]);
  const each = apart ? parts.map(({ name, figures }) => [`validationAccuracy ${name}`, figures.validationAccuracy]) : [];
  return Object.fromEntries([...means, ...each]);
}

/** Loss, and accuracy or the mean absolute error in years, over a validation stream. */
async function judge(session: Session, stream: BatchStream, classes: ArrayLike<number>, age: boolean): Promise<Validation> {
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
    ? { validationLoss: loss / count, validationMae: error / count }
    : { validationLoss: loss / count, validationAccuracy: correct / count };
}
