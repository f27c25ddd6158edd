/**
 * One service a data folder. The lock is a socket that the owner listens on: whatever ends the owner, also kill -9, ends the
 * listening, so a lock is never left behind by the dead, and no process number can be mistaken for another's.
 */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PhizError } from '../core/error.js';

/** Bytes that a socket's path may have everywhere. */
const LONGEST_PATH = 100;

/**
 * Locks an existing folder until disposed. Throws PhizError `invalid-option` where a living process holds it, `unwritable-file`
 * where the folder takes no socket.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const path = socketPath(folder);
  let server: Server;
  try {
    server = await listen(path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      if (await answers(path))
        throw new PhizError('invalid-option', `${folder} is in use by another phiz serve; give each a --data-dir of its own`);
      await rm(path, { force: true });
      return await listen(path);
    });
  } catch (cause) {
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('unwritable-file', `${folder} cannot be locked: ${(cause as Error).message}`, { cause });
  }
  server.unref();
  return {
    // Closing takes the socket's file away too.
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function socketPath(folder: string): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return `\\\\.\\pipe\\phiz-${name}`;
  const inside = join(folder, 'lock');
  return Buffer.byteLength(inside) <= LONGEST_PATH ? inside : join(tmpdir(), `phiz-${name}`);
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
