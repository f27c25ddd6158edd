/** Fetches what came of a job, to the names that `phiz analyze` and `phiz study` give. */
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '../node/files/make-folder.js';
import { temporaryFor } from '../node/files/temporary.js';
import type { Storage } from '../node/storage/storage.js';
import { nameStored } from '../server/shared/shared-work.js';
import type { OutFolder } from './out-folder.js';

/** What belongs to a job, and what its files are to be called below the folder of the results. */
export type Wanted =
  | { readonly kind: 'clip'; readonly name: string }
  | { readonly kind: 'photo-batch'; readonly names: readonly string[] }
  | { readonly kind: 'study' };

/** Folders below that of the results into which files will come. */
export function foldersOf(wanted: Wanted): readonly string[] {
  if (wanted.kind === 'study') return ['.', 'recordings'];
  return (wanted.kind === 'clip' ? [wanted.name] : wanted.names).map(dirname);
}

/** Fetches an attempt's files, what says that all are there last. Throws PhizError as the storage, `unwritable-file`. */
export async function fetchResults(
  storage: Storage,
  key: string,
  { id, wanted }: { readonly id: string; readonly wanted: Wanted },
  out: OutFolder,
): Promise<void> {
  // What goes elsewhere goes one by one, each from a folder of its own.
  const below = out.remote ? id : '.';
  const found: (readonly [key: string, name: string])[] = [];
  for await (const { key: file } of storage.list(key)) {
    const name = nameOf(nameStored(file.slice(key.length + 1)), wanted);
    if (name !== undefined) found.push([file, name]);
  }
  const rank = (name: string): number => (name === lastOf(wanted) ? 2 : name.endsWith('.json') ? 1 : 0);
  const names = found.sort((a, b) => rank(a[1]) - rank(b[1]));
  for (const [file, name] of names) await fetchFile(storage, file, join(out.folder, below, name));
  const last = names.at(-1);
  if (last) await out.publish(last[1], below);
}

/** Undefined for what is not fetched. */
function nameOf(stored: string, wanted: Wanted): string | undefined {
  if (stored.split('/').includes('..')) return undefined;
  if (wanted.kind === 'study') return stored;
  if (wanted.kind === 'clip') return `${wanted.name}${stored.slice('clip'.length)}`;
  const [, photo, ending] = /^photo-(\d+)(\..*)$/.exec(stored) ?? [];
  const name = photo === undefined ? undefined : wanted.names[Number(photo)];
  return name === undefined ? undefined : `${name}${ending}`;
}

/** Each photo's own summary says that its files are there. */
function lastOf(wanted: Wanted): string | undefined {
  if (wanted.kind === 'photo-batch') return undefined;
  return wanted.kind === 'study' ? 'study.json' : `${wanted.name}.json`;
}

async function fetchFile(storage: Storage, key: string, path: string): Promise<void> {
  await makeFolder(dirname(path), { mode: 0o700 });
  const temporary = temporaryFor(path);
  await pipeline(await storage.get(key), createWriteStream(temporary, { mode: 0o600 }));
  await rename(temporary, path);
}
