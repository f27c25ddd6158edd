/** Where augmentation moves an image, and what lowering its resolution leaves of it: on dots, a ramp and noise. */
import { describe, expect, it } from 'vitest';
import type { Image } from '#dist/core/image.js';
import type { AugmentOptions } from '#dist/train/augment.js';
import { augmented, meanOf, patterned, SEEDS, spread } from './fixtures/augmented.js';

describe('geometry', () => {
  const [WIDTH, HEIGHT, SIDE] = [90, 60, 48];
  /** Where the view's centre lies: not in the image's. */
  const view = { x: 30, y: 4, width: 48, height: 48 };
  const centre = { x: 54, y: 28 };
  /** A dot in each channel: at the centre, to the right of it, and below. */
  const dots = [centre, { x: centre.x + 10, y: centre.y }, { x: centre.x, y: centre.y + 10 }] as const;
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (const [c, { x, y }] of dots.entries())
    for (let row = y - 2; row < y + 2; row++)
      for (let column = x - 2; column < x + 2; column++) data[3 * (row * WIDTH + column) + c] = 255;
  const image: Image = { width: WIDTH, height: HEIGHT, channels: 3, data };

  /** Where the dots land, in pixels of the view from its centre; the output's own sides are taken out. */
  const land = (settings: AugmentOptions, seed: number, { width = 48, height = 96 } = {}) =>
    augmented(image, settings, seed, { width, height }, view).map((plane) => {
      let [sum, x, y] = [0, 0, 0];
      for (const [i, value] of plane.entries()) {
        sum += value;
        x += value * ((i % width) + 0.5);
        y += value * (Math.floor(i / width) + 0.5);
      }
      return { x: ((x / sum - width / 2) * SIDE) / width, y: ((y / sum - height / 2) * SIDE) / height };
    });

  it('turns, scales and mirrors about the centre of the view, and keeps shapes', () => {
    const [angles, zooms]: [number[], number[]] = [[], []];
    for (const seed of SEEDS)
      for (const flip of [0, 1]) {
        const [middle, right, below] = land({ flip, rotate: 20, scale: [0.7, 1.4] }, seed) as [Dot, Dot, Dot];
        expect(Math.hypot(middle.x, middle.y)).toBeLessThan(0.2);
        const zoom = Math.hypot(right.x, right.y) / 10;
        expect(Math.hypot(below.x, below.y) / 10).toBeCloseTo(zoom, 1);
        // Right angles stay right; a mirror image turns the other way.
        const turnedBy = (right.x * below.y - right.y * below.x) / (100 * zoom * zoom);
        expect(turnedBy).toBeCloseTo(flip ? -1 : 1, 1);
        expect((right.x * below.x + right.y * below.y) / (100 * zoom * zoom)).toBeCloseTo(0, 1);
        angles.push((Math.atan2(-below.x, below.y) * 180) / Math.PI);
        zooms.push(zoom);
      }
    const [[leftmost, rightmost], [smallest, largest]] = [spread(angles), spread(zooms)];
    expect(leftmost).toSatisfy((angle: number) => angle > -21 && angle < -15);
    expect(rightmost).toSatisfy((angle: number) => angle < 21 && angle > 15);
    expect(smallest).toSatisfy((zoom: number) => zoom > 0.67 && zoom < 0.78);
    expect(largest).toSatisfy((zoom: number) => zoom < 1.43 && zoom > 1.27);
    // As many smaller as larger: on a log scale.
    expect(Math.abs(meanOf(zooms.map(Math.log)))).toBeLessThan(0.06);
  });

  it('moves to all sides alike, by its part of the view at most', () => {
    const moved = SEEDS.map((seed) => land({ shift: 0.15 }, seed)[0]!);
    for (const side of ['x', 'y'] as const) {
      const [least, most] = spread(moved.map((dot) => dot[side]));
      expect(least).toSatisfy((value: number) => value > -7.4 && value < -5.5);
      expect(most).toSatisfy((value: number) => value < 7.4 && value > 5.5);
    }
  });

  it('lowers the resolution without moving, turning or mixing anything, by its factor at most', () => {
    const ramp: Image = {
      width: 80,
      height: 60,
      channels: 3,
      data: Uint8Array.from({ length: 80 * 60 * 3 }, (_, i) => {
        const [x, y, c] = [Math.floor(i / 3) % 80, Math.floor(i / 240), i % 3];
        return [40 + 2 * x, 40 + 2 * y, 200 - x - y][c]!;
      }),
    };
    // Steps of so many columns: how far the lowered resolution went.
    const checks = patterned(64, 64, 1);
    const roughness: number[] = [];
    for (const seed of SEEDS.slice(0, 30)) {
      const sharp = augmented(ramp, {}, seed);
      const blurred = augmented(ramp, { blur: 1, blurFactor: 4 }, seed);
      let worst = 0;
      for (const [c, plane] of blurred.entries())
        for (let y = 6; y < 24; y++)
          for (let x = 6; x < 34; x++) worst = Math.max(worst, Math.abs(plane[y * 40 + x]! - sharp[c]![y * 40 + x]!));
      expect(worst).toBeLessThan(2);
      const size = { width: 64, height: 64 };
      const [before, after] = [{}, { blur: 1, blurFactor: 4 }].map((settings) => {
        const [values] = augmented(checks, settings, seed, size);
        return Math.sqrt(meanOf(values!.map((value) => (value - 120) ** 2)));
      }) as [number, number];
      roughness.push(after / before);
    }
    const [least, most] = spread(roughness);
    expect(least).toBeLessThan(0.35);
    expect(least).toBeGreaterThan(0.1);
    expect(most).toBeLessThan(1);
    expect(most).toBeGreaterThan(0.4);
    // Four pixels a side are left of anything.
    const tiny = augmented(checks, { blur: 1, blurFactor: 16 }, 3, { width: 8, height: 8 })[0]!;
    expect(new Set(tiny).size).toBeGreaterThan(8);
  });
});

interface Dot {
  readonly x: number;
  readonly y: number;
}
