/** Opens a folder of UTKFace (train/data/utkface.ts says what the names mean). */
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';
import type { Skipped } from '../../train/data/sample.js';
import {
  AGE_LABELS,
  type AgeTargetOptions,
  ageTarget,
  parseUtkFaceSplit,
  type UtkFaceSample,
  utkFaceFromPaths,
} from '../../train/data/utkface.js';
import { isImageName, listFiles, readTextIfAny } from '../files/read-files.js';
import { type DataOptions, type DataSet, type DataSplit, loadSplit, SPLITS, type SplitName } from './data-set.js';

/** What is known of a face of UTKFace. */
export interface UtkFaceMeta {
  /** File within the data set's folder. */
  readonly path: string;
  readonly age: number;
  /** 0: male, 1: female, as the data's authors put it. */
  readonly gender: number;
  /** 0–4, the authors' groups. */
  readonly race: number;
}

export interface UtkFaceOptions extends DataOptions, AgeTargetOptions {
  readonly dir: string;
  /** Of the split where the folder has no split.csv. Default 0. */
  readonly seed?: number | undefined;
}

const PARTS = { train: 'train', validation: 'val', test: 'test' } as const;

/**
 * Opens UTKFace, split as its split.csv says, or by a hash of the names. Labels are the years '1' to '116', targets
 * discretised Gaussians. Throws PhizError `file-not-found`, `no-input`, `invalid-data` or `invalid-option`.
 */
export async function openUtkFace(options: UtkFaceOptions): Promise<DataSet<UtkFaceMeta>> {
  const { dir, sigma, sigmaPerYear, seed = 0, splits = SPLITS, ...load } = options;
  const spread = { sigma, sigmaPerYear };
  ageTarget(1, spread);
  const paths = (await listFiles(dir)).filter(isImageName);
  const split = join(dir, 'split.csv');
  const table = await readTextIfAny(split);
  const { samples, unknown } = utkFaceFromPaths(paths, table === undefined ? undefined : parseUtkFaceSplit(table, split), seed);
  if (samples.length === 0)
    throw new PhizError('no-input', `${dir} holds no images named <age>_<gender>_<race>_<date> (UTKFace)`);
  const meta = ({ source, age, gender, race }: UtkFaceSample): UtkFaceMeta => ({ path: source.path, age, gender, race });
  const target = ({ age }: UtkFaceSample) => ageTarget(age, spread);
  const parts: { [name in SplitName]?: DataSplit<UtkFaceMeta> } = {};
  const skipped: Skipped[] = [...unknown];
  for (const name of SPLITS.filter((split) => splits.includes(split))) {
    const own = samples.filter((sample) => sample.split === PARTS[name]);
    if (own.length === 0) continue;
    const loaded = await loadSplit(dir, own, { name: PARTS[name], target, meta }, load);
    parts[name] = loaded.split;
    skipped.push(...loaded.skipped);
  }
  return { name: 'UTKFace', labels: AGE_LABELS, ...parts, skipped };
}
