/** Opens FER-2013 from its folder layout or from Kaggle's CSV (train/data/fer2013.ts says what is what). */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EMOTIONS } from '../../attributes/emotion/labels.js';
import { PhizError } from '../../core/error.js';
import {
  createFer2013CsvReader,
  type Fer2013Sample,
  type Fer2013TargetOptions,
  type FerPlusVotes,
  type FerUsage,
  fer2013FromPaths,
  fer2013Target,
  ferPlusMajority,
  parseDuplicates,
  parseFerPlus,
} from '../../train/data/fer2013.js';
import type { Skipped } from '../../train/data/sample.js';
import { isFile, isImageName, listFiles, readLines, readTextIfAny } from '../files/read-files.js';
import { type DataOptions, type DataSet, type DataSplit, loadSplit, SPLITS, type SplitName } from './data-set.js';
import { readSoftTargets } from './soft-targets.js';

/** What is known of a face of FER-2013 beside its label. */
export interface Fer2013Meta {
  readonly usage: FerUsage;
  /** Row of the original fer2013.csv, from 0. */
  readonly row: number;
  /** File within the data set's folder; absent for a CSV. */
  readonly path?: string | undefined;
  /** It nearly repeats a training face (train-duplicates.csv). */
  readonly repeatsTraining: boolean;
  /** A PrivateTest face that nearly repeats a PublicTest face (public-private-duplicates.csv). */
  readonly repeatsPublic: boolean;
  /** Index into EMOTIONS of what most FER+ taggers saw; absent where there is none, or no votes were asked for. */
  readonly majority?: number | undefined;
}

export interface Fer2013Options extends DataOptions, Fer2013TargetOptions {
  /** The folder (of `train/` and `test/`, or holding fer2013.csv or fer2013.csv.gz), or such a CSV itself. */
  readonly dir: string;
  /** Read the FER+ votes, where they lie beside, for `meta.majority`. Default false. */
  readonly majority?: boolean | undefined;
  /** Part of each training target that `targets.json` beside the folders says, 0 (default) to 1 (images that are files; soft-targets.ts). */
  readonly distil?: number | undefined;
}

const USAGES: Readonly<Record<SplitName, FerUsage>> = { train: 'Training', validation: 'PublicTest', test: 'PrivateTest' };
/** The FER+ votes, one row for each of the original. */
const VOTES = 'fer2013new.csv';
const CSV_NAMES = ['fer2013', 'icml_face_data'].flatMap((name) => [`${name}.csv`, `${name}.csv.gz`]);

/**
 * Opens FER-2013: train = Training (blank faces left out, targets softened by FER+ votes where `ferPlus` says so),
 * validation = PublicTest, test = PrivateTest (one-hot targets).
 * Throws PhizError `file-not-found`, `unreadable-file`, `invalid-data` or `invalid-option`.
 */
