/** The pool that does many photos: everyone in it works, one photo's failure is its own, and a thread that cannot start is done without. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import { openPhotoPool, photoThreads } from '#dist/apps/analyze/photo-pool.js';
import { createOneThreadAnalyzer } from '#dist/node/create-analyzer.js';
import { cellsImage, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

const settings = { blur: false };
let folder: string;
let options: { readonly detector: string; readonly emotion: string; readonly age: string };
/** An analyzer that counts what it does. */
let own: Analyzer;
let mine = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-pool-'));
  options = await writeTinyModels(join(folder, 'models'));
  for (let i = 0; i < 12; i++) {
    const cells = Array.from({ length: i % 3 }, (_, column) => [1 + 3 * column, 1, WHITE] as const);
    await sharp(cellsImage(320, 192, cells), { raw: { width: 320, height: 192, channels: 3 } }).toFile(join(folder, `${i}.png`));
  }
  await writeFile(join(folder, '12.png'), 'no image');
  const analyzer = await createOneThreadAnalyzer({ ...options, threads: 1 });
  own = {
    ...analyzer,
    analyze: (image, given) => {
      mine++;
      return analyzer.analyze(image, given);
    },
  };
});
afterAll(async () => {
  await own?.dispose();
  await rm(folder, { recursive: true, force: true });
});

const task = (i: number) => ({ from: join(folder, `${i}.png`), called: `${i}.png`, source: `${i}.png` });

describe('openPhotoPool', () => {
  it('shares the photos out among its threads, and only the one that fails fails', async () => {
    mine = 0;
    await using pool = await openPhotoPool({ size: 2, own: async () => own, analyzer: options, settings });
    const photos = 5 * 13; // enough for the thread to start meanwhile
    const told = await Promise.allSettled(Array.from({ length: photos }, (_, i) => pool.analyze(task(i % 13))));
    for (const [i, result] of told.entries()) {
      if (i % 13 === 12) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'not-an-image' } });
      else expect(result).toMatchObject({ value: { source: `${i % 13}.png`, faces: { length: (i % 13) % 3 } } });
    }
    // While the own analyzer is kept from working, the thread does them all.
    const before = mine;
    let release!: () => void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using slow = await openPhotoPool({
      size: 2,
      own: async () => ({ ...own, analyze: async (image, given) => held.then(() => own.analyze(image, given)) }),
      analyzer: options,
      settings,
    });
    const asked = Array.from({ length: 8 }, (_, i) => slow.analyze(task(i)));
    let done = 0;
    for (const each of asked) void each.then(() => done++);
    await expect.poll(() => done, { timeout: 20_000 }).toBe(5); // three wait for the own analyzer
    expect(mine).toBe(before);
    release();
    expect((await Promise.all(asked)).map(({ source }) => source)).toEqual(Array.from({ length: 8 }, (_, i) => `${i}.png`));
  });

  it('does without a thread that cannot start', async () => {
    await using pool = await openPhotoPool({
      size: 3,
      own: async () => own,
      analyzer: { ...options, detector: join(folder, 'missing.onnx') },
      settings,
    });
    const results = await Promise.all(Array.from({ length: 12 }, (_, i) => pool.analyze(task(i))));
    expect(results.map(({ faces }) => faces.length)).toEqual(Array.from({ length: 12 }, (_, i) => i % 3));
  });

  it('throws what keeps its own analyzer from opening', async () => {
    const failing = () => createOneThreadAnalyzer({ ...options, detector: join(folder, 'missing.onnx') });
    await expect(openPhotoPool({ size: 2, own: failing, analyzer: options, settings })).rejects.toMatchObject({
      code: 'model-not-found',
    });
  });

  it('starts threads only where there is enough for them to do', () => {
    expect([1, 15, 16, 24, 1000].map((photos) => photoThreads(photos, 4))).toEqual([1, 1, 2, 3, 4]);
  });
});
