/** Importing Keras files: what is read, what is written, and everything that may be wrong with a file. What layers compute: keras-layers.test.ts. */
import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImportOptions, importModel } from '#dist/apps/import/import-keras.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { parseCard } from '#dist/core/card.js';
import { random } from '#dist/core/random.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { openKerasFile } from '#dist/node/models/keras-file.js';
import { loadModel } from '#dist/node/models/models.js';
import { type KerasParts, kerasFile, weightsOf } from './fixtures/keras-files.js';
import { sound } from './fixtures/keras-models.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const engine = await createNodeEngine({ threads: 1 });
let root: string;
let runs = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phiz-import-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function write(bytes: Uint8Array): Promise<string> {
  const file = join(root, `model-${runs++}.h5`);
  await writeFile(file, bytes);
  return file;
}

async function imported(parts: KerasParts, options: Partial<ImportOptions> = {}) {
  const out = join(root, `out-${runs}`);
  return importModel({ file: await write(kerasFile(parts)), out, ...options });
}

describe('a file', () => {
  it('names of layers cut into pieces, as Keras does with long lists', async () => {
    const parts = sound((_, weights) => {
      weights.mean = [];
    });
    const opened = await openKerasFile(await write(kerasFile({ ...parts, pieces: true })));
    expect(opened.keras).toBe('2.2.4');
    expect(JSON.parse(opened.config)).toEqual(parts.config);
    expect(Object.fromEntries(opened.weights)).toEqual(parts.weights);
  });
});

describe('the card', () => {
  it('says how to feed the network, and what was assumed', async () => {
    const { card, written, notes } = await imported(sound(), { name: 'own' });
    expect(notes.join('; ')).toMatch(/classes: they are numbered.*-1\.\.1 is assumed/);
    expect(card).toMatchObject({
      name: 'own',
      task: 'classes',
      labels: ['0', '1'],
      input: { channels: 1, width: 6, height: 6, order: 'grey', mean: 127.5, scale: 1 / 127.5 },
      parameters: 18,
      multiplyAdds: 18 * 36,
      temperature: 1,
    });
    expect(card.licence).toContain('not stated');
    expect(card.provenance).toMatch(/imported by phiz from model-\d+\.h5 \(sha256 [0-9a-f]{64}, Keras 2\.2\.4\)/);
    const model = await loadModel(written[0]);
    expect(model.card).toEqual(card);
    expect((await engine.load(model.bytes)).outputNames).toEqual(['logits']);
  });

  it('takes labels, range and licence from the caller; seven emotions in any order make an emotion model', async () => {
    const labels = [...EMOTIONS].reverse();
    const parts = sound((config, weights) => {
      (config.config.layers[1]!.config as Record<string, unknown>).filters = 7;
      weights.conv = weightsOf(1, [3, 3, 1, 7]);
    });
    const { card, notes } = await imported(parts, { labels, range: '0..255', licence: 'CC0' });
    expect(notes).toEqual([]);
    expect(card).toMatchObject({ task: 'emotion', labels, licence: 'CC0', input: { mean: 0, scale: 1 } });
  });
});

