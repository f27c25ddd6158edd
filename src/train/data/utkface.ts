/**
 * UTKFace (Zhang, Song and Qi 2017, arXiv:1702.08423): faces named `<age>_<gender>_<race>_<date>`, and targets over the years.
 * An age is taught as a distribution: neighbouring years are nearly as right (label distribution learning, Geng et al. 2013;
 * deep: Gao et al. 2017, arXiv:1611.01731). Parsing only: files are read in src/node/data.
 */

import { MAX_AGE } from '../../attributes/age/ranges.js';
import { PhizError } from '../../core/error.js';
import { hashText } from '../../core/random.js';
import type { Sample } from './sample.js';

/** Names of the 116 classes: the years '1' to '116'. */
export const AGE_LABELS: readonly string[] = Array.from({ length: MAX_AGE }, (_, i) => String(i + 1));

export type UtkSplit = 'train' | 'val' | 'test';

export interface UtkFaceSample extends Sample {
  readonly source: { readonly path: string };
  /** age − 1: index into AGE_LABELS. */
  readonly label: number;
  readonly age: number;
  /** 0: male, 1: female, as the data's authors put it. */
  readonly gender: number;
  /** 0–4, the authors' groups. */
  readonly race: number;
  readonly split: UtkSplit;
}

/** Age, gender and race in a file name of UTKFace; undefined where it is none (a few official names lack a part). */
export function parseUtkFaceName(
  path: string,
): { readonly age: number; readonly gender: number; readonly race: number } | undefined {
  const match = /^(\d{1,3})_([01])_([0-4])_\d+\./.exec(path.slice(path.lastIndexOf('/') + 1));
  if (!match) return undefined;
  const age = Number(match[1]);
  return age >= 1 && age <= MAX_AGE ? { age, gender: Number(match[2]), race: Number(match[3]) } : undefined;
}

/**
 * The parts in a split.csv (`file,split`), by the file's name up to its first dot, so that it serves the official JPEGs too.
 * `where` names it in messages. Throws PhizError `invalid-data` naming the line.
 */
export function parseUtkFaceSplit(text: string, where = 'split.csv'): ReadonlyMap<string, UtkSplit> {
  const parts = new Map<string, UtkSplit>();
  for (const [index, line] of text.trimEnd().split(/\r?\n/).slice(1).entries()) {
    const [file = '', split = ''] = line.split(',').map((cell) => cell.trim());
    if (split !== 'train' && split !== 'val' && split !== 'test')
      throw new PhizError('invalid-data', `${where}, line ${index + 2}: the part must be train, val or test; got '${split}'`);
    parts.set(stem(file), split);
  }
  return parts;
}

/**
 * The samples among the paths, in order of path, and the images whose name or part is unknown. Without `parts` a hash of the
 * name and `seed` sends 70 % to train, 10 % to val and 20 % to test (near-duplicates may then stand on both sides).
 */
export function utkFaceFromPaths(
  paths: readonly string[],
  parts?: ReadonlyMap<string, UtkSplit>,
  seed = 0,
): {
  readonly samples: readonly UtkFaceSample[];
  readonly unknown: readonly { readonly path: string; readonly reason: string }[];
} {
  const samples: UtkFaceSample[] = [];
  const unknown: { path: string; reason: string }[] = [];
  for (const path of paths) {
    const name = parseUtkFaceName(path);
    const split = parts ? parts.get(stem(path)) : hashSplit(stem(path), seed);
    if (!name) unknown.push({ path, reason: 'the name is not <age>_<gender>_<race>_<date>' });
    else if (!split) unknown.push({ path, reason: 'not in split.csv' });
    else samples.push({ source: { path }, label: name.age - 1, ...name, split });
  }
  return { samples, unknown };
}

/** How far an age's target spreads over its neighbours. */
export interface AgeTargetOptions {
  /** Standard deviation in years at age 0. Default 1. */
  readonly sigma?: number | undefined;
  /** Years that it grows by each year of age: old ages are harder to tell. Default 0.05. */
  readonly sigmaPerYear?: number | undefined;
}

/** A Gaussian about the age over the years 1…116, summing to 1; one-hot where its deviation is 0. Throws PhizError `invalid-option`. */
export function ageTarget(age: number, { sigma = 1, sigmaPerYear = 0.05 }: AgeTargetOptions = {}): Float32Array {
  const deviation = sigma + sigmaPerYear * age;
  if (!(sigma >= 0 && sigmaPerYear >= 0 && deviation <= 50))
    throw new PhizError(
      'invalid-option',
      `sigma and sigmaPerYear must be 0 or more, 50 years at most; got ${sigma} and ${sigmaPerYear}`,
    );
  if (!Number.isInteger(age) || age < 1 || age > MAX_AGE)
    throw new PhizError('invalid-data', `an age must be a whole year from 1 to ${MAX_AGE}; got ${age}`);
  const target = new Float32Array(MAX_AGE);
  if (deviation === 0) {
    target[age - 1] = 1;
    return target;
  }
  let sum = 0;
  for (let i = 0; i < MAX_AGE; i++) sum += Math.exp(-0.5 * ((i + 1 - age) / deviation) ** 2);
  for (let i = 0; i < MAX_AGE; i++) target[i] = Math.exp(-0.5 * ((i + 1 - age) / deviation) ** 2) / sum;
  return target;
}

function stem(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}

function hashSplit(name: string, seed: number): UtkSplit {
  const place = hashText(name, seed) / 4294967296;
  return place < 0.7 ? 'train' : place < 0.8 ? 'val' : 'test';
}
