/** Files that are whole or not there: written beside their place under another name, then renamed over it. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PhizError } from '../core/error.js';

export interface WriteAtomicOptions {
  /** Wait until the disk holds the bytes, so that a power cut leaves the old file or the new one (checkpoints). */
  readonly durable?: boolean;
}

/**
 * Writes a file as a whole: a reader sees the old one or the new one, never a part. Makes missing folders, follows links, and
 * writes straight through to what is no plain file (/dev/stdout). Throws PhizError `unwritable-file`, leaving nothing behind.
 */
export async function writeAtomic(
  path: string,
  data: string | Uint8Array,
  { durable = false }: WriteAtomicOptions = {},
): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await realpath(path).catch(() => path);
    const there = await stat(target).catch(() => undefined);
    if (there?.isDirectory()) throw new PhizError('unwritable-file', `${path} cannot be written: a folder of that name is there`);
    if (there && !there.isFile()) return await writeFile(target, data);
    await mkdir(dirname(target), { recursive: true });
    temporary = join(dirname(target), `.${basename(target).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
    const handle = await open(temporary, 'wx', there ? there.mode & 0o777 : 0o666);
    try {
      await handle.writeFile(data);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    if (temporary) await rm(temporary, { force: true }).catch(() => undefined);
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('unwritable-file', `${path} cannot be written: ${reason(cause)}`, { cause });
  }
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

/** Opens a file to be written piece by piece; makes missing folders. All its calls throw PhizError `unwritable-file`. */
export async function openAtomic(path: string): Promise<AtomicFile> {
  const fail = (cause: unknown): never => {
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('unwritable-file', `${path} cannot be written: ${reason(cause)}`, { cause });
  };
  const create = async (): Promise<{ target: string; temporary: string; handle: FileHandle }> => {
    const target = await realpath(path).catch(() => path);
    const there = await stat(target).catch(() => undefined);
    if (there?.isDirectory()) throw new PhizError('unwritable-file', `${path} cannot be written: a folder of that name is there`);
    await mkdir(dirname(target), { recursive: true });
    const temporary = join(dirname(target), `.${basename(target).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
    return { target, temporary, handle: await open(temporary, 'wx', there ? there.mode & 0o777 : 0o666) };
  };
  const { target, temporary, handle } = await create().catch(fail);
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

function reason(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
      return 'the disk is full';
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a part of its path is a file, not a folder';
    default:
      return code ?? String(cause);
  }
}
