/** An input as what reads it can open it: files by their path; what gives its bytes once, standard input and pipes, in memory. */
import { closeSync, constants, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { PhizError } from '../core/error.js';
import { hasStrayBytes, pathForFiles, readablePath } from '../node/files/byte-names.js';
import { readError } from '../node/files/read-error.js';
import { isRemote, type RemoteFiles } from '../node/remote/remote-files.js';

export interface OpenInput extends AsyncDisposable {
  /** A path that anything can open, or all bytes. Good until disposed. */
  readonly from: string | Uint8Array;
}

/**
 * What can be opened as often as needed: the path of a file, or of a copy of what lies elsewhere; of standard input and of a pipe, which
 * give it once, all that comes. Who writes to a pipe may never come, so `signal` ends the waiting: PhizError `aborted`. Throws PhizError
 * `file-not-found`, `unreadable-file`, and as `RemoteFiles.copy`.
 */
export async function openInput(path: string, signal: AbortSignal, remote: RemoteFiles): Promise<OpenInput> {
  if (isRemote(path)) {
    const copy = await remote.copy(path, signal);
    return { from: copy.path, [Symbol.asyncDispose]: () => copy[Symbol.asyncDispose]() };
  }
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
  return { from, async [Symbol.asyncDispose]() {} };
}

/** A name that decoders, which take strings alone, cannot be told: they are given the number of the open file. Linux alone has such names. */
function openByNumber(path: string): OpenInput {
  let fd: number;
  try {
    fd = openSync(pathForFiles(path), 'r');
  } catch (cause) {
    throw readError(readablePath(path), cause);
  }
  return {
    from: `/proc/self/fd/${fd}`,
    async [Symbol.asyncDispose]() {
      closeSync(fd);
    },
  };
}

/** Waits for whoever writes without blocking a thread: Node would wait for that one even where it is told to exit. */
function openPipe(path: string): Readable {
  const fd = openSync(pathForFiles(path), constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
