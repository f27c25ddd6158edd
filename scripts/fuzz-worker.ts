/** The process in which fuzz.ts has damaged files read: whatever a file does to it, the run goes on. */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { importModel } from '#dist/apps/import/import-keras.js';
import { PhizError } from '#dist/core/error.js';
import { openModel } from '#dist/core/open-model.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { readImage } from '#dist/node/images/read-image.js';
import { loadModel } from '#dist/node/models/models.js';
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
  network: async (path) => {
    const card = path.replace(/onnx$/, 'json');
    const bytes = await readFile(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const known = JSON.parse(await readFile('models/emotion.json', 'utf8'));
    // A card that knows the damage: what it says is not what is tried here.
    await writeFile(card, JSON.stringify({ ...known, file: basename(path), sha256, bytes: bytes.length }));
    try {
      const session = await openModel(await createNodeEngine({ threads: 1 }), await loadModel(path));
      await session.dispose();
    } finally {
      await rm(card);
    }
  },
  keras: async (path) => {
    const out = `${path}-imported`;
    try {
      await importModel({ file: path, out, range: '0..1' });
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  },
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
