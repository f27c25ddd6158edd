/** Files that are whole or not there: written beside their place under another name, then renamed over it. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
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
