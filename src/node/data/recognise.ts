/** Tells by its files which data set a folder holds. */
import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AnyNetworkAttribute } from '../../attributes/attribute.js';
import { EMOTIONS } from '../../attributes/emotion/labels.js';
import type { NumberName } from '../../attributes/index.js';
import { PhizError } from '../../core/error.js';

/** The kinds of data sets, and what is known of their images: a class, the number of an attribute, or where faces are. */
const TRUTHS = {
  fer2013: 'class',
  'class-folders': 'class',
  utkface: 'age',
  faces: 'boxes',
  fddb: 'boxes',
} as const satisfies Readonly<Record<string, 'class' | 'boxes' | NumberName>>;

export type DataKind = keyof typeof TRUTHS;

/** The kinds of data that know what an attribute says; without one, what classes that a card names say. */
export function dataFor(attribute: AnyNetworkAttribute | undefined): readonly DataKind[] {
  const truth = attribute?.figures.of === 'numbers' ? attribute.name : 'class';
  return (Object.keys(TRUTHS) as DataKind[]).filter((kind) => TRUTHS[kind] === truth);
}

/** The kind of data in a folder (or fer2013.csv itself). Throws PhizError `file-not-found`. */
export async function recogniseData(dir: string): Promise<DataKind> {
  if (/\.csv(\.gz)?$/.test(dir)) {
    const file = await open(dir).catch((cause) => {
      throw new PhizError('file-not-found', `${dir} does not exist; give the data set's folder or fer2013.csv`, { cause });
    });
    await file.close();
    return 'fer2013';
  }
  const names = await list(dir);
  if (!names) throw new PhizError('file-not-found', `${dir} is not a readable folder; give the data set's folder`);
  if (names.some((name) => /^(fer2013(new)?|icml_face_data)\.csv(\.gz)?$/.test(name))) return 'fer2013';
  if (names.includes('FDDB-folds')) return 'fddb';
  if (names.some((name) => /^\d+_\d+_\d+_\d+.*\.(webp|jpg|jpeg|png)$/i.test(name))) return 'utkface';
  const train = (await list(join(dir, 'train'))) ?? [];
  if (train.includes('labels.txt')) return 'faces';
  // Its three parts lie in two folders; who has one for validation has made a split of their own.
  if (names.some((name) => /^val(id(ation)?)?$/i.test(name))) return 'class-folders';
  return (await isFer2013(dir, train, (await list(join(dir, 'test'))) ?? [])) ? 'fer2013' : 'class-folders';
}

/** Of seven: one class may be lacking in FER-2013, more make it a data set of somebody's own. */
const FEWEST_EMOTIONS = 6;

/** Whether train/ and test/ hold FER-2013's classes, with files named by its parts and rows. */
async function isFer2013(dir: string, train: readonly string[], test: readonly string[]): Promise<boolean> {
  const folders = [...train.map((name) => join('train', name)), ...test.map((name) => join('test', name))];
  const seen = new Set<string>();
  for (const folder of folders) {
    const inside = (await list(join(dir, folder)))?.filter((name) => !name.startsWith('.'));
    // A file beside the class folders says nothing.
    if (!inside) continue;
    const emotion = EMOTIONS.some((label) => label === basename(folder).toLowerCase());
    if (!emotion || !inside.every((name) => /^(Training|PublicTest|PrivateTest)_\d+\.[a-z]+$/i.test(name))) return false;
    seen.add(basename(folder).toLowerCase());
  }
  return seen.size >= FEWEST_EMOTIONS;
}

async function list(dir: string): Promise<readonly string[] | undefined> {
  return readdir(dir).catch(() => undefined);
}
