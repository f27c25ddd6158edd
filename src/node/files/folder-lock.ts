/**
 * One process per folder. The lock is the kernel's, on a file in the folder: whatever ends the owner, also kill -9, ends the lock, and
 * however the folder is spelt, it is the same file. The file stays: deleting it would let a third process lock another of its name.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { pathProblem } from './path-problem.js';

/**
 * Locks an existing folder until disposed. Throws PhizError `invalid-option` where a living process holds it, `unwritable-file`
 * where the folder takes no file or the file system no locks, `engine-unavailable` where locks have no binary.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const { tryLock } = await loadLocks();
  let file: FileHandle | undefined;
  try {
    file = await open(join(folder, 'service.lock'), 'a+', 0o600);
    if (!tryLock(file.fd))
      throw new PhizError('invalid-option', `${folder} is in use by another phiz serve; give each a --data-dir of its own`);
  } catch (cause) {
    await file?.close();
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('unwritable-file', `${folder} cannot be locked: ${pathProblem(cause)}`, { cause });
  }
  const held = file;
  return { [Symbol.asyncDispose]: () => held.close() };
}

async function loadLocks(): Promise<typeof import('fs-native-extensions').default> {
  try {
    return (await import('fs-native-extensions')).default;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new PhizError('engine-unavailable', `fs-native-extensions, which locks folders, has no binary for ${platform}`, {
      cause,
    });
  }
}
