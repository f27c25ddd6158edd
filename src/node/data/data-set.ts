/** A classification data set in memory: what every opener beside this file gives. Training reads the packs, evaluation the samples. */

import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import type { PackedSamples } from '../../train/data/batches.js';
import { imageAt, isBlank, selectImages, shared } from '../../train/data/pack.js';
import { limitSamples, type Sample, type Skipped } from '../../train/data/sample.js';
import { type LoadOptions, packSamples } from './pack-files.js';
import { type SoftTargets, softened } from './soft-targets.js';

/** The parts of a data set. */
export const SPLITS = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLITS)[number];

/** One decoded sample: its image (a view of the pack), its class and what else is known of it. */
export interface DataSample<Meta> {
  readonly image: Image;
  readonly label: number;
  readonly meta: Meta;
}

/** One part of a data set. */
export interface DataSplit<Meta> extends PackedSamples {
  /** The part's own name, as 'PublicTest'. */
  readonly name: string;
  readonly samples: readonly DataSample<Meta>[];
}

/** A data set. A part that was not asked for, or that the data does not have, is absent. */
export interface DataSet<Meta> {
  readonly name: string;
  /** Names of the classes, in the order of the targets. */
  readonly labels: readonly string[];
  readonly train?: DataSplit<Meta>;
  readonly validation?: DataSplit<Meta>;
  readonly test?: DataSplit<Meta>;
  /** Images left out, and why. */
  readonly skipped: readonly Skipped[];
}

/** Options that all openers share. */
export interface DataOptions extends LoadOptions {
  /** Parts to load. Default: all. */
  readonly splits?: readonly SplitName[] | undefined;
  /** At most so many samples of each part, classes in proportion. Default: all. */
  readonly limit?: number | undefined;
}

/** How an opener turns its samples into a split. */
export interface SplitPlan<T extends Sample, Meta> {
  readonly name: string;
  readonly target: (sample: T) => Float32Array;
  readonly meta: (sample: T) => Meta;
  /** What a sample without a file is called when it is left out. Default: the part's name. */
  readonly called?: (sample: T) => string;
  /** Leave out images of one colour. Default false. */
  readonly dropBlank?: boolean;
  /** Mixed into the targets. */
  readonly soft?: SoftTargets | undefined;
}

/** Decodes samples into a split. Throws PhizError `invalid-data` where none can be read. */
export async function loadSplit<T extends Sample, Meta>(
  dir: string,
  samples: readonly T[],
  { name, target, meta, called = () => name, dropBlank = false, soft }: SplitPlan<T, Meta>,
  { limit, ...load }: DataOptions,
): Promise<{ readonly split: DataSplit<Meta>; readonly skipped: readonly Skipped[] }> {
  const loaded = await packSamples(dir, limitSamples(samples, limit), load);
  const skipped = [...loaded.skipped];
  let { pack, kept } = loaded;
  if (dropBlank) {
    const full: number[] = [];
    for (const [index, sample] of kept.entries())
      if (isBlank(imageAt(pack, index)))
        skipped.push({ path: 'path' in sample.source ? sample.source.path : called(sample), reason: 'blank' });
      else full.push(index);
    pack = selectImages(pack, full);
    kept = full.map((index) => kept[index]!);
  }
  if (kept.length === 0) {
    const why = skipped[0] ? `; first of ${skipped.length} left out: ${skipped[0].path}: ${skipped[0].reason}` : '';
    throw new PhizError('invalid-data', `${dir}: no image of ${name} can be used${why}`);
  }
  const targets = kept.map((sample) => {
    const plain = target(sample);
    return soft && 'path' in sample.source ? softened(plain, sample.source.path, soft) : plain;
  });
  const width = targets[0]!.length;
  const allTargets = shared(Float32Array, kept.length * width);
  for (const [i, values] of targets.entries()) allTargets.set(values, i * width);
  const classes = shared(Uint16Array, kept.length);
  for (const [i, { label }] of kept.entries()) classes[i] = label;
  const split = {
    name,
    pack,
    targets: allTargets,
    classes,
    samples: kept.map((sample, i) => ({ image: imageAt(pack, i), label: sample.label, meta: meta(sample) })),
  };
  return { split, skipped };
}

/** The labels that no sample has, in quotes with commas between; empty where each has one. */
export function labelsWithoutSample(labels: readonly string[], classes: Iterable<number>): string {
  const present = new Set(classes);
  return labels
    .filter((_, i) => !present.has(i))
    .map((label) => `'${label}'`)
    .join(', ');
}
