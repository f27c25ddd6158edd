/** An input as what reads it can open it: files by their path; what gives its bytes once, standard input and pipes, in memory. */
import { constants, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { PhizError } from '../core/error.js';

/**
 * What can be opened as often as needed: the path of a file; of standard input and of a pipe, which give it once, all that comes. Who writes to a
 * pipe may never come, so `signal` ends the waiting: PhizError `aborted`.
 */
export async function openInput(path: string, signal: AbortSignal): Promise<string | Uint8Array> {
  const pipe = await stat(path).then(
    (there) => there.isFIFO(),
    () => false,
  );
  if (path !== '-' && !pipe) return path;
  const all = buffer(path === '-' ? process.stdin : openPipe(path));
  all.catch(() => {}); // where the signal comes first
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new PhizError('aborted', 'reading was stopped', { cause: signal.reason }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([all, stopped]);
}

/** Waits for whoever writes without blocking a thread: Node would wait for that one even where it is told to exit. */
function openPipe(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
