/**
 * The folder in which a worker keeps what is under way: copies of clips, and results that are not whole. It is locked for as long as the
 * worker lives, so that the next one knows what was left by those that were killed, whichever number their processes had.
 */
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from '../../node/files/folder-lock.js';

export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
}

const BEGINNING = 'phiz-work-';
/** Times that a new folder may be taken for one that was left, before it is locked. */
const MOST_TRIES = 5;

/**
 * Makes a folder of one's own in `parent` (default: the system's for temporary files), removed when disposed, and removes those that dead
 * workers left there. Throws PhizError as `lockFolder`, and what the file system throws.
 */
export async function openScratchFolder(parent: string = tmpdir()): Promise<ScratchFolder> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await sweep(parent);
  for (let tries = 1; ; tries++) {
    const path = await mkdtemp(join(parent, BEGINNING));
    const lock = await lockFolder(path).catch((error: unknown) => {
      if (tries < MOST_TRIES) return undefined;
      throw error;
    });
    // Another worker that began at the same moment may have locked it first, to remove it.
    if (!lock || !(await stat(path).catch(() => undefined))) {
      await lock?.[Symbol.asyncDispose]();
      continue;
    }
    return {
      path,
      async [Symbol.asyncDispose]() {
        await lock[Symbol.asyncDispose]();
        await rm(path, { recursive: true, force: true, maxRetries: 3 });
      },
    };
  }
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(BEGINNING)) continue;
    const path = join(parent, name);
    try {
      // Whoever holds the lock lives.
      await using _ = await lockFolder(path);
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // It is somebody's, or cannot be removed; the next worker tries again.
    }
  }
}
