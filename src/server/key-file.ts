/**
 * The file of API keys that `phiz keys` keeps: of each key its name, kind and hash, never the key itself. Keys are 256 random bits, so one
 * round of SHA-256 is enough: there is nothing to guess.
 */
import { createHash, randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { z } from 'zod';
import { PhizError } from '../core/error.js';
import { readText, readTextIfAny } from '../node/files/read-files.js';
import { sweepOrphans } from '../node/files/temporary.js';
import { writeAtomic } from '../node/files/write-atomic.js';

const keyRecordSchema = z
  .object({
    name: z.string().regex(/^[\w.@-]{1,64}$/),
    /** Whether it may read and delete the jobs of all keys. */
    admin: z.boolean(),
    /** SHA-256 of the key, in hexadecimal. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    created: z.iso.datetime(),
  })
  .readonly();
const keyFileSchema = z.object({ keysVersion: z.literal(1), keys: z.array(keyRecordSchema).readonly() });

export type KeyRecord = z.output<typeof keyRecordSchema>;

/** The keys of a file. Throws PhizError `file-not-found`, `unreadable-file`, `invalid-data`. */
export async function readKeyFile(path: string): Promise<readonly KeyRecord[]> {
  return parse(await readText(path), path);
}

/**
 * Makes a key, enters it into the file (made where it is missing, for its owner alone) and gives the key, which is not to be had again.
 * Throws PhizError `invalid-option` (a name that will not do or is there), `invalid-data`, `unwritable-file`.
 */
export async function createKey(
  path: string,
  name: string,
  { admin = false }: { readonly admin?: boolean } = {},
): Promise<string> {
  const text = await readTextIfAny(path);
  const keys = text === undefined ? [] : parse(text, path);
  const key = `phiz_${randomBytes(32).toString('base64url')}`;
  const record = { name, admin, hash: hashOf(key).toString('hex'), created: new Date().toISOString() };
  if (!keyRecordSchema.safeParse(record).success)
    throw new PhizError('invalid-option', `a key's name has 1 to 64 letters, digits or . _ @ -; got '${name}'`);
  if (keys.some((known) => known.name === name))
    throw new PhizError('invalid-option', `${path} has a key named '${name}'; revoke it first, or give another name`);
  await write(path, [...keys, record]);
  return key;
}

/** Takes a key out of the file. Throws PhizError `invalid-option` where there is none of that name, and as `readKeyFile`. */
export async function revokeKey(path: string, name: string): Promise<void> {
  const keys = await readKeyFile(path);
  const left = keys.filter((known) => known.name !== name);
  if (left.length === keys.length)
    throw new PhizError('invalid-option', `${path} has no key named '${name}'; phiz keys list shows them`);
  await write(path, left);
}

/** Hashes are of one length, as comparing in constant time needs. */
export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function parse(text: string, path: string): readonly KeyRecord[] {
  try {
    return keyFileSchema.parse(JSON.parse(text)).keys;
  } catch (cause) {
    throw new PhizError('invalid-data', `${path} is no file of API keys; phiz keys create makes one (keys are stored hashed)`, {
      cause,
    });
  }
}

async function write(path: string, keys: readonly KeyRecord[]): Promise<void> {
  await sweepOrphans(dirname(path));
  await writeAtomic(path, `${JSON.stringify({ keysVersion: 1, keys }, undefined, 2)}\n`, { durable: true, private: true });
}
