/** Who calls, by the API key given: compared in constant time, with the file of keys read again when it changes. */
import { timingSafeEqual } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import type { Logger } from 'pino';
import { PhizError } from '../core/error.js';
import { hashOf, type KeyRecord, readKeyFile } from './key-file.js';

/** Whoever sends a request. */
export interface Caller {
  /** Of the key; null where no keys are asked for. */
  readonly id: string | null;
  /** Whether the jobs of others are open to it. */
  readonly admin: boolean;
}

/** Anybody, where no keys are asked for; the service itself. */
export const ANYBODY: Caller = { id: null, admin: true };

/** Says whose a key is; undefined where it is nobody's. */
export type KeyCheck = (given: string) => Caller | undefined;

/** Milliseconds between two looks at the file. */
const INTERVAL = 2000;

/**
 * Opens a file of keys. A change counts from a moment later; one that cannot be read is told in the log, and the keys stay.
 * Throws PhizError `unreadable-file`, `file-not-found`, or `invalid-data` where it holds no key.
 */
export async function openKeys(path: string, log: Logger): Promise<{ readonly check: KeyCheck } & Disposable> {
  const keys = await readKeyFile(path);
  if (keys.length === 0) throw new PhizError('invalid-data', `${path} holds no API key; phiz keys create makes one`);
  let current = keyCheck(keys);
  const look = async (): Promise<void> => {
    try {
      current = keyCheck(await readKeyFile(path));
      log.info('the API keys have changed');
    } catch (error) {
      log.error({ err: error }, 'the API keys cannot be read any more; those from before still count');
    }
  };
  const listener = (): void => void look();
  watchFile(path, { interval: INTERVAL, persistent: false }, listener);
  return { check: (given) => current(given), [Symbol.dispose]: () => unwatchFile(path, listener) };
}

/** The check for these keys. Which of them fits, and how much of it, does not show in the time it takes. */
export function keyCheck(keys: readonly KeyRecord[]): KeyCheck {
  const known = keys.map(({ hash, admin }) => ({ hash: Buffer.from(hash, 'hex'), caller: { id: hash.slice(0, 32), admin } }));
  return (given) => {
    const own = hashOf(given);
    let found: Caller | undefined;
    for (const { hash, caller } of known) found = timingSafeEqual(hash, own) ? caller : found;
    return found;
  };
}

/** Whether a job is this caller's to see. Jobs made without a key are the administrators'. */
export function mayUse({ owner }: { readonly owner: string | null }, { id, admin }: Caller): boolean {
  return admin || (owner !== null && owner === id);
}
