import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateDetector } from '#dist/apps/evaluate/evaluate-detector.js';
import { type BoundingBox, iou } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { FaceDetector } from '#dist/detect/detector.js';
import { createMtcnn, pyramid } from '#dist/detect/mtcnn.js';
import { moved, squared, thin } from '#dist/detect/mtcnn-candidates.js';
import { cropFaces } from '#dist/detect/mtcnn-crops.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { readImage } from '#dist/node/images/read-image.js';
import { createMtcnnDetector, type MtcnnFiles } from '#dist/node/models/mtcnn.js';
import { needs } from './needs.js';

const box = (x: number, y: number, width: number, height: number): BoundingBox => ({ x, y, width, height });

describe('candidates', () => {
  it('are thinned by overlap over the union, or over the smaller one', () => {
    const large = { box: box(0, 0, 100, 100), score: 0.9 };
    const inner = { box: box(10, 10, 50, 50), score: 0.8 };
    const near = { box: box(2, 0, 100, 100), score: 0.7 };
    const far = { box: box(300, 0, 100, 100), score: 0.95 };
    expect(thin([near, inner, large, far], 0.7)).toEqual([far, large, inner]);
    expect(thin([near, inner, large, far], 0.7, 'smaller')).toEqual([far, large]);
  });

  it('are moved by their sides and squared round their centre', () => {
    const candidate = { box: box(100, 200, 40, 20), score: 1, shift: [0.1, -0.5, 0.25, 0.5] as const };
    expect(moved(candidate)).toEqual(box(104, 190, 46, 40));
    expect(squared(box(104, 190, 46, 40))).toEqual(box(104, 187, 46, 46));
    const { width, height } = moved({ ...candidate, shift: [2, 2, -2, -2] });
    expect(Math.min(width, height)).toBeGreaterThan(0);
  });

  it('are cut with black beyond the image’s edge', () => {
    const grey: Image = { width: 10, height: 10, channels: 1, data: new Uint8Array(100).fill(255) };
    const crops = cropFaces(grey, [box(2, 2, 4, 4), box(-2, 6, 8, 8)], 4);
    expect(new Set(crops.slice(0, 48))).toEqual(new Set([127.5 / 128]));
    const [black, white] = [-127.5 / 128, 127.5 / 128];
    expect([...crops.slice(48, 64)].map((v) => (v === white ? 1 : v === black ? 0 : v)).join('')).toBe('0111011100000000');
  });
});

it('the pyramid ends where P-Net no longer fits', () => {
  const sizes = pyramid({ width: 400, height: 100 }, 20, 0.5);
  expect(sizes).toEqual([
    { width: 240, height: 60 },
    { width: 120, height: 30 },
    { width: 60, height: 15 },
  ]);
  expect(pyramid({ width: 400, height: 19 }, 20, 0.5)).toEqual([]);
});

const [data, weights] = [needs.data('fddb'), needs.weights()];
describe.skipIf(!data || !weights)('MTCNN', () => {
  let detector: FaceDetector;
  let files: MtcnnFiles;
  beforeAll(async () => {
    const folder = join(weights!, 'mtcnn');
    files = Object.fromEntries(
      [1, 2, 3].flatMap((k) => ['prototxt', 'caffemodel'].map((end) => [`det${k}.${end}`, join(folder, `det${k}.${end}`)])),
    ) as MtcnnFiles;
    detector = await createMtcnnDetector({ engine: await createNodeEngine({ threads: 1 }), files });
    return () => detector.dispose();
  });

  it('finds all seven faces of the sample, with landmarks in their places', async () => {
    const truth = JSON.parse(await readFile('samples/faces.truth.json', 'utf8')) as { faces: { box: BoundingBox }[] };
    const faces = await detector.detect(await readImage('samples/faces.png'));
    expect(faces).toHaveLength(7);
    for (const real of truth.faces) {
      const found = faces.find((face) => iou(face.box, real.box) > 0.6);
      expect(found?.score).toBeGreaterThan(0.9);
      const { leftEye, rightEye, nose, leftMouth, rightMouth } = found!.landmarks!;
      expect(leftEye.x).toBeLessThan(nose.x);
      expect(rightEye.x).toBeGreaterThan(nose.x);
      expect(leftMouth.x).toBeLessThan(rightMouth.x);
      for (const eye of [leftEye, rightEye]) expect(eye.y).toBeLessThan(nose.y);
      for (const mouth of [leftMouth, rightMouth]) expect(mouth.y).toBeGreaterThan(nose.y);
    }
  });

  it('sees upright faces alone: it was taught on images stored column by column, and reads them row by row here', async () => {
    const { width, height, channels, data: pixels } = await readImage('samples/faces.png');
    const flipped = new Uint8Array(pixels.length);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) flipped[(x * height + y) * channels + c] = pixels[(y * width + x) * channels + c]!;
    expect((await detector.detect({ width: height, height: width, channels, data: flipped })).length).toBeLessThan(2);
  });

  it('shrinks to detectSize and answers in pixels of the image', async () => {
    const image = await readImage('samples/faces.png');
    const [full, small] = await Promise.all([detector.detect(image), detector.detect(image, { detectSize: 416 })]);
    expect(small).toHaveLength(7);
    for (const face of small) expect(Math.max(...full.map((other) => iou(other.box, face.box)))).toBeGreaterThan(0.75);
  });

  it('finds the faces of a few of FDDB’s photos', async () => {
    const { ap50 } = await evaluateDetector(detector, data!, { limit: 16, resamples: 0 });
    expect(ap50.averagePrecision).toBeGreaterThan(0.85);
  });

  it('finds nothing in a image of one colour, nor in one that is too small', async () => {
    const plain = (width: number, height: number): Image => ({
      width,
      height,
      channels: 3,
      data: new Uint8Array(width * height * 3).fill(90),
    });
    expect(await detector.detect(plain(200, 150))).toEqual([]);
    expect(await detector.detect(plain(1, 300))).toEqual([]);
  });

  it('says what is wrong with options and files', async () => {
    const engine = await createNodeEngine({ threads: 1 });
    const open = (options: object) => createMtcnnDetector({ engine, files, ...options });
    await expect(open({ minFace: 8 })).rejects.toThrow(/minFace must be 12 pixels or more; got 8/);
    await expect(open({ pyramidFactor: 1 })).rejects.toThrow(/pyramidFactor/);
    await expect(open({ stageThresholds: [0.5, 7] })).rejects.toThrow(/stageThresholds/);
    await expect(detector.detect(await readImage('samples/faces.png'), { scoreThreshold: 2 })).rejects.toThrow(/scoreThreshold/);
    await expect(open({ files: { ...files, 'det2.caffemodel': '/none' } })).rejects.toThrow(
      expect.objectContaining({ code: 'model-not-found' }),
    );
    const weights = await readFile(files['det2.caffemodel'] as string);
    await expect(open({ files: { ...files, 'det2.caffemodel': weights.subarray(0, 1000) } })).rejects.toThrow(
      expect.objectContaining({ code: 'model-damaged' }),
    );
    await expect(
      open({
        files: { ...files, 'det3.caffemodel': weights, 'det3.prototxt': await readFile(files['det2.prototxt'] as string) },
      }),
    ).rejects.toThrow(/not MTCNN's O-Net: it has no output 'conv6-2'/);
    await expect(createMtcnn({ engine, nets: { proposal: weights, refinement: weights, output: weights } })).rejects.toThrow(
      expect.objectContaining({ code: 'model-damaged' }),
    );
  });
});
