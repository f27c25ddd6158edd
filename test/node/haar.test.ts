import { describe, expect, it } from 'vitest';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { createHaar } from '#dist/detect/haar.js';
import { groupWindows } from '#dist/detect/haar-windows.js';
import { createOpenCvSsd } from '#dist/detect/opencv-ssd.js';

const square = (x: number, y: number, side: number): BoundingBox => ({ x, y, width: side, height: side });

/** `count` windows about a square, the best margin first. */
const around = ({ x, y, width }: BoundingBox, count: number, margin = 1) =>
  Array.from({ length: count }, (_, i) => ({ box: square(x + (i % 2), y - (i % 2), width), margin: margin - i }));

describe('groupWindows', () => {
  it('makes one mean box of the windows on a face, with their number and best margin', () => {
    const [group, ...others] = groupWindows(around(square(100, 50, 40), 4, 3));
    expect(others).toEqual([]);
    expect(group).toEqual({ box: square(100.5, 49.5, 40), count: 4, margin: 3 });
  });

  it('keeps apart what lies or is sized apart, and joins through what lies between', () => {
    expect(groupWindows([...around(square(0, 0, 40), 2), ...around(square(100, 0, 40), 2)])).toHaveLength(2);
    expect(groupWindows([...around(square(0, 0, 40), 2), ...around(square(0, 0, 90), 2)])).toHaveLength(2);
    // Edges may differ by a fifth of the side, 8 px: the outer two are joined by the middle one alone.
    const at = (x: number) => ({ box: square(x, 0, 40), margin: 0 });
    expect(groupWindows([at(0), at(14)])).toHaveLength(2);
    expect(groupWindows([at(0), at(14), at(7)]).map(({ count }) => count)).toEqual([3]);
  });

  it('drops a few windows within a face of many, and keeps many within few', () => {
    const face = square(0, 0, 100);
    const mouth = square(30, 50, 30);
    expect(groupWindows([...around(face, 6), ...around(mouth, 2)]).map(({ count }) => count)).toEqual([6]);
    expect(groupWindows([...around(face, 2), ...around(mouth, 6)]).map(({ count }) => count)).toEqual([2, 6]);
    expect(groupWindows([...around(face, 6), ...around(square(200, 0, 30), 2)]).map(({ count }) => count)).toEqual([6, 2]);
  });
});

describe('the cascade', () => {
  const rows = (boxes: readonly { readonly box: BoundingBox; readonly margin: number }[]) =>
    Float32Array.from(boxes.flatMap(({ box, margin }) => [box.x, box.y, box.width, box.height, margin]));
  const image = (width: number, height: number): Image => {
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < data.length; i += 3) data.set([255, 0, 0], i);
    return { width, height, channels: 3, data };
  };

  it('draws the line where OpenCV does, above three windows, whatever their margins', async () => {
    const windows = [...around(square(0, 0, 40), 3, 90), ...around(square(100, 0, 40), 4, -90), ...around(square(200, 0, 40), 9)];
    const cascade = { run: async () => rows(windows), dispose: async () => {} };
    const detector = createHaar({ cascade });
    const found = await detector.detect(image(300, 60));
    expect(found.map(({ box: { x } }) => x).sort()).toEqual([100.5, 200 + 4 / 9].sort());
    const all = await detector.detect(image(300, 60), { scoreThreshold: 0 });
    const scores = all.toSorted((a, b) => a.box.x - b.box.x).map(({ score }) => score);
    expect(scores[0]).toBeLessThan(0.5);
    expect(scores[1]).toBeGreaterThanOrEqual(0.5);
    expect(scores[2]).toBeGreaterThan(scores[1]!);
    expect(all.every(({ landmarks }) => landmarks === null)).toBe(true);
    await expect(detector.detect(image(300, 60), { scoreThreshold: 2 })).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('shows the cascade the grey image, shrunk, and gives boxes in pixels of the image', async () => {
    const seen: Image[] = [];
    const run = async (image: Image) => {
      seen.push(image);
      return rows(around(square(10, 20, 30), 5).map(({ margin }) => ({ box: square(10, 20, 30), margin })));
    };
    const detector = createHaar({ cascade: { run, dispose: async () => {} } });
    const [face] = await detector.detect(image(200, 100), { detectSize: 50 });
    expect(seen[0]).toMatchObject({ width: 50, height: 25, channels: 1 });
    expect([...new Set(seen[0]!.data)]).toEqual([76]);
    expect(face!.box).toEqual({ x: 40, y: 80, width: 120, height: 120 });
  });
});

describe("OpenCV's SSD", () => {
  it('shows the network the whole image in blue, green, red, and reads its rows', async () => {
    const seen: Image[] = [];
    const run = async (image: Image) => {
      seen.push(image);
      const face = [0, 1, 0.9, 0.25, 0.5, 0.5, 1.1];
      return Float32Array.from([...face, 0, 1, 0.8, 4.2, 4.1, 4.8, 4.9, 0, 1, 0.7, 0.5, 0.5, 0.5, 0.6, 0, 1, 0.4, 0, 0, 1, 1]);
    };
    const detector = createOpenCvSsd({ network: { run, dispose: async () => {} } });
    const data = new Uint8Array(400 * 200 * 4).map((_, i) => [10, 20, i % 1600 < 800 ? 30 : 200, 255][i % 4]!);
    const image: Image = { width: 400, height: 200, channels: 4, data };
    const found = await detector.detect(image);
    expect(seen[0]).toMatchObject({ width: 300, height: 300, channels: 3 });
    expect([...seen[0]!.data.subarray(0, 3)]).toEqual([30, 20, 10]);
    expect([...seen[0]!.data.subarray(-3)]).toEqual([200, 20, 10]);
    // The second row lies outside the image, the third has no width, the fourth is too weak.
    expect(found).toHaveLength(1);
    const { box, score, landmarks } = found[0]!;
    expect([score, landmarks]).toEqual([expect.closeTo(0.9, 6), null]);
    expect([box.x, box.y, box.width, box.height]).toEqual([100, 100, 100, 120].map((v) => expect.closeTo(v, 4)));
    expect(await detector.detect(image, { scoreThreshold: 0.3 })).toHaveLength(2);
  });
});
