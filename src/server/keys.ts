/** API keys: read from a file once, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PhizError } from '../core/error.js';

/** Characters below which a key could be guessed. */
const SHORTEST = 16;

/** Says whether a key is one of those in the file. */
export type KeyCheck = (given: string) => boolean;

/**
 * Reads a file with a key a line (empty lines and those beginning with `#` are left out).
 * Throws PhizError `unreadable-file`, or `invalid-data` where it holds no key or one of less than 16 characters.
 */
export async function readKeys(path: string): Promise<KeyCheck> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new PhizError('unreadable-file', `the API keys in ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw new PhizError('invalid-data', `${path} holds no API key; write one per line`);
  const short = keys.findIndex((key) => key.length < SHORTEST);
  if (short >= 0)
    throw new PhizError('invalid-data', `${path}: key ${short + 1} has fewer than ${SHORTEST} characters and could be guessed`);
  return keyCheck(keys);
}

/** The check for these keys. Which of them fits, and how much of it, does not show in the time it takes. */
export function keyCheck(keys: readonly string[]): KeyCheck {
  const hashes = keys.map(hash);
  return (given) => {
    const own = hash(given);
    let fits = false;
    for (const known of hashes) fits = timingSafeEqual(known, own) || fits;
    return fits;
  };
}

/** Hashes are of one length, as timingSafeEqual needs, whatever the keys are. */
function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
