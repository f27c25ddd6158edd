/** Training a classifier (emotions, own classes) or the age network: batches of images, validated on whole data-set images. */
import type { ModelCard } from '../../core/card.js';
import { createBatchStream } from '../../node/data/batch-stream.js';
import { type JoinedData, joinTraining, withLabels } from '../../node/data/join.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { ACCURACY, judgeParts, type ValidationPart, type Yardstick, YEARS_OFF } from './judge.js';
import type { DataSource, TaskOptions, TrainingTask } from './task.js';
import { type OpenedData, openAges, openClasses, sameCut } from './training-data.js';

/** What learning ages and learning classes do differently. */
interface Lesson {
  open(source: DataSource, options: TaskOptions): Promise<OpenedData>;
  readonly yardstick: Yardstick;
  readonly counts: boolean;
  task(opened: readonly OpenedData[]): ModelCard['task'];
  /** Names of the numbers that the network hands out. */
  labels(training: JoinedData): readonly string[];
  /** A part's images, with targets in the order of those names. */
  validationPart(part: OpenedData['validation'], data: OpenedData['data'], training: JoinedData): ValidationSamples;
  metric(opened: readonly OpenedData[]): TrainingTask['metric'];
}

type ValidationSamples = ReturnType<typeof withLabels>;

const AGES: Lesson = {
  open: openAges,
  yardstick: YEARS_OFF,
  counts: false,
  task: () => 'age',
  labels: ({ targets, pack }) => Array.from({ length: targets.length / pack.count }, (_, i) => String(i + 1)),
  validationPart: (part) => part,
  metric: () => ({ name: 'mean absolute error (years)', validation: YEARS_OFF.metric, best: 'min' }),
};

const CLASSES: Lesson = {
  open: openClasses,
  yardstick: ACCURACY,
  counts: true,
  // Joined data sets have the same classes, so one of emotions says it for all.
  task: (opened) => (opened.some(({ known }) => known) ? 'emotion' : 'classes'),
  labels: ({ labels }) => labels,
  validationPart: (part, data, { labels }) => withLabels(part, data, labels),
  metric: (opened) => ({
    name: 'accuracy',
    train: 'trainAccuracy',
    validation: opened.some(({ test }) => test) ? 'publicAccuracy' : ACCURACY.metric,
    best: 'max',
    percent: true,
  }),
};

/** Opens the data and its batches. Throws PhizError as the data openers do, `invalid-data` where a split is missing. */
export async function openClassifierTask(options: TaskOptions): Promise<TrainingTask> {
  const { network, recipe, sources, seed, threads } = options;
  const lesson = network.task === 'age' ? AGES : CLASSES;
  const opened: OpenedData[] = [];
  for (const source of sources) opened.push(await lesson.open(source, options));
  const cut = sameCut(opened);
  const training = joinTraining(opened);
  const { channels, size, mean, scale } = network.input;
  const common = {
    input: { channels, width: size, height: size, mean, scale },
    view: { cover: cut?.cover ?? recipe.cover },
    seed,
  };
  const { batch: batchSize, augment, balance } = recipe;
  const stream = createBatchStream(training, {
    ...common,
    mode: 'training',
    batchSize,
    augment,
    balance,
    workers: 1,
    prefetch: 6,
  });
  const parts = opened.flatMap(({ data, validation, test }): readonly ValidationPart[] =>
    [validation, test].flatMap((part) => {
      if (!part) return [];
      const samples = lesson.validationPart(part, data, training);
      const name = opened.length > 1 ? data.name : undefined;
      const stream = createBatchStream(samples, { ...common, mode: 'validation', batchSize: 128, workers: 1 });
      return [{ name, classes: samples.classes, stream }];
    }),
  );
  const labels = lesson.labels(training);
  const metric = lesson.metric(opened);
  return {
    classes: labels.length,
    stream,
    counts: lesson.counts,
    metric,
    card: {
      task: lesson.task(opened),
      labels,
      crop: cut?.crop ?? { ...recipe.crop, alignment: 'none' },
      direct: cut?.direct ?? { cover: recipe.cover, shift: 0 },
    },
    data: opened.map(({ data, train, ferPlus, known, about }) => ({
      name: ferPlus > 0 ? `${data.name} and FER+ votes` : data.name,
      split: train.name,
      samples: train.pack.count,
      terms: about.terms ?? (known ? 'non-commercial research' : "the pictures' own, which phiz does not know"),
    })),
    licence: opened.some(({ known }) => known) ? undefined : 'as the terms of the training pictures allow',
    skipped: opened.flatMap(({ data }) => data.skipped),
    validatedOn: opened
      .map(({ data, validation }) => `${data.name} ${validation.name}, ${validation.pack.count} pictures`)
      .join(' and ')
      .concat(cut ? `, faces cut beforehand, alignment ${cut.crop.alignment}` : ', whole pictures'),
    async validate(model) {
      const engine = await createNodeEngine({ threads });
      const session = await engine.load(model);
      try {
        const { first, mean } = await judgeParts(session, parts, lesson.yardstick);
        return metric.validation === 'publicAccuracy' ? { ...mean, publicAccuracy: first[ACCURACY.metric]! } : mean;
      } finally {
        await session.dispose();
      }
    },
    async close() {
      await Promise.all([stream.close(), ...parts.map((part) => part.stream.close())]);
    },
  };
}
