/**
 * A folder for what is under way: copies of what lies elsewhere, and results that are not whole. It is locked for as long as its process
 * lives, so that the next one of its kind knows what was left by those that were killed, whichever number their processes had.
 */
import { lstat, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from './folder-lock.js';

export interface ScratchOptions {
  /** What the names of such folders begin with: those of one kind sweep each other's. */
  readonly beginning: `phiz-${string}-`;
  /** Where it is made. Default: the system's folder for temporary files. */
  readonly parent?: string | undefined;
}

export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
}

/** Times that a new folder may be taken for one that was left, before it is locked. */
const MOST_TRIES = 5;

/**
 * Makes a folder of one's own in `parent`, removed when disposed, and removes those of its kind that dead processes left there. Throws
 * PhizError as `lockFolder`, and what the file system throws.
 */
export async function openScratchFolder({ beginning, parent = tmpdir() }: ScratchOptions): Promise<ScratchFolder> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await sweep(parent, beginning);
  for (let tries = 1; ; tries++) {
    const path = await mkdtemp(join(parent, beginning));
    const lock = await lockFolder(path).catch((error: unknown) => {
      if (tries < MOST_TRIES) return undefined;
      throw error;
    });
    // Another process that began at the same moment may have locked it first, to remove it.
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

async function sweep(parent: string, beginning: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(beginning)) continue;
    const path = join(parent, name);
    try {
      // Where everybody may write, a link or somebody else's folder may bear the name, too.
      const there = await lstat(path);
      if (!there.isDirectory() || there.uid !== (process.getuid?.() ?? there.uid)) continue;
      // Whoever holds the lock lives.
      await using _ = await lockFolder(path);
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // It is somebody's, or cannot be removed; the next process tries again.
    }
  }
}
