/** The SHA-256 of a file, read piece by piece. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readError } from './read-error.js';

/** In hexadecimal. Throws PhizError `file-not-found`, `unreadable-file`. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (cause) {
    throw readError(path, cause);
  }
  return hash.digest('hex');
}
