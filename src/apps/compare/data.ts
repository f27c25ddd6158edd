/** The labelled images of a comparison, read once for all models, and the parts that metrics are given for. */
import { PhizError } from '../../core/error.js';
import { EVALUATION_SPLITS, openClassFolderPart } from '../../node/data/class-folders.js';
import { type DataOptions, type DataSample, type DataSet, labelsWithoutSample } from '../../node/data/data-set.js';
import { openFer2013 } from '../../node/data/fer2013.js';
import { recogniseData } from '../../node/data/recognise.js';
import { FER_PARTS } from '../../train/evaluate/card-metrics.js';
import { chooseSplit } from '../evaluate/run.js';

/** Some of the samples. */
export interface DataPart {
  readonly key: string;
  readonly name: string;
  /** Indices into the samples. */
  readonly indices: readonly number[];
}

export interface ComparisonData {
  readonly name: string;
  readonly split: string;
  readonly labels: readonly string[];
  readonly samples: readonly DataSample<unknown>[];
  /** The first is the main one. */
  readonly parts: readonly DataPart[];
  readonly unreadable: DataSet<unknown>['skipped'];
}

export interface ComparisonDataOptions extends Pick<DataOptions, 'limit' | 'grey' | 'signal' | 'onNote' | 'onProgress'> {
  readonly dir: string;
  readonly split: string | undefined;
}

/**
 * Opens FER-2013 or class folders. Throws PhizError `model-mismatch` for data of another kind, `invalid-option`, `no-input`,
 * `invalid-data` naming a class without an image, and what the openers throw.
 */
export async function openComparisonData({ split, ...options }: ComparisonDataOptions): Promise<ComparisonData> {
  const kind = await recogniseData(options.dir);
  if (kind !== 'fer2013' && kind !== 'class-folders')
    throw new PhizError('model-mismatch', `models are compared on FER-2013 or class folders; ${options.dir} holds ${kind}`);
  const data = await (kind === 'fer2013' ? openFer(options, split) : openFolders(options, split));
  if (options.limit !== undefined && options.limit < data.labels.length)
    throw new PhizError(
      'invalid-option',
      `limit must leave an image of each of ${data.labels.length} classes; got ${options.limit}`,
    );
  const missing = labelsWithoutSample(
    data.labels,
    data.samples.map(({ label }) => label),
  );
  if (missing !== '') {
    const lost = data.unreadable.length ? ` (${data.unreadable.length} images could not be read)` : '';
    throw new PhizError(
      'invalid-data',
      `${options.dir} has no images of ${missing} in ${data.split}${lost}: is a class folder missing?`,
    );
  }
  return data;
}

async function openFer(options: Omit<ComparisonDataOptions, 'split'>, asked: string | undefined): Promise<ComparisonData> {
  const split = chooseSplit(asked, ['public', 'private', 'all'] as const, 'all');
  const splits = { public: ['validation'], private: ['test'], all: ['validation', 'test'] } as const;
  const { labels, validation, test, skipped } = await openFer2013({ ...options, splits: splits[split] });
  const samples = [...(validation?.samples ?? []), ...(test?.samples ?? [])];
  if (samples.length === 0) throw new PhizError('no-input', `${options.dir} holds no images of FER-2013's ${split} part`);
  const own = (usage: string) => samples.flatMap(({ meta }, i) => (meta.usage === usage ? [i] : []));
  const apart = (indices: readonly number[]) => indices.filter((i) => !samples[i]!.meta.repeatsTraining);
  const [chosen, final] = [own('PublicTest'), own('PrivateTest')];
  const both = split === 'all' && chosen.length > 0 && final.length > 0 ? [...chosen, ...final] : [];
  const listed = samples.some(({ meta }) => meta.repeatsTraining);
  const without = 'no near-duplicates';
  const parts: readonly DataPart[] = [
    { key: 'both', name: FER_PARTS.all, indices: both },
    { key: 'public', name: FER_PARTS.public, indices: chosen },
    { key: 'private', name: FER_PARTS.private, indices: final },
    { key: 'bothDeduplicated', name: `${FER_PARTS.all}, ${without}`, indices: listed ? apart(both) : [] },
    { key: 'publicDeduplicated', name: `${FER_PARTS.public}, ${without}`, indices: listed ? apart(chosen) : [] },
    { key: 'privateDeduplicated', name: `${FER_PARTS.private}, ${without}`, indices: listed ? apart(final) : [] },
  ];
  const filled = parts.filter(({ indices }) => indices.length > 0);
  return { name: 'FER-2013', split: FER_PARTS[split], labels, samples, parts: filled, unreadable: skipped };
}

async function openFolders(options: Omit<ComparisonDataOptions, 'split'>, asked: string | undefined): Promise<ComparisonData> {
  const wanted = asked === undefined ? undefined : chooseSplit(asked, EVALUATION_SPLITS, 'all');
  const { name, labels, skipped, split, samples } = await openClassFolderPart({ ...options, split: wanted });
  const parts = [{ key: split, name: split, indices: samples.map((_, i) => i) }];
  return { name, split, labels, samples, parts, unreadable: skipped };
}
