/**
 * What other networks say of a data set's training images, in a `targets.json` beside its folders (scripts/teach-targets.ts writes it):
 * part of each target may be their answer instead of the one label, which tells a network how alike classes are and where a label
 * is doubtful (knowledge distillation: Hinton, Vinyals & Dean 2015, arXiv:1503.02531).
 */
import { join } from 'node:path';
import { z } from 'zod';
import { PhizError } from '../../core/error.js';
import { parsedJson } from '../../core/schema-fault.js';
import { readTextIfAny } from '../files/read-files.js';

const targetsSchema = z
  .object({
    /** The networks that were asked. */
    by: z.array(z.string()),
    /** The classes, in the order of each row. */
    labels: z.array(z.string()).min(1),
    /** Probabilities for each image, by its path within the folder. */
    targets: z.record(z.string(), z.array(z.number().min(0).max(1))),
  })
  .strict();

/** The file's content, as the script writes it. */
export type SoftTargetsFile = z.output<typeof targetsSchema>;
export const SOFT_TARGETS_NAME = 'targets.json';

/** Where a folder's soft targets are to be had, and how much of each target they are. */
export interface SoftTargets {
  /** 0–1. */
  readonly weight: number;
  /** Probabilities in the order of the data set's labels, by path. */
  readonly of: ReadonlyMap<string, Float32Array>;
}

/**
 * Reads them, in the order of `labels`. Throws PhizError `file-not-found` where there are none, `invalid-data` where they are of other
 * classes or no targets, `invalid-option` for a weight that is none.
 */
export async function readSoftTargets(dir: string, labels: readonly string[], weight: number): Promise<SoftTargets> {
  if (!(weight >= 0 && weight <= 1)) throw new PhizError('invalid-option', `distil must be from 0 to 1; got ${weight}`);
  const path = join(dir, SOFT_TARGETS_NAME);
  const text = await readTextIfAny(path);
  if (text === undefined)
    throw new PhizError('file-not-found', `${path} is missing: distil needs it; without it leave distil out`);
  const { labels: own, targets } = parsedJson(targetsSchema, text, {
    code: 'invalid-data',
    lead: `${path} holds no targets`,
    whole: 'the whole',
  });
  const from = labels.map((label) => own.indexOf(label));
  if (own.length !== labels.length || from.includes(-1))
    throw new PhizError('invalid-data', `${path} is of the classes ${own.join(', ')} where the images have ${labels.join(', ')}`);
  const of = new Map<string, Float32Array>();
  for (const [image, row] of Object.entries(targets)) {
    const sum = row.reduce((total, value) => total + value, 0);
    if (row.length !== labels.length || !(sum > 0))
      throw new PhizError('invalid-data', `${path}: ${image} has no probability for each of ${labels.length} classes`);
    of.set(
      image,
      Float32Array.from(from, (i) => row[i]! / sum),
    );
  }
  return { weight, of };
}

/** (1 − w) · target + w · what the others say of the image; the plain target of an image that they were not asked about. */
export function softened(target: Float32Array, path: string, { weight, of }: SoftTargets): Float32Array {
  const said = of.get(path);
  return said ? target.map((value, i) => (1 - weight) * value + weight * said[i]!) : target;
}
