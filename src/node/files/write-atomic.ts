/** Files that are whole or not there: written beside their place under another name, then renamed over it. */
import { type FileHandle, lstat, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PhizError } from '../../core/error.js';
import { makeFolder } from './make-folder.js';
import { pathProblem } from './path-problem.js';
import { sweepOrphans, temporaryFor } from './temporary.js';

export interface AtomicOptions {
  /** Only the owner may read the file, and look into folders made for it: it tells of faces. A file that is there keeps its rights. */
  readonly private?: boolean | undefined;
}

export interface WriteAtomicOptions extends AtomicOptions {
  /** Wait until the disk holds the bytes, so that a power cut leaves the old file or the new one (checkpoints). */
  readonly durable?: boolean | undefined;
}

/**
 * Writes a file as a whole: a reader sees the old one or the new one, never a part. Makes missing folders, follows links, and
 * writes straight through to what is not a plain file (/dev/stdout). Throws PhizError `unwritable-file`, leaving nothing behind. What
 * dead processes left beside it is for a run to remove at its start (`sweepOrphans`): listing the folder for each of many files takes long.
 */
export async function writeAtomic(
  path: string,
  data: string | Uint8Array,
  { durable = false, ...rights }: WriteAtomicOptions = {},
): Promise<void> {
  let begun: Begun | undefined;
  try {
    const place = await targetOf(path);
    if (place.mode === 'no file') return await writeFile(place.target, data);
    begun = await begin(place, rights);
    try {
      await begun.handle.writeFile(data);
      if (durable) await begun.handle.sync();
    } finally {
      await begun.handle.close();
    }
    await rename(begun.temporary, place.target);
  } catch (cause) {
    if (begun) await rm(begun.temporary, { force: true }).catch(() => undefined);
    throw failure(path, cause);
  }
}

/** Waits until the disk holds the bytes of files that are there. Throws PhizError `unwritable-file`. */
export async function flushFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await using handle = await open(path, 'r+');
      await handle.sync();
    } catch (cause) {
      throw failure(path, cause);
    }
  }
}

/** Where a file is to be, links followed, and the rights of the one that is there. */
interface Target {
  readonly target: string;
  /** Undefined where nothing is there. */
  readonly mode: number | 'no file' | undefined;
}

/** Throws PhizError `unwritable-file` where a folder is there. */
async function targetOf(path: string): Promise<Target> {
  // Only a link need be followed; the path from the root may be none that a string can hold.
  const link = await lstat(path).catch(() => undefined);
  const followed = link?.isSymbolicLink() === true;
  const target = followed ? await realpath(path).catch(() => path) : path;
  const there = followed ? await stat(target).catch(() => undefined) : link;
  if (there?.isDirectory()) throw new PhizError('unwritable-file', `${path} cannot be written: a folder of that name is there`);
  return { target, mode: there && (there.isFile() ? there.mode & 0o777 : 'no file') };
}

/** A file that is being written under another name. */
interface Begun {
  readonly temporary: string;
  readonly handle: FileHandle;
}

/** Begins a file beside its place. */
async function begin({ target, mode }: Target, { private: secret = false }: AtomicOptions): Promise<Begun> {
  const folder = dirname(target);
  const temporary = temporaryFor(target);
  const rights = typeof mode === 'number' ? mode : secret ? 0o600 : 0o666;
  try {
    return { temporary, handle: await open(temporary, 'wx', rights) };
  } catch (error) {
    // The folder is there for all files but the first: it is made where it is missing, not looked for each time.
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await makeFolder(folder, secret ? { mode: 0o700 } : {});
    return { temporary, handle: await open(temporary, 'wx', rights) };
  }
}

/** What writing threw, as phiz says it. */
function failure(path: string, cause: unknown): PhizError {
  if (cause instanceof PhizError) return cause;
  return new PhizError('unwritable-file', `${path} cannot be written: ${pathProblem(cause)}`, { cause });
}

/** A file written piece by piece that appears under its name only when it is whole. */
export interface AtomicFile {
  readonly path: string;
  /** Adds to the file; one call at a time. */
  write(data: string | Uint8Array): Promise<void>;
  /** Gives the file its name. */
  commit(): Promise<void>;
  /** Leaves nothing behind; does nothing after `commit`. */
  abort(): Promise<void>;
}

/** Characters or bytes gathered before the disk is bothered. */
const CHUNK = 1 << 16;

/**
 * Opens a file to be written piece by piece; makes missing folders, and removes what dead processes left half written beside it. All its
 * calls throw PhizError `unwritable-file`.
 */
export async function openAtomic(path: string, rights: AtomicOptions = {}): Promise<AtomicFile> {
  const fail = (cause: unknown): never => {
    throw failure(path, cause);
  };
  const place = await targetOf(path);
  const { target } = place;
  await sweepOrphans(dirname(target));
  const { temporary, handle } = await begin(place, rights).catch(fail);
  let text = '';
  let ended = false;
  const put = async (data: string | Uint8Array): Promise<void> => {
    // Node's writeFile goes on from where the handle stands and writes all of it.
    if (data.length > 0) await handle.writeFile(data);
  };
  const abort = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
  };
  return {
    path,
    async write(data) {
      try {
        if (typeof data === 'string') text += data;
        if (typeof data === 'string' && text.length < CHUNK) return;
        const gathered = text;
        text = '';
        await put(gathered);
        if (typeof data !== 'string') await put(data);
      } catch (cause) {
        fail(cause);
      }
    },
    async commit() {
      try {
        await put(text);
        await handle.close();
        await rename(temporary, target);
        ended = true;
      } catch (cause) {
        await abort();
        fail(cause);
      }
    },
    abort,
  };
}
