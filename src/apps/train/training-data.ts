/** Opening what a classifier is trained on: each data set's parts, what is known of it, and whether all of them go together. */
import { dirname, join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { type About, readAbout } from '../../node/data/about.js';
import { openClassFolders } from '../../node/data/class-folders.js';
import { type DataSet, type DataSplit, labelsWithoutSample, type SplitName } from '../../node/data/data-set.js';
import { openFer2013 } from '../../node/data/fer2013.js';
import { recogniseData } from '../../node/data/recognise.js';
import { openUtkFace } from '../../node/data/utkface.js';
import { isFile } from '../../node/files/read-files.js';
import type { DataSource, TaskOptions } from './task.js';

/** A data set that is open, and what training needs to know of it. */
export interface OpenedData {
  readonly data: DataSet<unknown>;
  readonly weight: number;
  readonly train: DataSplit<unknown>;
  readonly validation: DataSplit<unknown>;
  /** The part that the report's training looks at too. */
  readonly test: DataSplit<unknown> | undefined;
  /** Weight of the FER+ votes in its targets. */
  readonly ferPlus: number;
  /** Its terms are known. */
  readonly known: boolean;
  readonly about: About;
}

/** Opens a data set of numbers. Throws PhizError as its opener does, `invalid-data` without images to train on or to validate on. */
export async function openNumbers({ dir, weight }: DataSource, options: TaskOptions): Promise<OpenedData> {
  const about = await readAbout(dir);
  const data = named(await openUtkFace(loadOptions(dir, options)), about);
  return { data, weight, ...trainingParts(dir, data), test: undefined, ferPlus: 0, known: true, about };
}

/** Opens a data set of classes. Throws PhizError as its opener does, `invalid-data` where a part or the images of a class are missing. */
export async function openClasses({ dir, weight }: DataSource, options: TaskOptions): Promise<OpenedData> {
  const { recipe, limit } = options;
  const fer = (await recogniseData(dir)) === 'fer2013';
  const ferPlus = fer && recipe.ferPlus > 0 && (await isFile(votesBeside(dir))) ? recipe.ferPlus : 0;
  const about = await readAbout(dir);
  const load = { ...loadOptions(dir, options), distil: recipe.distil };
  const data = named(fer ? await openFer2013({ ...load, ferPlus }) : await openClassFolders(load), about);
  const parts = trainingParts(dir, data);
  // Other data sets have no report to be compared with.
  const test = fer && recipe.judgedOn === 'all-test' ? data.test : undefined;
  for (const part of [parts.train, parts.validation, test]) if (part) checkClasses(dir, data.labels, part, limit);
  return { data, weight, ...parts, test, ferPlus, known: fer, about };
}

/** How all the data sets were cut; undefined where they are whole images. Throws PhizError `invalid-data` where they differ. */
export function sameCut(opened: readonly OpenedData[]): About['cut'] {
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

function loadOptions(dir: string, { network, recipe, limit, onNote }: TaskOptions) {
  const splits: readonly SplitName[] = ['train', 'validation', ...(recipe.judgedOn === 'all-test' ? ['test' as const] : [])];
  return { dir, grey: network.input.channels === 1, splits, limit, onNote };
}

/** The data set under the name that its about.json gives it. */
function named(data: DataSet<unknown>, { name = data.name }: About): DataSet<unknown> {
  return { ...data, name };
}

function trainingParts(dir: string, { train, validation }: DataSet<unknown>) {
  if (!train || !validation) throw new PhizError('invalid-data', `${dir} needs images to train on and to validate on`);
  return { train, validation };
}

/**
 * Throws PhizError `invalid-data` naming the classes that no image shows: a network would never learn to say them, or be judged
 * without them.
 */
function checkClasses(dir: string, labels: readonly string[], { name, classes }: DataSplit<unknown>, limit: number | undefined) {
  const missing = labelsWithoutSample(labels, classes);
  if (missing === '') return;
  const why = limit === undefined ? 'is a class folder missing?' : `is a class folder missing, or ${limit} images too few?`;
  throw new PhizError('invalid-data', `${dir} has no images of ${missing} in ${name}: ${why}`);
}

/** Where the FER+ votes of a folder, or of a CSV, would lie. */
function votesBeside(dir: string): string {
  return join(/\.csv(\.gz)?$/.test(dir) ? dirname(dir) : dir, 'fer2013new.csv');
}
