/**
 * Any folder of class folders: `<class>/…` or `{train,val,test}/<class>/…`. The labels are the sorted names of the class folders.
 * Works on paths only: files are read in src/node/data.
 */
import { PhizError } from '../../core/error.js';
import { hashText } from '../../core/random.js';
import { groupByClass, type Sample } from './sample.js';

export interface ClassFolderSample extends Sample {
  readonly source: { readonly path: string };
}

/** The samples of a folder of class folders. */
export interface ClassFolders {
  readonly labels: readonly string[];
  readonly train: readonly ClassFolderSample[];
  readonly validation: readonly ClassFolderSample[];
  readonly test?: readonly ClassFolderSample[] | undefined;
}

const NO_IMAGES = 'no images in class folders; the layout is <class>/<image> or {train,val}/<class>/<image>';

const TRAIN = ['train', 'training'];
const VALIDATION = ['val', 'valid', 'validation'];
const TEST = ['test', 'testing'];

/**
 * Sorts images into classes by their folders. With a `train/` folder the parts are as found; without a `val/` beside it
 * `test/` validates, and without either, or with class folders only, a tenth of each class does, chosen by a hash of the path
 * and `seed`. Images outside class folders are passed over.
 * Throws PhizError `no-input` where there is no image, `invalid-data` for fewer than two classes or a class that a part lacks.
 */
export function classFoldersFromPaths(paths: readonly string[], seed = 0): ClassFolders {
  const tops = new Set(paths.filter((path) => path.includes('/')).map((path) => path.slice(0, path.indexOf('/'))));
  const find = (names: readonly string[]) => [...tops].find((top) => names.includes(top.toLowerCase()));
  const trainTop = find(TRAIN);
  const inPart = (top: string | undefined) =>
    paths.filter((path) => top !== undefined && path.startsWith(`${top}/`) && path.split('/').length > 2);
  const split = trainTop !== undefined && inPart(trainTop).length > 0;
  const depth = split ? 1 : 0;
  const training = split ? inPart(trainTop) : paths.filter((path) => path.includes('/'));
  const labels = [...new Set(training.map((path) => path.split('/')[depth]!))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (training.length === 0) throw new PhizError('no-input', NO_IMAGES);
  if (labels.length < 2)
    throw new PhizError('invalid-data', `only one class folder, '${labels[0]}': a classifier needs two classes or more`);
  if (labels.length > 65535) throw new PhizError('invalid-data', `${labels.length} class folders; 65,535 are the most`);
  const label = (part: readonly string[], name: string): readonly ClassFolderSample[] => {
    const samples = part.map((path) => {
      const index = labels.indexOf(path.split('/')[depth]!);
      if (index < 0) throw new PhizError('invalid-data', `${path}: the training part has no class '${path.split('/')[depth]}'`);
      return { source: { path }, label: index };
    });
    const present = new Set(samples.map((sample) => sample.label));
    const missing = labels.filter((_, i) => !present.has(i));
    if (missing.length > 0) throw new PhizError('invalid-data', `${name} has no images of the class '${missing[0]}'`);
    return samples;
  };
  const all = label(training, trainTop ?? 'the folder');
  const valTop = split ? find(VALIDATION) : undefined;
  const testTop = split ? find(TEST) : undefined;
  const val = inPart(valTop);
  const test = inPart(testTop);
  if (val.length > 0)
    return {
      labels,
      train: all,
      validation: label(val, valTop!),
      test: test.length > 0 ? label(test, testTop!) : undefined,
    };
  if (test.length > 0) return { labels, train: all, validation: label(test, testTop!) };
  return { labels, ...holdOut(all, labels, seed) };
}

/** What a folder holds to be measured on: its parts, or `all` where it has none. */
export interface ClassFolderParts {
  readonly labels: readonly string[];
  readonly parts: ReadonlyMap<'all' | 'train' | 'val' | 'test', readonly ClassFolderSample[]>;
}

/**
 * The parts as they lie, for measuring a model: nothing is held out, a part may be alone or lack a class, and a class may have one
 * image. Throws PhizError `no-input` where there is no image in a class folder.
 */
export function classFolderParts(paths: readonly string[]): ClassFolderParts {
  const found = [
    ['train', TRAIN],
    ['val', VALIDATION],
    ['test', TEST],
  ] as const;
  const split = found.flatMap(([name, tops]) => {
    const own = paths.filter((path) => path.split('/').length > 2 && tops.includes(path.split('/')[0]!.toLowerCase()));
    return own.length > 0 ? [[name, own] as const] : [];
  });
  const depth = split.length > 0 ? 1 : 0;
  const unsplit = paths.filter((path) => path.includes('/'));
  const parts = split.length > 0 ? split : ([['all', unsplit]] as const);
  const labels = [...new Set(parts.flatMap(([, own]) => own.map((path) => path.split('/')[depth]!)))].sort();
  if (labels.length === 0) throw new PhizError('no-input', NO_IMAGES);
  const samples = (own: readonly string[]) =>
    own.map((path) => ({ source: { path }, label: labels.indexOf(path.split('/')[depth]!) }));
  return { labels, parts: new Map(parts.map(([name, own]) => [name, samples(own)])) };
}

/** Takes about a tenth of each class, at least one, for validation: by hash, so that most keep their side when files are added. */
function holdOut(
  samples: readonly ClassFolderSample[],
  labels: readonly string[],
  seed: number,
): { readonly train: readonly ClassFolderSample[]; readonly validation: readonly ClassFolderSample[] } {
  const held = new Set<number>();
  for (const list of groupByClass(samples.map((sample) => sample.label))) {
    if (list.length < 2)
      throw new PhizError(
        'invalid-data',
        `the class '${labels[samples[list[0]!]!.label]}' has one image: one to train and one to validate are the least`,
      );
    const hashed = list
      .map((index) => ({ index, place: hashText(samples[index]!.source.path, seed) / 4294967296 }))
      .sort((a, b) => a.place - b.place || a.index - b.index);
    const low = Math.min(Math.max(hashed.filter(({ place }) => place < 0.1).length, 1), list.length - 1);
    for (const { index } of hashed.slice(0, low)) held.add(index);
  }
  return { train: samples.filter((_, i) => !held.has(i)), validation: samples.filter((_, i) => held.has(i)) };
}
