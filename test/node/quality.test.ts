import { expect, it } from 'vitest';
import { faceQuality, sharpness } from '#dist/attributes/quality/measure.js';
import type { Image } from '#dist/core/image.js';

const SIZE = 128;
const box = { x: 0, y: 0, width: SIZE, height: SIZE };

/** Grey discs of several sizes over a slope: edges in all directions. */
function scene(): Float64Array {
  return Float64Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
    const inside = (cx: number, cy: number, r: number) => Math.hypot(x - cx, y - cy) < r;
    if (inside(44, 50, 9) || inside(84, 50, 9)) return 30;
    if (inside(64, 92, 14)) return 70;
    return inside(64, 64, 56) ? 190 - x / 4 : 100;
  });
}

/** A separable binomial blur, repeated. */
function blur(grey: Float64Array, times: number): Float64Array {
  let from = grey;
  for (let n = 0; n < times * 2; n++) {
    const step = n % 2 === 0 ? 1 : SIZE;
    from = from.map((v, i) => (from[Math.max(i - step, 0)]! + 2 * v + from[Math.min(i + step, from.length - 1)]!) / 4);
  }
  return from;
}

const image = (grey: Float64Array): Image => ({ width: SIZE, height: SIZE, channels: 1, data: Uint8Array.from(grey) });

it('falls with every step of blur, within 0 and 1', () => {
  const values = [0, 2, 6, 20, 60, 200].map((times) => sharpness(image(blur(scene(), times)), box));
  for (let i = 1; i < values.length; i++) expect(values[i]).toBeLessThan(values[i - 1]! - 0.02);
  expect(values[0]).toBeLessThanOrEqual(1);
  expect(values[0]).toBeGreaterThan(0.5);
  expect(values.at(-1)).toBeGreaterThanOrEqual(0);
  expect(values.at(-1)).toBeLessThan(0.3);
});

it('does not depend on contrast', () => {
  const low = image(scene().map((v) => 100 + v / 4));
  expect(sharpness(low, box)).toBeCloseTo(sharpness(image(scene()), box), 1);
});

it('is 0 for a flat patch and a box without area', () => {
  expect(sharpness(image(new Float64Array(SIZE * SIZE).fill(90)), box)).toBe(0);
  expect(sharpness(image(scene()), { x: 500, y: 5, width: 0, height: 0 })).toBe(0);
});

it('measures size against what the classifiers see', () => {
  expect(faceQuality(image(scene()), { x: 0, y: 0, width: 20, height: 20 }, 80).size).toBe(0.25);
  expect(faceQuality(image(scene()), box, 80).size).toBe(1);
});

it('is the variance of the Laplacian by that of the face, on a logarithmic scale', () => {
  // 64 pixels a side, so that nothing is resampled; a bowl, whose mean Laplacian is not zero, with ripples.
  const side = 64;
  const data = Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) - 31.5, Math.floor(i / side) - 31.5];
    return 20 + (x * x + y * y) / 15 + 8 * Math.sin(x) * Math.cos(y / 2);
  });
  const at = (x: number, y: number) => data[y * side + x]!;
  const inner = Array.from({ length: 62 * 62 }, (_, i) => [1 + (i % 62), 1 + Math.floor(i / 62)] as const);
  const laplacian = inner.map(([x, y]) => at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y));
  const variance = (values: readonly number[]) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  };
  const detail = variance(laplacian) / variance([...data]);
  const expected = Math.log(detail / 0.001) / Math.log(0.3 / 0.001);
  expect(expected).toBeGreaterThan(0.05);
  expect(expected).toBeLessThan(0.95);
  const face = { x: 0, y: 0, width: side, height: side };
  expect(sharpness({ width: side, height: side, channels: 1, data }, face)).toBeCloseTo(expected, 5);
});
