/**
 * Makes a folder with those above it, one by one. Node's own recursive mkdir never comes back from paths like /proc/x, where nothing
 * can be made.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, normalize } from 'node:path';
import { PhizError } from '../../core/error.js';
import { pathProblem } from './path-problem.js';

export interface MakeFolderOptions {
  /** Of the folders made: 0o700 where only the owner may look into them. */
  readonly mode?: number | undefined;
}

/** Makes what is missing of the path, which stays relative: the working folder's own may be none that a string can hold. Throws PhizError `unwritable-file` naming the path and the reason. */
export async function makeFolder(path: string, { mode = 0o777 }: MakeFolderOptions = {}): Promise<void> {
  try {
    await make(normalize(path), mode);
  } catch (cause) {
    throw new PhizError('unwritable-file', `cannot make the folder ${path}: ${pathProblem(cause)}`, { cause });
  }
}

async function make(path: string, mode: number): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await make(parent, mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isFolder(path))) return;
    throw error;
  }
}

/** Throws what stat throws, but where there is nothing. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
