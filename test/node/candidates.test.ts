/** The squares that a refiner is trained on: what is in their middle, and what they are to be taken for. */
import { describe, expect, it } from 'vitest';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';
import { candidatePoint } from '#dist/detect/points.js';
import { createTargets } from '#dist/train/data/assign.js';
import { aim, createCandidateMaker } from '#dist/train/data/candidates.js';
import type { LabelledFace } from '#dist/train/data/wider.js';

const SIZE = 64;
const MARGIN = 1.6;
const point = candidatePoint(SIZE, MARGIN);
const marks = {
  leftEye: { x: 28, y: 28 },
  rightEye: { x: 36, y: 28 },
  nose: { x: 32, y: 33 },
  leftMouth: { x: 29, y: 38 },
  rightMouth: { x: 35, y: 38 },
};
const face = (x: number, y: number, width: number, height: number, more: Partial<LabelledFace> = {}): LabelledFace => ({
  box: { x: x - width / 2, y: y - height / 2, width, height },
  landmarks: marks,
  ignore: false,
  ...more,
});

/** cls, clsWeight and box of a square that shows these faces. */
function aimed(...faces: readonly LabelledFace[]) {
  const targets = createTargets(2, point);
  aim(faces, point.anchors, targets, 1);
  const row = (name: keyof typeof targets, width: number) => [...targets[name].data.slice(width, 2 * width)];
  return {
    cls: row('cls', 1)[0],
    counts: row('clsWeight', 1)[0],
    taught: [...row('boxWeight', 1), ...row('iouWeight', 1), ...row('landmarkWeight', 1)],
    box: row('box', 4),
    landmark: row('landmark', 10),
  };
}

it('the one point of a square lies in its middle and is as large as the box there', () => {
  expect([...point.anchors]).toEqual([32, 32, 40]);
  expect(point.count).toBe(1);
});

describe('a square is taken for', () => {
  it('the face in its middle, with box and landmarks, whatever form that has', () => {
    for (const [width, height] of [
      [40, 40],
      [30, 53],
      [50, 32],
    ] as const)
      expect(aimed(face(32, 32, width, height, { score: 0.75 }))).toEqual({
        cls: 0.75,
        counts: 1,
        taught: [1, 1, 1],
        box: [32, 32, width, height],
        landmark: [28, 28, 36, 28, 32, 33, 29, 38, 35, 38],
      });
  });

  it('the one nearest to its middle of several', () => {
    expect(aimed(face(20, 32, 40, 40), face(34, 32, 38, 38)).box).toEqual([34, 32, 38, 38]);
  });

  it('nobody where none is, and where one is far off, too large or too small', () => {
    const nobody = { cls: 0, counts: 1, taught: [0, 0, 0] };
    expect(aimed()).toMatchObject({ ...nobody, box: [32, 32, 40, 40], landmark: Array.from({ length: 10 }, () => 32) });
    expect(aimed(face(72, 32, 40, 40))).toMatchObject(nobody);
    expect(aimed(face(32, 32, 90, 90))).toMatchObject(nobody);
    expect(aimed(face(32, 32, 15, 15))).toMatchObject(nobody);
  });

  it('neither where the box is off by half, or where nobody knows', () => {
    expect(aimed(face(52, 32, 40, 40))).toMatchObject({ cls: 0, counts: 0, taught: [0, 0, 0] });
    expect(aimed(face(32, 32, 40, 40, { ignore: true }))).toMatchObject({ cls: 0, counts: 0, taught: [0, 0, 0] });
  });

  it('a face without landmarks where they are unknown', () => {
    const { landmarks: _, ...plain } = face(32, 32, 40, 40);
    expect(aimed(plain)).toMatchObject({ cls: 1, taught: [1, 1, 0] });
  });
});

describe('what a refiner is shown', () => {
  const image: Image = { width: 200, height: 160, channels: 3, data: new Uint8Array(200 * 160 * 3).fill(90) };
  const records = [
    { path: 'a', width: 200, height: 160, faces: [face(60, 70, 32, 40)], mistaken: [{ x: 120, y: 90, width: 30, height: 30 }] },
    { path: 'b', width: 200, height: 160, faces: [] },
  ];
  const maker = createCandidateMaker({ records, image: () => image }, { size: SIZE, margin: MARGIN });

  it('is the same for the same seed, and mostly a face near the middle', () => {
    const targets = createTargets(400, point);
    const planes = new Float32Array(3 * SIZE * SIZE);
    const again = new Float32Array(3 * SIZE * SIZE);
    for (let i = 0; i < 400; i++) maker.make(random(7, i), planes, 0, targets, i);
    maker.make(random(7, 399), again, 0, createTargets(1, point), 0);
    expect(again).toEqual(planes);
    const faces = targets.cls.data.reduce((sum, value) => sum + value, 0);
    const silent = targets.clsWeight.data.reduce((sum, value) => sum + 1 - value, 0);
    expect(faces).toBeGreaterThan(400 * 0.35);
    expect(faces).toBeLessThan(400 * 0.55);
    expect(silent).toBeLessThan(400 * 0.15);
    for (let i = 0; i < 400; i++) {
      if (!targets.boxWeight.data[i]) continue;
      const [x, y, width, height] = targets.box.data.slice(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
      expect(Math.hypot(x - 32, y - 32)).toBeLessThan(26);
      expect(Math.sqrt(width * height)).toBeGreaterThan(20);
      expect(Math.sqrt(width * height)).toBeLessThan(64);
    }
  });

  it('needs a face', () => {
    expect(() => createCandidateMaker({ records: [records[1]!], image: () => image }, { size: SIZE, margin: MARGIN })).toThrow(
      expect.objectContaining({ code: 'invalid-data', message: expect.stringContaining('none of the 1 labelled images') }),
    );
  });
});