export async function openFer2013(options: Fer2013Options): Promise<DataSet<Fer2013Meta>> {
  const { dir, ferPlus = 0, majority = false, splits = SPLITS, distil = 0, ...load } = options;
  if (!(ferPlus >= 0 && ferPlus <= 1)) throw new PhizError('invalid-option', `ferPlus must be from 0 to 1; got ${ferPlus}`);
  const csv = await findCsv(dir);
  const root = csv && csv === dir ? dirname(dir) : dir;
  const votes = ferPlus > 0 || (majority && (await isFile(join(root, VOTES)))) ? await readVotes(root) : undefined;
  const samples = csv
    ? await readCsv(csv, votes, load.onNote)
    : fer2013FromPaths((await listFiles(root)).filter(isImageName), votes);
  if (samples.length === 0)
    throw new PhizError(
      'no-input',
      `${dir} holds no FER-2013: neither {train,test}/<emotion>/<Usage>_<row>.png nor ${CSV_NAMES.join(' or ')}`,
    );
  const duplicates = async (name: string): Promise<ReadonlySet<number>> =>
    parseDuplicates((await readTextIfAny(join(root, name))) ?? '', join(root, name));
  const repeatsTraining = await duplicates('train-duplicates.csv');
  const repeatsPublic = await duplicates('public-private-duplicates.csv');
  const meta = ({ usage, row, source, votes: own }: Fer2013Sample): Fer2013Meta => ({
    usage,
    row,
    path: 'path' in source ? source.path : undefined,
    repeatsTraining: repeatsTraining.has(row),
    repeatsPublic: repeatsPublic.has(row),
    majority: majority && own ? ferPlusMajority(own) : undefined,
  });
  const called = ({ row }: Fer2013Sample) => `row ${row}`;
  const taught = distil === 0 ? undefined : await readSoftTargets(root, EMOTIONS, distil);
  const parts: { [name in SplitName]?: DataSplit<Fer2013Meta> } = {};
  const skipped: Skipped[] = [];
  for (const name of SPLITS.filter((split) => splits.includes(split))) {
    const usage = USAGES[name];
    const own = samples.filter((sample) => sample.usage === usage);
    if (own.length === 0) continue;
    const training = name === 'train';
    const target = (sample: Fer2013Sample) => fer2013Target(sample, { ferPlus: training ? ferPlus : 0 });
    const soft = training ? taught : undefined;
    const loaded = await loadSplit(root, own, { name: usage, target, meta, called, dropBlank: training, soft }, load);
    parts[name] = loaded.split;
    skipped.push(...loaded.skipped);
  }
  return { name: 'FER-2013', labels: EMOTIONS, ...parts, skipped };
}

/** The CSV that `dir` is or holds; a folder layout beside it wins. Throws PhizError `file-not-found`. */
async function findCsv(dir: string): Promise<string | undefined> {
  let folder: boolean;
  try {
    folder = (await stat(dir)).isDirectory();
  } catch (cause) {
    throw new PhizError('file-not-found', `${dir} does not exist; give the folder of FER-2013 or its fer2013.csv`, { cause });
  }
  if (!folder) {
    if (/\.csv(\.gz)?$/.test(basename(dir))) return dir;
    throw new PhizError('invalid-data', `${dir} is neither a folder nor a .csv or .csv.gz`);
  }
  try {
    if ((await stat(join(dir, 'train'))).isDirectory()) return undefined;
  } catch {
    // no such folder: look for the CSV
  }
  for (const name of CSV_NAMES) if (await isFile(join(dir, name))) return join(dir, name);
  return undefined;
}

async function readVotes(root: string): Promise<readonly FerPlusVotes[]> {
  const path = join(root, VOTES);
  const text = await readTextIfAny(path);
  if (text === undefined)
    throw new PhizError('file-not-found', `${path} is missing: FER+ votes need it; without them set ferPlus to 0`);
  return parseFerPlus(text, path);
}

async function readCsv(
  path: string,
  votes: readonly FerPlusVotes[] | undefined,
  onNote: Fer2013Options['onNote'],
): Promise<readonly Fer2013Sample[]> {
  let reader: ReturnType<typeof createFer2013CsvReader> | undefined;
  const samples: Fer2013Sample[] = [];
  try {
    for await (const line of readLines(path)) {
      if (!reader) {
        reader = createFer2013CsvReader(line.replace(/^\uFEFF/, ''), votes);
        if (reader.partsByRow)
          onNote?.(
            `${path} has no column Usage: split by its rows, as the original lies (28,709 Training, 3,589 PublicTest, 3,589 PrivateTest)`,
          );
      } else {
        const sample = reader.line(line);
        if (sample) samples.push(sample);
      }
    }
  } catch (cause) {
    if (cause instanceof PhizError && cause.code === 'invalid-data')
      throw new PhizError('invalid-data', `${path}: ${cause.message}`, { cause });
    throw cause;
  }
  return samples;
}
