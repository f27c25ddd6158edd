/** Listing and reading the files of a data set, with errors that name the folder and the way out. Decoding is pack-files.ts's. */
import { createReadStream } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { PhizError } from '../../core/error.js';
import { isMissing, readError, reason } from './read-error.js';

const IMAGE_NAME = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i;

/** True where a file's name says that it is an image. */
export function isImageName(path: string): boolean {
  return IMAGE_NAME.test(path);
}

/**
 * Relative paths ('/' between parts) of all files below a folder, in order of their code units; hidden ones are left out. Links are
 * followed, except to a folder that they lie in. Throws PhizError `file-not-found` where there is no such folder.
 */
export async function listFiles(dir: string): Promise<readonly string[]> {
  const found: string[] = [];
  const visit = async (relative: string, above: readonly string[]): Promise<void> => {
    const here = await realpath(join(dir, relative));
    if (above.includes(here)) return;
    const inside = [...above, here];
    const entries = await readdir(join(dir, relative), { withFileTypes: true });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = relative ? `${relative}/${entry.name}` : entry.name;
      const target = entry.isSymbolicLink() ? await stat(join(dir, path)).catch(() => undefined) : entry;
      if (target?.isDirectory()) await visit(path, inside);
      else if (target?.isFile()) found.push(path);
    }
  };
  try {
    await visit('', []);
  } catch (cause) {
    throw new PhizError('file-not-found', `cannot read the folder ${dir} (${reason(cause)}); give the data set's folder`, {
      cause,
    });
  }
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** True where the path is an ordinary file. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The bytes of a file, or undefined where there is none. Throws PhizError `unreadable-file` on any other failure. */
export async function readIfAny(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw readError(path, cause);
  }
}

/** The text of a file. Throws PhizError `file-not-found`, `unreadable-file`. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** The text of a file, or undefined where there is none. Throws PhizError `unreadable-file` on any other failure. */
export async function readTextIfAny(path: string): Promise<string | undefined> {
  return (await readIfAny(path))?.toString('utf8');
}

/**
 * The lines of a text file, plain or (by its name) gzipped, one at a time; `longest` bounds the memory. Throws PhizError `file-not-found`,
 * `unreadable-file`, `invalid-data` for a line of more than `longest` characters.
 */
export async function* readLines(
  path: string,
  { longest = Infinity }: { readonly longest?: number } = {},
): AsyncGenerator<string> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  // pipeline (unlike pipe) passes the file's errors on to the reader of the other end.
  const input: AsyncIterable<Uint8Array> = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file;
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of input) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop()!;
      if (rest.length > longest) throw new PhizError('invalid-data', `${path} has a line of more than ${longest} characters`);
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
  } catch (cause) {
    throw readError(path, cause);
  } finally {
    file.destroy();
  }
  if (rest) yield rest;
}
