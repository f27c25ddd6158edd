/** Opens any folder of class folders as a data set with its own labels (train/data/class-folders.ts says which layouts). */
import { basename, resolve } from 'node:path';
import { PhizError } from '../../core/error.js';
import { type ClassFolderSample, classFolderParts, classFoldersFromPaths } from '../../train/data/class-folders.js';
import type { Skipped } from '../../train/data/sample.js';
import { isImageName, listFiles } from '../files/read-files.js';
import { type DataOptions, type DataSet, type DataSplit, loadSplit, SPLITS, type SplitName } from './data-set.js';
import { readSoftTargets } from './soft-targets.js';

export interface ClassFolderMeta {
  /** File within the data set's folder. */
  readonly path: string;
}

export interface ClassFolderOptions extends DataOptions {
  readonly dir: string;
  /** Of the split where the folder has none. Default 0. */
  readonly seed?: number | undefined;
  /** Part of each training target that `targets.json` beside the folders says, 0 (default) to 1 (soft-targets.ts). */
  readonly distil?: number | undefined;
}

/**
 * Opens a folder of class folders; labels are the sorted folder names, targets one-hot.
 * Throws PhizError `file-not-found`, `no-input`, `invalid-data` or `invalid-option`.
 */
export async function openClassFolders(options: ClassFolderOptions): Promise<DataSet<ClassFolderMeta>> {
  const { dir, seed = 0, splits = SPLITS, distil = 0, ...load } = options;
  const folders = await readFolders(dir, (paths) => classFoldersFromPaths(paths, seed));
  const plan = planFor(folders.labels);
  const taught = distil === 0 ? undefined : await readSoftTargets(dir, folders.labels, distil);
  const parts: { [name in SplitName]?: DataSplit<ClassFolderMeta> } = {};
  const skipped: Skipped[] = [];
  for (const name of SPLITS.filter((split) => splits.includes(split))) {
    const own = folders[name];
    if (!own) continue;
    const soft = name === 'train' ? taught : undefined;
    const loaded = await loadSplit(dir, own, { name, ...plan, soft }, load);
    parts[name] = loaded.split;
    skipped.push(...loaded.skipped);
  }
  return { name: nameOf(dir), labels: folders.labels, ...parts, skipped };
}

export interface ClassFolderPart {
  readonly name: string;
  readonly labels: readonly string[];
  /** Which part it is. */
  readonly split: EvaluationSplit;
  readonly samples: DataSplit<ClassFolderMeta>['samples'];
  readonly skipped: readonly Skipped[];
}

/** The parts that a model can be measured on. */
export const EVALUATION_SPLITS = ['all', 'val', 'test', 'train'] as const;
export type EvaluationSplit = (typeof EVALUATION_SPLITS)[number];

/**
 * Opens one part of a folder of class folders to measure a model on it. Without `split`: all of a folder without splits, else the
 * first that is there of val, test and train. `val` and `train` of a folder without splits are those that training makes. Throws as
 * `openClassFolders`; `no-input` where there is no such part.
 */
export async function openClassFolderPart({
  dir,
  split,
  ...load
}: Omit<DataOptions, 'splits'> & {
  readonly dir: string;
  readonly split?: EvaluationSplit | undefined;
}): Promise<ClassFolderPart> {
  const { labels, parts } = await readFolders(dir, classFolderParts);
  const chosen = split ?? EVALUATION_SPLITS.find((name) => parts.has(name))!;
  if (parts.has('all') && (chosen === 'val' || chosen === 'train')) {
    const part = chosen === 'val' ? 'validation' : 'train';
    const { name, skipped, ...own } = await openClassFolders({ dir, ...load, splits: [part] });
    return { name, labels, split: chosen, samples: own[part]!.samples, skipped };
  }
  const samples = chosen === 'all' ? [...parts.values()].flat() : parts.get(chosen);
  if (!samples) throw new PhizError('no-input', `${dir} has no ${chosen} part; it has ${[...parts.keys()].join(', ')}`);
  const loaded = await loadSplit(dir, samples, { name: chosen, ...planFor(labels) }, load);
  return { name: nameOf(dir), labels, split: chosen, samples: loaded.split.samples, skipped: loaded.skipped };
}

/** Data sets that documents and reports name as their authors do, by what their folders are called. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ['rafdb', 'RAF-DB'],
  ['raf-db', 'RAF-DB'],
]);

/** What a folder's data set is called: one of those, or as the folder. */
function nameOf(dir: string): string {
  const folder = basename(resolve(dir));
  return KNOWN.get(folder.toLowerCase()) ?? folder;
}

/** One-hot targets, and the path of each image. */
function planFor(labels: readonly string[]) {
  return {
    target: ({ label }: ClassFolderSample) => Float32Array.from(labels, (_, i) => (i === label ? 1 : 0)),
    meta: ({ source }: ClassFolderSample): ClassFolderMeta => ({ path: source.path }),
  };
}

/** Sorts the images of a folder; what is wrong with them names the folder. */
async function readFolders<T>(dir: string, sort: (paths: readonly string[]) => T): Promise<T> {
  const paths = (await listFiles(dir)).filter(isImageName);
  try {
    return sort(paths);
  } catch (cause) {
    if (cause instanceof PhizError) throw new PhizError(cause.code, `${dir}: ${cause.message}`, { cause });
    throw cause;
  }
}
