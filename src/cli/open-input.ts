/** An input as what reads it can open it: files by their path; what gives its bytes once, standard input and pipes, in memory. */
import { closeSync, constants, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { PhizError } from '../core/error.js';
import { hasStrayBytes, pathForFiles, readablePath } from '../node/files/byte-names.js';
import { readError } from '../node/files/read-error.js';

export interface OpenInput extends Disposable {
  /** A path that anything can open, or all bytes. Good until disposed. */
  readonly from: string | Uint8Array;
}

/**
 * What can be opened as often as needed: the path of a file; of standard input and of a pipe, which give it once, all that comes. Who writes to a
 * pipe may never come, so `signal` ends the waiting: PhizError `aborted`. Throws PhizError `file-not-found`, `unreadable-file`.
 */
export async function openInput(path: string, signal: AbortSignal): Promise<OpenInput> {
  const pipe = await stat(pathForFiles(path)).then(
    (there) => there.isFIFO(),
    () => false,
  );
  if (path !== '-' && !pipe) return hasStrayBytes(path) ? openByNumber(path) : inMemory(path);
  const all = buffer(path === '-' ? process.stdin : openPipe(path));
  all.catch(() => {}); // where the signal comes first
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new PhizError('aborted', 'reading was stopped', { cause: signal.reason }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return inMemory(await Promise.race([all, stopped]));
}

function inMemory(from: string | Uint8Array): OpenInput {
  return { from, [Symbol.dispose]: () => {} };
}

/** A name that decoders, which take strings alone, cannot be told: they are given the number of the open file. Linux alone has such names. */
function openByNumber(path: string): OpenInput {
  let fd: number;
  try {
    fd = openSync(pathForFiles(path), 'r');
  } catch (cause) {
    throw readError(readablePath(path), cause);
  }
  return { from: `/proc/self/fd/${fd}`, [Symbol.dispose]: () => closeSync(fd) };
}

/** Waits for whoever writes without blocking a thread: Node would wait for that one even where it is told to exit. */
function openPipe(path: string): Readable {
  const fd = openSync(pathForFiles(path), constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
