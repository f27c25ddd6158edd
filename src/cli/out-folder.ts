/**
 * The folder of a run's results: one of this machine, or `s3://bucket/folder`. What goes to S3 is written to a temporary folder, and put
 * there when it is whole, what says so last.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../node/files/make-folder.js';
import { listFiles } from '../node/files/read-files.js';
import { openScratchFolder } from '../node/files/scratch-folder.js';
import { isRemote, type RemoteFiles } from '../node/remote/remote-files.js';

export interface OutFolder extends AsyncDisposable {
  /** Where files are written. */
  readonly folder: string;
  readonly remote: boolean;
  /** How a file in it is called to others. */
  nameOf(path: string): string;
  /** Puts what lies in it, or in this folder of it, where it belongs, and removes it here; `last`: the file that comes after all others. */
  publish(last: string, below?: string): Promise<void>;
}

/** Makes nothing but a temporary folder. Throws PhizError `invalid-option` for an address that is none of S3. */
export async function openOutFolder(out: string, remote: RemoteFiles): Promise<OutFolder> {
  if (!isRemote(out)) {
    return { folder: out, remote: false, nameOf: (path) => path, publish: async () => {}, async [Symbol.asyncDispose]() {} };
  }
  const address = out.replace(/\/+$/, '');
  remote.checkOut(address);
  const scratch = await openScratchFolder({ beginning: 'phiz-out-' });
  const folder = join(scratch.path, 'out');
  await makeFolder(folder, { mode: 0o700 });
  return {
    folder,
    remote: true,
    nameOf: (path) => (path.startsWith(folder) ? `${address}${path.slice(folder.length).replaceAll('\\', '/')}` : path),
    async publish(last, below = '.') {
      const from = join(folder, below);
      // Names with a point before them are of files that are not whole.
      const names = (await listFiles(from)).filter((name) => name !== last);
      for (const name of [...names, last]) await remote.put(join(from, name), `${address}/${name}`);
      await rm(from, { recursive: true, force: true, maxRetries: 3 });
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}
