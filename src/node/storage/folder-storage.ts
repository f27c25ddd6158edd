/** A folder as storage: one machine's, or one of a file system that all machines share (NFS 4, CephFS, SMB with hard links). */
import { copyFile, link, open, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { PhizError } from '../../core/error.js';
import { makeFolder } from '../files/make-folder.js';
import { pathProblem } from '../files/path-problem.js';
import { isMissing, readError } from '../files/read-error.js';
import { temporaryFor } from '../files/temporary.js';
import { checkKey, type Storage, type StoredFile } from './storage.js';

/** Opens a folder, made where it is missing. Throws PhizError `unwritable-file`. */
export async function openFolderStorage(folder: string): Promise<Storage> {
  const home = resolve(folder);
  await makeFolder(home, { mode: 0o700 });
  const pathOf = (key: string): string => {
    checkKey(key);
    return join(home, key);
  };
  const failed = (key: string, cause: unknown): PhizError =>
    cause instanceof PhizError
      ? cause
      : new PhizError('unwritable-file', `${join(home, key)} cannot be written: ${pathProblem(cause)}`, { cause });

  return {
    async put(key, from, { ifAbsent = false } = {}) {
      const path = pathOf(key);
      const temporary = temporaryFor(path);
      try {
        const write = (): Promise<void> => writeDurably(temporary, from);
        // Most files of a job go where others are already.
        await write().catch(async (cause: unknown) => {
          if (!isMissing(cause)) throw cause;
          await makeFolder(dirname(path), { mode: 0o700 });
          await write();
        });
        // A link takes no place of anything, which a new name does.
        if (ifAbsent) await link(temporary, path);
        else await rename(temporary, path);
        await syncFolder(dirname(path));
        return true;
      } catch (cause) {
        if (ifAbsent && (cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw failed(key, cause);
      } finally {
        await rm(temporary, { force: true }).catch(() => {});
      }
    },
    async get(key, range) {
      const path = pathOf(key);
      const handle = await open(path, 'r').catch((cause: unknown) => {
        throw readError(path, cause);
      });
      return handle.createReadStream(range ? { start: range.start, end: range.end } : {});
    },
    async stat(key) {
      const path = pathOf(key);
      try {
        const found = await stat(path);
        return found.isFile() ? { key, size: found.size } : undefined;
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw readError(path, cause);
      }
    },
    list: (prefix) => below(home, prefix, pathOf(prefix)),
    async remove(key, { keep = [] } = {}) {
      const path = pathOf(key);
      try {
        if (keep.length > 0) return await removeBut(path, keep.map(pathOf));
        // A file takes one call, where a folder takes several for all that is in it.
        await unlink(path).catch(() => rm(path, { recursive: true, force: true, maxRetries: 3 }));
        // The folder of a job is not left behind empty.
        if (dirname(path) !== home) await rmdir(dirname(path)).catch(() => {});
      } catch (cause) {
        throw failed(key, cause);
      }
    },
    presign: async () => undefined,
    [Symbol.dispose]() {},
  };
}

/** Writes bytes or a copy of a file, which the disk holds when this resolves. */
async function writeDurably(path: string, from: Uint8Array | { readonly path: string }): Promise<void> {
  const bytes = from instanceof Uint8Array;
  if (!bytes) await copyFile(from.path, path);
  await using file = await open(path, bytes ? 'wx' : 'r+', 0o600);
  if (bytes) await file.writeFile(from);
  await file.sync();
}

/** Removes all that lies in a folder but what is kept. */
async function removeBut(path: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(path).catch(() => [])) {
    const child = join(path, name);
    if (kept.includes(child)) continue;
    if (kept.some((one) => one.startsWith(`${child}${sep}`))) await removeBut(child, kept);
    else await rm(child, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function* below(home: string, prefix: string, path: string): AsyncGenerator<StoredFile> {
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (isMissing(cause) || cause.code === 'ENOTDIR') return [];
    throw readError(path, cause);
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const key = `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* below(home, key, join(path, entry.name));
    // What is not whole yet has a name of its own kind.
    else if (entry.isFile() && !/^\..*\.tmp$/.test(entry.name)) {
      const found = await stat(join(path, entry.name)).catch(() => undefined);
      if (found) yield { key, size: found.size };
    }
  }
}

/** Makes the disk hold a folder's names, where folders can be opened. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using folder = await open(path, 'r');
  await folder.sync();
}
