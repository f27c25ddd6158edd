/** Planes to pixels, against the formulas of ITU-R BT.601 and BT.709. */
import { describe, expect, it } from 'vitest';
import { yuvToRgba } from '#dist/browser/yuv.js';

type Matrix = 'bt601' | 'bt709';

/** Y'CbCr of a colour, 0–255, as the recommendations define it. */
function toYuv([r, g, b]: readonly [number, number, number], matrix: Matrix, fullRange: boolean): [number, number, number] {
  const [kr, kb] = matrix === 'bt601' ? [0.299, 0.114] : [0.2126, 0.0722];
  const y = kr * r + (1 - kr - kb) * g + kb * b;
  const u = (b - y) / (2 * (1 - kb));
  const v = (r - y) / (2 * (1 - kr));
  return (fullRange ? [y, 128 + u, 128 + v] : [16 + (219 * y) / 255, 128 + (224 * u) / 255, 128 + (224 * v) / 255]).map(
    Math.round,
  ) as [number, number, number];
}

/** An image of 5×3 pixels, one colour each 2×2 block, with padded rows. */
function planes(
  colours: readonly (readonly [number, number, number])[],
  format: 'I420' | 'NV12',
  matrix: Matrix,
  fullRange: boolean,
) {
  const data = new Uint8Array(200).fill(99);
  const layout =
    format === 'I420'
      ? [
          { offset: 3, stride: 8 },
          { offset: 40, stride: 4 },
          { offset: 60, stride: 5 },
        ]
      : [
          { offset: 3, stride: 8 },
          { offset: 40, stride: 8 },
        ];
  colours.forEach((colour, i) => {
    const [column, row] = [i % 3, Math.floor(i / 3)];
    const [y, u, v] = toYuv(colour, matrix, fullRange);
    for (const dy of [0, 1])
      for (const dx of [0, 1]) {
        const [px, py] = [2 * column + dx, 2 * row + dy];
        if (px < 5 && py < 3) data[3 + py * 8 + px] = y;
      }
    if (format === 'I420') {
      data[40 + row * 4 + column] = u;
      data[60 + row * 5 + column] = v;
    } else {
      data[40 + row * 8 + 2 * column] = u;
      data[40 + row * 8 + 2 * column + 1] = v;
    }
  });
  return { format, data, layout, width: 5, height: 3, matrix, fullRange } as const;
}

const COLOURS = [
  [0, 0, 0],
  [255, 255, 255],
  [200, 30, 60],
  [20, 220, 40],
  [30, 60, 250],
  [128, 128, 128],
] as const;

describe.each(['I420', 'NV12'] as const)('planes as %s', (format) => {
  it.each([
    ['bt601', false],
    ['bt601', true],
    ['bt709', false],
    ['bt709', true],
  ] as const)('give the colours back by %s, full range %s', (matrix, fullRange) => {
    const pixels = yuvToRgba(planes(COLOURS, format, matrix, fullRange));
    expect(pixels).toHaveLength(5 * 3 * 4);
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 5; x++) {
        const colour = COLOURS[(x >> 1) + 3 * (y >> 1)]!;
        const at = 4 * (5 * y + x);
        // Planes hold whole numbers: two steps off at most.
        for (const c of [0, 1, 2]) expect(Math.abs(pixels[at + c]! - colour[c]!)).toBeLessThanOrEqual(2);
        expect(pixels[at + 3]).toBe(255);
      }
  });
});

it('keeps to 0 and 255 where planes say more', () => {
  const layout = [0, 4, 5].map((offset) => ({ offset, stride: 2 }));
  const colour = (y: number, u: number, v: number): readonly number[] => {
    const data = Uint8Array.from([y, y, y, y, u, v]);
    const pixels = yuvToRgba({ format: 'I420', data, layout, width: 2, height: 2, matrix: 'bt709', fullRange: false });
    return [...pixels.subarray(0, 4)];
  };
  expect(colour(255, 128, 128)).toEqual([255, 255, 255, 255]);
  expect(colour(0, 128, 128)).toEqual([0, 0, 0, 255]);
  expect(colour(0, 0, 0)).toEqual([0, 77, 0, 255]);
  expect(colour(255, 255, 255)).toEqual([255, 184, 255, 255]);
});
