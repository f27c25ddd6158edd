/** Other people's detectors, opened by name from the files at hand, on the sample image. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine } from '#dist/core/engine.js';
import { type BoundingBox, iou } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { FaceDetector } from '#dist/detect/detector.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { readImage } from '#dist/node/images/read-image.js';
import { openDetector } from '#dist/node/models/open-detector.js';
import { openOpenCvModel } from '#dist/node/models/opencv-thread.js';
import { writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const weights = needs.weights();
const noEngine: Engine = {
  device: 'cpu',
  load: () => {
    throw new Error('no engine is needed here');
  },
};
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-detectors-'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it('says what to run where a detector was not pulled, or is none', async () => {
  vi.stubEnv('PHIZ_CACHE', join(folder, 'empty'));
  for (const name of ['yunet', 'opencv-ssd', 'haar', 'mtcnn'])
    await expect(openDetector(name, noEngine)).rejects.toThrow(new RegExp(`run: phiz models pull ${name}$`));
  await expect(openDetector('mini-xception', noEngine)).rejects.toMatchObject({ code: 'model-mismatch' });
  await expect(createAnalyzer({ detector: 'haar' })).rejects.toMatchObject({ code: 'model-not-found' });
});

it('says how to install OpenCV.js where it is not there', async () => {
  // A copy of phiz beside which only zod is installed.
  const copy = join(folder, 'bare');
  await mkdir(join(copy, 'node_modules'), { recursive: true });
  await Promise.all([
    cp(root('package.json'), join(copy, 'package.json')),
    ...['core', 'detect', 'node'].map((part) => cp(root(`dist/${part}`), join(copy, 'dist', part), { recursive: true })),
    symlink(root('node_modules/zod'), join(copy, 'node_modules/zod'), 'junction'),
  ]);
  await writeFile(
    join(copy, 'run.js'),
    `import { openOpenCvModel } from './dist/node/models/opencv-thread.js';
     await openOpenCvModel({ kind: 'haar', cascade: new Uint8Array(1) }).catch((e) => console.log(e.code, e.message));`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [join(copy, 'run.js')]);
  expect(stdout).toMatch(/^engine-unavailable .*npm install --ignore-scripts @techstark\/opencv-js@4\.12/);
});

it('tells what OpenCV.js says of files that are not models', async () => {
  const junk = new TextEncoder().encode('junk');
  await expect(openOpenCvModel({ kind: 'haar', cascade: junk })).rejects.toMatchObject({ code: 'engine-failed' });
  await expect(openOpenCvModel({ kind: 'ssd', weights: junk, description: junk })).rejects.toMatchObject({
    code: 'engine-failed',
    message: expect.stringMatching(/^OpenCV\.js failed: .*parse/i),
  });
});

describe.skipIf(!weights)('on the sample image', () => {
  let image: Image;
  let engine: Engine;
  let truth: readonly BoundingBox[];
  beforeAll(async () => {
    vi.stubEnv('PHIZ_CACHE', weights);
    engine = await createNodeEngine({ threads: 1 });
    image = await readImage(root('samples/faces.png'));
    const { faces } = JSON.parse(await readFile(root('samples/faces.truth.json'), 'utf8'));
    truth = faces.map(({ box }: { box: BoundingBox }) => box);
  });
  const opened = async <T>(name: string, use: (detector: FaceDetector) => Promise<T>): Promise<T> => {
    const detector = await openDetector(name, engine);
    try {
      return await use(detector);
    } finally {
      await detector.dispose();
    }
  };

  it.each([
    ['yunet', true],
    ['mtcnn', true],
    ['opencv-ssd', false],
    ['haar', false],
  ])('%s finds the seven faces and nothing else', async (name, hasLandmarks) => {
    const found = await opened(name, (detector) => detector.detect(image));
    expect(found).toHaveLength(7);
    for (const box of truth) expect(Math.max(...found.map((face) => iou(face.box, box)))).toBeGreaterThan(0.55);
    for (const { landmarks, score } of found) {
      expect(landmarks !== null).toBe(hasLandmarks);
      expect(score).toBeGreaterThanOrEqual(0.5);
      expect(score).toBeLessThanOrEqual(1);
    }
  });

  it.each(['yunet', 'mtcnn', 'opencv-ssd', 'haar'])('%s refuses a threshold that is not a score', async (name) => {
    const failure = opened(name, (detector) => detector.detect(image, { scoreThreshold: 2 }));
    await expect(failure).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('serves calls at once, and none after disposing', async () => {
    const detector = await openDetector('haar', noEngine);
    const [first, second] = await Promise.all([detector.detect(image), detector.detect(image)]);
    expect(second).toEqual(first);
    const waiting = detector.detect(image);
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'disposed' }), detector.dispose()]);
    await expect(detector.detect(image)).rejects.toMatchObject({ code: 'disposed' });
    await detector.dispose();
  });

  it('stands in an analyzer, whose faces then have no landmarks', async () => {
    const { emotion, age } = await writeTinyModels(join(folder, 'models'));
    const analyzer = await createAnalyzer({ detector: 'haar', emotion, age, threads: 1 });
    try {
      const { faces, models } = await analyzer.analyze(image);
      expect(faces.map(({ landmarks }) => landmarks)).toEqual(Array(7).fill(null));
      expect(models.detector).toEqual({ name: 'haar', version: 'frontalface-default' });
    } finally {
      await analyzer.dispose();
    }
  });
});
