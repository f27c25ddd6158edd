/**
 * Paths whose bytes are not UTF-8, as Linux allows (archives and disks from other systems), as strings: each byte that is no part of UTF-8
 * stands as a lone surrogate, U+DC80 to U+DCFF, as in Python (PEP 383). So nothing is lost, and paths are joined and compared as
 * ever; for the file system and for eyes there is a form of its own. Elsewhere such names cannot be.
 */
import { isUtf8 } from 'node:buffer';
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

const LOST = '\ufffd';
// With `u` one half of a pair is not taken for a lone one.
const STRAY = /[\udc80-\udcff]/u;
const STRAYS = /[\udc80-\udcff]/gu;

/** Whether a path holds such bytes. */
export function hasStrayBytes(path: string): boolean {
  return STRAY.test(path);
}

/** A name as the file system gives it. */
export function nameOfBytes(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString();
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((n) => at + n <= bytes.length && isUtf8(bytes.subarray(at, at + n)));
    name += length ? Buffer.from(bytes.subarray(at, at + length)).toString() : String.fromCharCode(0xdc00 + bytes[at]!);
    at += length ?? 1;
  }
  return name;
}

/** The path as the calls of node:fs take it: bytes where they are not UTF-8. */
export function pathForFiles(path: string): string | Buffer {
  return hasStrayBytes(path) ? bytesOfName(path) : path;
}

/** The bytes of a path. */
export function bytesOfName(path: string): Buffer {
  return Buffer.concat([...path].map((sign) => (STRAY.test(sign) ? Buffer.of(sign.charCodeAt(0) - 0xdc00) : Buffer.from(sign))));
}

/** The path for messages, results and names of outputs: such bytes as `%E9`. */
export function readablePath(path: string): string {
  return path.replaceAll(STRAYS, (stray) => `%${(stray.charCodeAt(0) - 0xdc00).toString(16).toUpperCase()}`);
}

/**
 * What a path from the command line may mean. Node gives such bytes there as U+FFFD, so these are all files and folders whose names read like it; the
 * path itself where it has none of them, or nothing is found.
 */
export async function pathsReadAs(path: string): Promise<readonly string[]> {
  if (process.platform === 'win32' || !path.includes(LOST)) return [path];
  let found = [path.startsWith(sep) ? sep : ''];
  for (const part of path.split(sep).filter((one) => one !== '')) {
    const deeper = found.map(async (folder) => {
      if (!part.includes(LOST)) return [join(folder, part)];
      const names = await readdir(pathForFiles(folder || '.'), { encoding: 'buffer' }).catch(() => []);
      return names.filter((name) => name.toString() === part).map((name) => join(folder, nameOfBytes(name)));
    });
    found = (await Promise.all(deeper)).flat();
  }
  return found.length > 0 ? found.sort() : [path];
}

/** What is in a folder; hidden things too. Throws as `readdir`. */
export async function namesIn(
  folder: string,
): Promise<readonly { readonly name: string; readonly kind: 'file' | 'folder' | 'pipe' | 'other' }[]> {
  const entries = await readdir(pathForFiles(folder || '.'), { withFileTypes: true, encoding: 'buffer' });
  return entries.map((entry) => ({
    name: nameOfBytes(entry.name),
    kind: entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : entry.isFIFO() ? 'pipe' : 'other',
  }));
}
