/** Tells by its files which data set a folder holds. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';

export type DataKind = 'fer2013' | 'utkface' | 'faces' | 'fddb' | 'class-folders';

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
  if (!names) throw new PhizError('file-not-found', `${dir} is no folder that can be read; give the data set's folder`);
  if (names.some((name) => /^fer2013(new)?\.csv(\.gz)?$/.test(name))) return 'fer2013';
  if (names.includes('FDDB-folds')) return 'fddb';
  if (names.some((name) => /^\d+_\d+_\d+_\d+.*\.(webp|jpg|jpeg|png)$/i.test(name))) return 'utkface';
  const train = (await list(join(dir, 'train'))) ?? [];
  if (train.includes('labels.txt')) return 'faces';
  const folders = { train, test: (await list(join(dir, 'test'))) ?? [] };
  for (const [part, inside] of Object.entries(folders))
    for (const name of inside.slice(0, 3)) {
      const inner = (await list(join(dir, part, name))) ?? [];
      if (inner.some((file) => /^(Training|PublicTest|PrivateTest)_\d+\./.test(file))) return 'fer2013';
    }
  return 'class-folders';
}

async function list(dir: string): Promise<readonly string[] | undefined> {
  return readdir(dir).catch(() => undefined);
}
