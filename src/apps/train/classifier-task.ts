/** Training a classifier, of emotions or own classes, or a network that reads numbers, as ages are: batches of images, validated on whole data-set images. */
import { attributeOfClasses, networkAttribute } from '../../attributes/index.js';
import { createBatchStream } from '../../node/data/batch-stream.js';
import { joinTraining, withLabels } from '../../node/data/join.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { ACCURACY, errorOf, judgeParts, type ValidationPart, type Yardstick } from './judge.js';
import type { TaskOptions, TrainingTask } from './task.js';
import { type OpenedData, openClasses, openNumbers, sameCut } from './training-data.js';

/** The accuracy on PublicTest alone, where PrivateTest is looked at too. */
const PUBLIC = 'publicAccuracy';

/** Opens the data and its batches. Throws PhizError as the data openers do, `invalid-data` where a split is missing. */
export async function openClassifierTask(options: TaskOptions): Promise<TrainingTask> {
  const { network, recipe, sources, seed, threads } = options;
  const attribute = networkAttribute(network.task);
  const numbers = attribute?.figures.of === 'numbers' ? attribute.figures : undefined;
  const opened: OpenedData[] = [];
  for (const source of sources) opened.push(await (numbers ? openNumbers : openClasses)(source, options));
  const cut = sameCut(opened);
  const training = joinTraining(opened);
  const { labels } = training;
  const onTest = opened.some(({ test }) => test);
  const yardstick: Yardstick = attribute && numbers ? errorOf(attribute, numbers, labels) : ACCURACY;
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
      const samples = withLabels(part, data, labels);
      const name = opened.length > 1 ? data.name : undefined;
      const stream = createBatchStream(samples, { ...common, mode: 'validation', batchSize: 128, workers: 1 });
      return [{ name, classes: samples.classes, stream }];
    }),
  );
  return {
    classes: labels.length,
    stream,
    counts: yardstick.counts,
    metric: { ...yardstick.metric, ...(onTest && { validation: PUBLIC }) },
    card: {
      task: numbers ? network.task : taskOf(opened, labels),
      labels,
      crop: cut?.crop ?? { ...recipe.crop, alignment: 'none' },
      direct: cut?.direct ?? { cover: recipe.cover, shift: 0 },
      ...(recipe.mirror && { mirror: true }),
    },
    data: opened.map(({ data, train, ferPlus, known, about }) => ({
      name: ferPlus > 0 ? `${data.name} and FER+ votes` : data.name,
      split: train.name,
      samples: train.pack.count,
      terms: about.terms ?? (known ? 'non-commercial research' : "the images' own, which phiz does not know"),
    })),
    licence: opened.some(({ known }) => known) ? undefined : 'as the terms of the training images allow',
    skipped: opened.flatMap(({ data }) => data.skipped),
    validatedOn: opened
      .map(({ data, validation }) => `${data.name} ${validation.name}, ${validation.pack.count} images`)
      .join(' and ')
      .concat(cut ? `, faces cut beforehand, alignment ${cut.crop.alignment}` : ', whole images'),
    async validate(model) {
      const engine = await createNodeEngine({ threads });
      const session = await engine.load(model);
      try {
        const { first, mean } = await judgeParts(session, parts, yardstick);
        return onTest ? { ...mean, [PUBLIC]: first[yardstick.metric.validation]! } : mean;
      } finally {
        await session.dispose();
      }
    },
    async close() {
      await Promise.all([stream.close(), ...parts.map((part) => part.stream.close())]);
    },
  };
}

/** What classes are for: joined data sets have the same, so one that phiz knows says it for all. */
function taskOf(opened: readonly OpenedData[], labels: readonly string[]): string {
  return (opened.some(({ known }) => known) && attributeOfClasses(labels)?.name) || 'classes';
}
