import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateDetector } from '#dist/apps/evaluate/evaluate-detector.js';
import type { FaceDetector } from '#dist/detect/detector.js';
import { createYuNet } from '#dist/detect/yunet.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { ellipseBox, parseFddb } from '#dist/train/data/fddb.js';
import { detectorMetrics } from '#dist/train/evaluate/detection.js';
import { needs } from './needs.js';

describe('FDDB', () => {
  it('puts boxes round ellipses', () => {
    expect(ellipseBox(20, 10, 0, 50, 60)).toEqual({ x: 30, y: 50, width: 40, height: 20 });
    const upright = ellipseBox(20, 10, Math.PI / 2, 50, 60);
    expect(upright.x).toBeCloseTo(40, 9);
    expect(upright.height).toBeCloseTo(40, 9);
    // The extremes of a turned ellipse, sampled.
    const [a, b, t] = [30, 12, 0.7];
    const xs = Array.from({ length: 20000 }, (_, i) => (i / 20000) * 2 * Math.PI).map(
      (s) => a * Math.cos(s) * Math.cos(t) - b * Math.sin(s) * Math.sin(t),
    );
    expect(ellipseBox(a, b, t, 0, 0).width / 2).toBeCloseTo(Math.max(...xs), 4);
    expect(ellipseBox(a, b, -t, 0, 0)).toEqual(ellipseBox(a, b, t, 0, 0));
  });

  it('reads the lists and names the line that it cannot read', () => {
    const photos = parseFddb('2002/img_1\n2\n20 10 0 50 60  1\n5 5 1.2 8 9  1\n2002/img_2\n0\n', 'fold');
    expect(photos.map(({ path, faces }) => [path, faces.length])).toEqual([
      ['2002/img_1', 2],
      ['2002/img_2', 0],
    ]);
    expect(photos[0]!.faces[0]).toEqual({ x: 30, y: 50, width: 40, height: 20 });
    expect(() => parseFddb('a\n1\n20 ten 0 50 60 1', 'fold')).toThrow(/^fold:3/);
    expect(() => parseFddb('a\nb\n', 'fold')).toThrow(/^fold:2/);
    expect(() => parseFddb('a\n2\n20 10 0 50 60 1', 'fold')).toThrow(/^fold:4/);
    expect(() => parseFddb('../a\n0\n', 'fold')).toThrow(/^fold:2/);
  });
});

describe('evaluateDetector', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'phiz-fddb-'));
    await mkdir(join(dir, 'fddb/FDDB-folds'), { recursive: true });
    await mkdir(join(dir, 'fddb/originalPics/a'), { recursive: true });
    await mkdir(join(dir, 'faces/images'), { recursive: true });
    for (const [name, width] of [
      ['fddb/originalPics/a/one.jpg', 80],
      ['fddb/originalPics/a/two.webp', 90],
      ['faces/images/three.png', 80],
    ] as const)
      await sharp({ create: { width, height: 60, channels: 3, background: '#456' } }).toFile(join(dir, name));
    await writeFile(join(dir, 'fddb/FDDB-folds/FDDB-fold-01-ellipseList.txt'), 'a/one\n1\n20 10 0 40 30  1\n');
    await writeFile(join(dir, 'fddb/FDDB-folds/FDDB-fold-02-ellipseList.txt'), 'a/two\n1\n20 10 0 70 30  1\n');
    await writeFile(join(dir, 'fddb/FDDB-folds/FDDB-fold-01.txt'), 'a/one\n');
    await writeFile(
      join(dir, 'faces/labels.txt'),
      '# three.png 80 60\n20 20 60 40 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 1\n0 0 4 4 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 1\n',
    );
  });
  afterAll(() => rm(dir, { recursive: true }));

  /** Sees one face, always at the same place, in images of any size. */
  const asked: unknown[] = [];
  const mark = { x: 0, y: 0 };
  const detector: FaceDetector = {
    name: 'blind',
    version: '1',
    async detect(_, options) {
      asked.push(options);
      const landmarks = { leftEye: mark, rightEye: mark, nose: mark, leftMouth: mark, rightMouth: mark };
      return [{ box: { x: 20, y: 20, width: 40, height: 20 }, landmarks, score: 0.5 }];
    },
    dispose: async () => {},
  };

  it('reads FDDB’s layout, fold by fold', async () => {
    const done: number[] = [];
    const evaluation = await evaluateDetector(detector, join(dir, 'fddb'), { onProgress: (n) => done.push(n), detectSize: 320 });
    expect(asked.at(-1)).toEqual({ scoreThreshold: 0.02, detectSize: 320 });
    expect(evaluation).toMatchObject({ task: 'detector', data: 'FDDB', model: { name: 'blind', version: '1' } });
    expect(evaluation.ap50).toMatchObject({ images: 2, faces: 2, averagePrecision: 0.25 });
    expect(evaluation.folds.map(({ fold, ap50 }) => [fold, ap50.averagePrecision])).toEqual([
      ['01', 1],
      ['02', 0],
    ]);
    expect(done).toEqual([1, 2]);
    expect(detectorMetrics(evaluation)[0]).toMatchObject({
      name: 'AP@0.5',
      value: 0.25,
      on: 'FDDB folds 1 2, 2 images with 2 faces',
    });
  });

  it('reads label files, and leaves faces out that are too small', async () => {
    const all = await evaluateDetector(detector, join(dir, 'faces'));
    expect(all.data).toBe('labels');
    expect(all.ap50).toMatchObject({ faces: 2, recall: 0.5 });
    expect((await evaluateDetector(detector, join(dir, 'faces'), { minFace: 10 })).ap50).toMatchObject({ faces: 1, recall: 1 });
  });

  it('says what is missing, and stops when told', async () => {
    await expect(evaluateDetector(detector, dir)).rejects.toThrow(expect.objectContaining({ code: 'file-not-found' }));
    await expect(evaluateDetector(detector, join(dir, 'faces'), { signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ code: 'aborted' }),
    );
    await expect(evaluateDetector(detector, join(dir, 'faces'), { limit: 0 })).rejects.toThrow(/limit/);
  });
});

const fddb = needs.data('fddb');
describe.skipIf(!fddb)('YuNet', () => {
  it('finds the faces of a few of FDDB’s photos', async () => {
    const engine = await createNodeEngine({ threads: 1 });
    const detector = await createYuNet({
      engine,
      model: await readFile(join(fddb!, '../../weights/yunet/yunet_n_dynamic.onnx')),
    });
    const { ap50 } = await evaluateDetector(detector, fddb!, { limit: 24 });
    expect(ap50.averagePrecision).toBeGreaterThan(0.85);
    await detector.dispose();
  });
});
