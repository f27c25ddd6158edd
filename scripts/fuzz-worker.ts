/** The process in which fuzz.ts has damaged files read: whatever a file does to it, the run goes on. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PhizError } from '#dist/core/error.js';
import { readImage } from '#dist/node/images/read-image.js';
import { loadCheckpoint } from '#dist/node/train/checkpoint.js';
import { isClip } from '#dist/node/video/clip-kind.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { servePool } from '#dist/server/serve-pool.js';

/** What reads the files of each ending. */
const READERS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  image: (path) => readImage(path),
  clip: async (path) => {
    await isClip(path);
    await using clip = await openClip(path);
    for await (const frame of clip.frames()) frame.release?.();
  },
  checkpoint: loadCheckpoint,
};

servePool<string, { readonly reader: string; readonly name: string }, null, string>(async (folder) => ({
  ready: null,
  async answer({ reader, name }, bytes) {
    const path = join(folder, name);
    await writeFile(path, bytes);
    try {
      await READERS[reader]!(path);
      return 'read';
    } catch (error) {
      if (!(error instanceof PhizError)) throw error;
      if (error.code === 'engine-failed') throw new Error(`engine-failed: ${error.message}`);
      if (!error.message.includes(name)) throw new Error(`the error does not name the file: ${error.message}`);
      return error.code;
    } finally {
      await rm(path, { force: true });
    }
  },
}));
