/** The options of all commands that work with a queue and a storage which machines share. */
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { PhizError } from '../core/error.js';
import type { JobKind } from '../results/job-kinds.js';
import type { Shared } from '../server/shared/open-shared.js';

export interface SharedOptions {
  readonly queue?: string | undefined;
  readonly storage?: string | undefined;
  readonly prefix?: string | undefined;
}

/** Adds `--queue`, `--storage` and `--prefix`. */
export function addSharedOptions(command: Command): Command {
  return command
    .option('--queue <address>', 'the queue: redis://host:port, rediss://… or unix:///socket (default: the variable PHIZ_QUEUE)')
    .option('--storage <place>', 'a folder that all machines see, or s3://bucket/folder (default: the variable PHIZ_STORAGE)')
    .option('--prefix <name>', 'what the names of its keys begin with (default: phiz)');
}

/** Opens what the options or the environment name. Throws PhizError `invalid-option` where neither does, and as `openShared`. */
export async function openSharedOptions(
  { queue = process.env.PHIZ_QUEUE, storage = process.env.PHIZ_STORAGE, prefix }: SharedOptions,
  {
    log,
    lock,
    kinds,
  }: { readonly log?: Logger; readonly lock?: number | undefined; readonly kinds?: readonly JobKind[] | undefined } = {},
): Promise<Shared> {
  if (!queue || !storage)
    throw new PhizError('invalid-option', 'give the queue (--queue or PHIZ_QUEUE) and the storage (--storage or PHIZ_STORAGE)');
  // Asked for when it is needed: every command's help reads this file.
  const [{ openShared }, { pino }] = await Promise.all([import('../server/shared/open-shared.js'), import('pino')]);
  return openShared({ queue, storage, prefix, lock, kinds, log: log ?? pino({ level: 'silent' }) });
}
