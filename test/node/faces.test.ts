import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pointsOf } from '#dist/detect/points.js';
import { openFaces, openLabelledImages } from '#dist/node/data/faces.js';

/** toEqual takes seconds over arrays as long as these. */
const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((value, i) => value === b[i]);

describe('openFaces', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'phiz-faces-'));
    for (const split of ['train', 'val']) {
      await mkdir(join(dir, split, 'images/some'), { recursive: true });
      let labels = '';
      for (let i = 0; i < 6; i++) {
        const [width, height] = [500 - 40 * i, 200];
        const path = `some/${i}.png`;
        await sharp({ create: { width, height, channels: 3, background: { r: 40 * i, g: 90, b: 200 } } }).toFile(
          join(dir, split, 'images', path),
        );
        labels += `# ${path} ${width} ${height}\n`;
        if (i % 3 !== 2) labels += '20 30 80 110 35 60 65 60 50 80 38 95 62 95 0.9\n';
      }
      labels += '# some/gone.png 10 10\n';
      await writeFile(join(dir, split, 'labels.txt'), labels);
    }
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('serves batches with every feed of the training graph, the same again for the same step', async () => {
    const { train, skipped } = await openFaces({ dir, size: 96, batch: 3, seed: 7, workers: 2 });
    try {
      expect([train.samples, train.stepsPerEpoch]).toEqual([6, 2]);
      expect(skipped.map(({ path }) => path)).toEqual(['some/gone.png']);
      const points = pointsOf(96, 96);
      const { feeds, size } = await train.batch(0, 0);
      expect(size).toBe(3);
      const dims = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, tensor.dims]));
      expect(dims).toEqual({
        input: [3, 3, 96, 96],
        anchor: [points.count, 3],
        cls: [3, points.count, 1],
        clsWeight: [3, points.count, 1],
        iouWeight: [3, points.count, 1],
        box: [3, points.count, 4],
        boxWeight: [3, points.count, 1],
        landmark: [3, points.count, 10],
        landmarkWeight: [3, points.count, 1],
      });
      for (const tensor of Object.values(feeds))
        expect(tensor.data.length).toBe(tensor.dims.reduce((product, side) => product * side, 1));
      expect(feeds.anchor!.data).toEqual(points.anchors);
      const pixels = feeds.input!.data as Float32Array;
      expect(pixels.every((value) => Math.abs(value) <= 127.5 / 64 + 1e-5)).toBe(true);
      await train.batch(1, 1);
      const again = (await train.batch(0, 0)).feeds;
      for (const [name, tensor] of Object.entries(feeds)) expect(same(again[name]!.data, tensor.data), name).toBe(true);
      expect(same((await train.batch(1, 0)).feeds.input!.data, pixels)).toBe(false);
    } finally {
      await train.close();
    }
  });

  it('swaps red and blue for networks that want BGR', async () => {
    const open = async (order: 'RGB' | 'BGR') => {
      const { train } = await openFaces({ dir, size: 64, batch: 1, limit: 3, input: { order, mean: 0, scale: 1 } });
      const { feeds } = await train.batch(0, 0);
      await train.close();
      return feeds.input!.data as Float32Array;
    };
    const [rgb, bgr] = [await open('RGB'), await open('BGR')];
    const plane = 64 * 64;
    expect(same(bgr.subarray(0, plane), rgb.subarray(2 * plane))).toBe(true);
    expect(same(bgr.subarray(plane, 2 * plane), rgb.subarray(plane, 2 * plane))).toBe(true);
    expect(same(bgr.subarray(2 * plane), rgb.subarray(0, plane))).toBe(true);
    expect(same(bgr.subarray(0, plane), rgb.subarray(0, plane))).toBe(false);
  });

  it('hands out the validation images with their labels', async () => {
    const { records, image, skipped } = await openLabelledImages(dir, 'val', { limit: 3 });
    expect(records.map(({ path, faces }) => [path, faces.length])).toEqual([
      ['some/0.png', 1],
      ['some/2.png', 0],
      ['some/4.png', 1],
    ]);
    expect(skipped).toEqual([]);
    expect(image(0)).toMatchObject({ width: 500, height: 200, channels: 3 });
    expect([...image(2).data.subarray(0, 3)]).toEqual([160, 90, 200]);
  });

  it('says what is wrong', async () => {
    const code = (value: string) => expect.objectContaining({ code: value });
    await expect(openFaces({ dir: join(dir, 'none') })).rejects.toThrow(code('file-not-found'));
    await expect(openFaces({ dir, size: 100 })).rejects.toThrow(code('invalid-option'));
    await expect(openFaces({ dir, batch: 0 })).rejects.toThrow(code('invalid-option'));
    await expect(openFaces({ dir, limit: -1 })).rejects.toThrow(code('invalid-option'));
    await expect(openFaces({ dir, signal: AbortSignal.abort() })).rejects.toThrow(code('aborted'));
  });
});
