/** Opens any folder of class folders as a data set with its own labels (train/data/class-folders.ts says which layouts). */
import { basename, resolve } from 'node:path';
import { PhizError } from '../../core/error.js';
import { type ClassFolderSample, classFoldersFromPaths } from '../../train/data/class-folders.js';
import type { Skipped } from '../../train/data/sample.js';
import { isImageName, listFiles } from '../files/read-files.js';
import { type DataOptions, type DataSet, type DataSplit, loadSplit, SPLITS, type SplitName } from './data-set.js';

export interface ClassFolderMeta {
  /** File within the data set's folder. */
  readonly path: string;
}

export interface ClassFolderOptions extends DataOptions {
  readonly dir: string;
  /** Of the split where the folder has none. Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Opens a folder of class folders; labels are the sorted folder names, targets one-hot.
 * Throws PhizError `file-not-found`, `no-input`, `invalid-data` or `invalid-option`.
 */
export async function openClassFolders(options: ClassFolderOptions): Promise<DataSet<ClassFolderMeta>> {
  const { dir, seed = 0, splits = SPLITS, ...load } = options;
  const folders = await readFolders(dir, seed);
  const plan = {
    target: ({ label }: ClassFolderSample) => Float32Array.from(folders.labels, (_, i) => (i === label ? 1 : 0)),
    meta: ({ source }: ClassFolderSample): ClassFolderMeta => ({ path: source.path }),
  };
  const parts: { [name in SplitName]?: DataSplit<ClassFolderMeta> } = {};
  const skipped: Skipped[] = [];
  for (const name of SPLITS.filter((split) => splits.includes(split))) {
    const own = folders[name];
    if (!own) continue;
    const loaded = await loadSplit(dir, own, { name, ...plan }, load);
    parts[name] = loaded.split;
    skipped.push(...loaded.skipped);
  }
  return { name: basename(resolve(dir)), labels: folders.labels, ...parts, skipped };
}

async function readFolders(dir: string, seed: number): Promise<ReturnType<typeof classFoldersFromPaths>> {
  const paths = (await listFiles(dir)).filter(isImageName);
  try {
    return classFoldersFromPaths(paths, seed);
  } catch (cause) {
    if (cause instanceof PhizError) throw new PhizError(cause.code, `${dir}: ${cause.message}`, { cause });
    throw cause;
  }
}