describe('what is wrong with a file is said,', () => {
  const files: Record<string, readonly [KerasParts | Uint8Array, code: string, message: RegExp]> = {
    'a file without a model': [{ weights: {} }, 'model-damaged', /no Keras model: there is no attribute model_config/],
    'kernels turned round': [{ ...sound(), backend: 'theano' }, 'unsupported-network', /Theano/],
    'an unknown layer': [
      sound((whole) => {
        whole.config.layers[2]!.class_name = 'Attention';
      }),
      'unsupported-network',
      /layer 'mean' is a 'Attention'/,
    ],
    'weights that are whole numbers': [{ ...sound(), dtype: '<i' }, 'unsupported-network', /is stored as <i; phiz reads 32-/],
    'a single number at the end': [
      sound(({ config }, weights) => {
        (config.layers[1]!.config as Record<string, unknown>).filters = 1;
        weights.conv = weightsOf(1, [3, 3, 1, 1]);
      }),
      'unsupported-network',
      /gives a single number/,
    ],
    'no HDF5': [new TextEncoder().encode('not HDF5 at all'), 'model-damaged', /is not an HDF5 file/],
    'an empty file': [new Uint8Array(0), 'model-damaged', /is not an HDF5 file/],
    'a .keras file': [Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0), 'model-damaged', /is a zip, as a \.keras file is/],
    'a truncated file': [kerasFile(sound()).slice(0, 1500), 'model-damaged', /damaged HDF5 file \(truncated file/],
  };
  for (const [name, [parts, code, message]] of Object.entries(files))
    it(`${name}; nothing is written`, async () => {
      const file = await write(parts instanceof Uint8Array ? parts : kerasFile(parts));
      const out = join(root, `failed-${runs}`);
      const failure = importModel({ file, out });
      await expect(failure).rejects.toMatchObject({ name: 'PhizError', code, message: expect.stringMatching(message) });
      await expect(failure).rejects.toThrow(file);
      await expect(access(out)).rejects.toThrow();
    });

  it('a missing file, a folder, bad names and labels', async () => {
    await expect(importModel({ file: join(root, 'none.h5'), out: root })).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(importModel({ file: root, out: root })).rejects.toMatchObject({ code: 'unreadable-file' });
    for (const name of ['../up', '']) await expect(imported(sound(), { name })).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(imported(sound(), { labels: ['a', 'a'] })).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(imported(sound(), { labels: ['a', 'b', 'c'] })).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringMatching(/3 labels were given \(a, b, c\), but .* tells 2 classes apart/),
    });
  });

  it('bytes gone wrong anywhere end in a file read or in a PhizError, and never otherwise', async () => {
    const whole = kerasFile(sound());
    const stream = random(13);
    const outcomes: string[] = [];
    for (let i = 0; i < 4; i++) {
      const bytes = whole.slice();
      for (let j = 0; j < 60; j++) bytes[8 + stream.integer(bytes.length - 8)] = stream.integer(256);
      const file = await write(bytes);
      outcomes.push(
        await openKerasFile(file, { patience: 1 }).then(
          () => 'read',
          (error: Error) => `${error.name}: ${error.message.replace(file, '')}`,
        ),
      );
    }
    expect(outcomes.filter((outcome) => outcome !== 'read' && !outcome.startsWith('PhizError'))).toEqual([]);
    expect(outcomes.filter((outcome) => outcome.includes('damaged HDF5 file')).length).toBeGreaterThan(0);
  });
});

describe('phiz import', () => {
  const phiz = (...args: string[]) =>
    promisify(execFile)(process.execPath, [MAIN, 'import', ...args]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('writes model and card; a wrong number of labels is wrong usage', async () => {
    const file = await write(kerasFile(sound()));
    const out = join(root, 'cli');
    const done = await phiz(file, '--out', out, '--name', 'two', '--labels', 'cat, dog', '--range', '0..1', '--licence', 'CC0');
    expect(done).toMatchObject({ code: 0, stdout: 'two: 18 parameters, 6×6 grey in, cat, dog out; licence: CC0\n' });
    expect((await readdir(out)).sort()).toEqual(['two.json', 'two.onnx']);
    const card = parseCard(JSON.parse(await readFile(join(out, 'two.json'), 'utf8')), 'two.json');
    expect(card).toMatchObject({ labels: ['cat', 'dog'], input: { mean: 0, scale: 1 / 255 } });

    const wrong = await phiz(file, '--out', out, '--labels', 'cat');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('1 labels were given (cat)');
  });

  it('fails on what it cannot import, in one line', async () => {
    const failed = await phiz(MAIN, '--out', root);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^phiz: .*main\.js is not an HDF5 file[^\n]*\n$/);
  });
});
