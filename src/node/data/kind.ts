/** Which of the known layouts a folder is in, so that `--data DIR` needs no second option. Opening is done by the files beside this one. */
import { PhizError } from '../../core/error.js';
import { fer2013FromPaths } from '../../train/data/fer2013.js';
import { parseUtkFaceName } from '../../train/data/utkface.js';
import { isFile, isImageName, listFiles } from './files.js';

/** Classification data that phiz opens. */
export type DataKind = 'fer2013' | 'utkface' | 'class-folders';

/**
 * Looks at names only. A .csv or .csv.gz is FER-2013, as is a folder holding fer2013.csv or `<emotion>/<Usage>_<row>.*`;
 * a folder mostly of `<age>_<gender>_<race>_<date>.*` is UTKFace; any other is class folders.
 * Throws PhizError `file-not-found`, or `no-input` for a folder without pictures.
 */
export async function dataKind(dir: string): Promise<DataKind> {
  if (/\.csv(\.gz)?$/.test(dir) && (await isFile(dir))) return 'fer2013';
  const files = await listFiles(dir);
  if (files.includes('fer2013.csv') || files.includes('fer2013.csv.gz')) return 'fer2013';
  const pictures = files.filter(isImageName);
  if (pictures.length === 0) throw new PhizError('no-input', `${dir} holds no pictures; give the data set's folder`);
  if (pictures.filter((path) => parseUtkFaceName(path)).length * 2 > pictures.length) return 'utkface';
  return isFer2013(pictures) ? 'fer2013' : 'class-folders';
}

function isFer2013(pictures: readonly string[]): boolean {
  try {
    return fer2013FromPaths(pictures).length * 2 > pictures.length;
  } catch (error) {
    if (error instanceof PhizError) return false; // such names in folders that name no emotion
    throw error;
  }
}
