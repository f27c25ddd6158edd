/** Bytes at a position, of a file or of memory, without waiting: for short looks at headers and for FFmpeg's demuxers. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PhizError } from '../../core/error.js';
import { readError } from '../files/read-error.js';

export interface ByteSource {
  readonly size: number;
  /** At most `length` bytes from `position`; fewer, or none, at the end. They may share memory with the source. */
  read(position: number, length: number): Uint8Array;
  close(): void;
}

/**
 * Opens a file, or wraps bytes. `called` names it in messages.
 * Throws PhizError `file-not-found` or `unreadable-file` (a folder, a pipe, no permission).
 */
export function openBytes(source: string | Uint8Array, called: string): ByteSource {
  if (source instanceof Uint8Array)
    return {
      size: source.length,
      read: (position, length) => source.subarray(Math.max(0, position), Math.max(0, position + length)),
      close: () => {},
    };
  let file: number | undefined;
  try {
    const handle = openSync(source, 'r');
    file = handle;
    const stat = fstatSync(handle);
    if (!stat.isFile())
      throw new PhizError('unreadable-file', `${called} is ${stat.isDirectory() ? 'a folder' : 'no regular file'}, not a video`);
    return {
      size: stat.size,
      read(position, length) {
        const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, stat.size - position)));
        return buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, position));
      },
      close: () => closeSync(handle),
    };
  } catch (cause) {
    if (file !== undefined) closeSync(file);
    throw readError(called, cause);
  }
}
