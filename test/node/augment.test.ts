import { describe, expect, it } from 'vitest';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';
import { boxToAffine, warp } from '#dist/core/resample.js';
import { augmentSample, checkAugment, mixSamples, NO_AUGMENT, viewBox } from '#dist/train/augment.js';

/** An image without symmetry: a ramp with some noise. */
function picture(width: number, height: number, channels: 1 | 3): Image {
  const r = random(width, height, channels);
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return (
      40 + ((pixel % width) / width) * 100 + (Math.floor(pixel / width) / height) * 60 + r.uniform(0, 20) + (i % channels) * 10
    );
  });
  return { width, height, channels, data };
}

function augmented(
  image: Image,
  settings: Parameters<typeof checkAugment>[0],
  seed: number,
  size = 24,
  channels: 1 | 3 = 1,
): Float32Array {
  const out = new Float32Array(channels * size * size);
  const all = checkAugment({ ...NO_AUGMENT, ...settings });
  augmentSample(image, { width: size, height: size, channels }, viewBox(image), all, random(seed), out);
  return out;
}

const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('augmentation', () => {
  it('with everything off is a plain resize, grey and colour, small and large, any view', () => {
    for (const channels of [1, 3] as const)
      for (const [width, height] of [
        [48, 48],
        [100, 70],
        [9, 30],
      ] as const)
        for (const view of [{}, { cover: 1.3, shift: 0.1 }, { cover: 0.6 }]) {
          const image = picture(width, height, channels);
          const box = viewBox(image, view);
          const size = { width: 20, height: 20, channels };
          const plain = new Float32Array(channels * 400);
          warp(image, boxToAffine(box, 20, 20), size, plain);
          const out = new Float32Array(channels * 400 + 3);
          augmentSample(image, size, box, NO_AUGMENT, random(5), out, 3);
          expect(Array.from(out.subarray(0, 3))).toEqual([0, 0, 0]);
          let worst = 0;
          for (let i = 0; i < plain.length; i++) worst = Math.max(worst, Math.abs(plain[i]! - out[i + 3]!));
          expect(worst).toBeLessThan(0.01);
        }
  });

  it('darkens to between a half and a twelfth of the light', () => {
    const image = picture(40, 40, 1);
    const plain = meanOf(augmented(image, {}, 1));
    const shares = Array.from({ length: 40 }, (_, seed) => meanOf(augmented(image, { dark: 1 }, seed)) / plain);
    for (const share of shares) expect(share).toSatisfy((value: number) => value > 1 / 12.1 && value < 1 / 1.99);
    expect(Math.max(...shares) / Math.min(...shares)).toBeGreaterThan(3);
  });

  it("adds noise of up to its level, each channel's own, and none where it is off", () => {
    const grey: Image = { width: 30, height: 30, channels: 3, data: new Uint8Array(2700).fill(128) };
    const deviations = Array.from({ length: 40 }, (_, seed) => {
      const noisy = augmented(grey, { noise: 1, noiseLevel: 20 }, seed, 24, 3).map((value) => value - 128);
      expect(Array.from(noisy.subarray(0, 576))).not.toEqual(Array.from(noisy.subarray(576, 1152)));
      return Math.sqrt(meanOf(noisy.map((value) => value ** 2)));
    });
    expect(Math.max(...deviations)).toBeLessThan(22);
    expect(Math.max(...deviations)).toBeGreaterThan(14);
    expect(Math.min(...deviations)).toBeLessThan(6);
    expect(augmented(grey, { noiseLevel: 20 }, 3, 24, 3).every((value) => Math.abs(value - 128) < 0.01)).toBe(true);
  });

  it('centres the view and repeats the edge beyond the picture', () => {
    expect(viewBox({ width: 100, height: 60 })).toEqual({ x: 20, y: 0, width: 60, height: 60 });
    expect(viewBox({ width: 60, height: 100 }, { cover: 2, shift: 0.1 })).toEqual({ x: -30, y: -4, width: 120, height: 120 });
    const image = picture(10, 10, 1);
    const out = new Float32Array(400);
    augmentSample(image, { width: 20, height: 20, channels: 1 }, viewBox(image, { cover: 2 }), NO_AUGMENT, random(1), out);
    expect(out[0]).toBeCloseTo(image.data[0]!, 3);
    expect(out[399]).toBeCloseTo(image.data[99]!, 3);
  });

  it('mirrors', () => {
    const image = picture(24, 24, 1);
    const plain = augmented(image, {}, 1);
    const flipped = augmented(image, { flip: 1 }, 1);
    for (let y = 0; y < 24; y++) for (let x = 0; x < 24; x++) expect(flipped[y * 24 + x]).toBeCloseTo(plain[y * 24 + 23 - x]!, 2);
  });

  it('moves, turns and scales within its bounds', () => {
    // A bright dot on black: where it lands tells the map. It lies at (12.5, 6.5) of 48, 13 above and right of the centre.
    const data = new Uint8Array(48 * 48);
    for (let y = 10; y < 13; y++) for (let x = 34; x < 37; x++) data[y * 48 + x] = 255;
    const image: Image = { width: 48, height: 48, channels: 1, data };
    const landed = (settings: Parameters<typeof checkAugment>[0], seed: number) => {
      const out = augmented(image, settings, seed, 48);
      let [sum, sx, sy] = [0, 0, 0];
      for (let i = 0; i < out.length; i++) {
        sum += out[i]!;
        sx += out[i]! * ((i % 48) + 0.5 - 24);
        sy += out[i]! * (Math.floor(i / 48) + 0.5 - 24);
      }
      return { x: sx / sum, y: sy / sum };
    };
    const start = landed({}, 0);
    const radius = Math.hypot(start.x, start.y);
    const seen = { shift: 0, turn: 0, small: 1, large: 1 };
    for (let seed = 0; seed < 60; seed++) {
      const shifted = landed({ shift: 0.1 }, seed);
      seen.shift = Math.max(seen.shift, Math.abs(shifted.x - start.x), Math.abs(shifted.y - start.y));
      const turned = landed({ rotate: 15 }, seed);
      expect(Math.hypot(turned.x, turned.y)).toBeCloseTo(radius, 0);
      seen.turn = Math.max(seen.turn, Math.abs(Math.atan2(turned.y, turned.x) - Math.atan2(start.y, start.x)));
      const scaled = landed({ scale: [0.8, 1.25] }, seed);
      expect(Math.atan2(scaled.y, scaled.x)).toBeCloseTo(Math.atan2(start.y, start.x), 1);
      seen.small = Math.min(seen.small, Math.hypot(scaled.x, scaled.y) / radius);
      seen.large = Math.max(seen.large, Math.hypot(scaled.x, scaled.y) / radius);
    }
    expect(seen.shift).toBeGreaterThan(3.5);
    expect(seen.shift).toBeLessThan(4.9);
    expect(seen.turn).toBeGreaterThan(0.2);
    expect(seen.turn).toBeLessThan((15.2 * Math.PI) / 180);
    expect(seen.small).toBeGreaterThan(0.79);
    expect(seen.small).toBeLessThan(0.86);
    expect(seen.large).toBeGreaterThan(1.17);
    expect(seen.large).toBeLessThan(1.26);
  });

  it('changes light within 0–255 and colour only where there is some', () => {
    const image = picture(24, 24, 3);
    const plain = augmented(image, {}, 1, 24, 3);
    const bright = augmented(image, { brightness: 1, contrast: 1 }, 3, 24, 3);
    expect(bright).not.toEqual(plain);
    expect(Math.min(...bright)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...bright)).toBeLessThanOrEqual(255);
    const contrast = augmented(image, { contrast: 0.3 }, 4, 24, 3);
    expect(meanOf(contrast)).toBeCloseTo(meanOf(plain), 1);
    const grey = augmented(image, { grey: 1 }, 1, 24, 3);
    for (let i = 0; i < 576; i += 37) {
      expect(grey[i]).toBeCloseTo(grey[i + 576]!, 3);
      expect(grey[i]).toBeCloseTo(grey[i + 1152]!, 3);
    }
    const gains = augmented(image, { channelGain: 0.2 }, 1, 24, 3);
    const ratios = [0, 576, 1152].map((at) => gains[at + 100]! / plain[at + 100]!);
    expect(new Set(ratios.map((ratio) => ratio.toFixed(3))).size).toBe(3);
    expect(augmented(picture(24, 24, 1), { saturation: 0.5, grey: 1, channelGain: 0.5 }, 1)).toEqual(
      augmented(picture(24, 24, 1), {}, 1),
    );
  });

  it('blurs: neighbours grow alike, the mean stays', () => {
    const image = picture(48, 48, 1);
    const roughness = (values: Float32Array) => {
      let sum = 0;
      for (let i = 1; i < values.length; i++) if (i % 48 !== 0) sum += Math.abs(values[i]! - values[i - 1]!);
      return sum;
    };
    const plain = augmented(image, {}, 1, 48);
    const blurred = augmented(image, { blur: 1, blurFactor: 4 }, 2, 48);
    expect(roughness(blurred)).toBeLessThan(roughness(plain) * 0.7);
    expect(meanOf(blurred)).toBeCloseTo(meanOf(plain), 0);
  });

  it('erases one rectangle of the size asked for', () => {
    const image: Image = { width: 32, height: 32, channels: 1, data: new Uint8Array(1024).fill(100) };
    for (let seed = 0; seed < 20; seed++) {
      const out = augmented(image, { erase: 1, eraseArea: 0.2 }, seed, 32);
      const changed = [...out.entries()].filter(([, value]) => Math.abs(value - 100) > 1e-3).map(([i]) => i);
      const xs = changed.map((i) => i % 32);
      const ys = changed.map((i) => Math.floor(i / 32));
      const covered = (Math.max(...xs) - Math.min(...xs) + 1) * (Math.max(...ys) - Math.min(...ys) + 1);
      expect(covered).toBe(changed.length);
      expect(covered / 1024).toBeGreaterThan(0.01);
      expect(covered / 1024).toBeLessThan(0.23);
    }
  });

  it('mixes inputs and targets with the same weights', () => {
    const inputs = Float32Array.from([0, 0, 10, 10, 20, 20, 30, 30]);
    const targets = Float32Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    mixSamples(inputs, targets, 4, 1, random(3));
    let mixed = 0;
    for (let n = 0; n < 4; n++) {
      const own = targets.subarray(n * 4, n * 4 + 4);
      expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      const expected = own.reduce((sum, value, k) => sum + value * k * 10, 0);
      expect(inputs[n * 2]).toBeCloseTo(expected, 4);
      expect(inputs[n * 2 + 1]).toBeCloseTo(expected, 4);
      if (own[n]! < 0.999) mixed++;
    }
    expect(mixed).toBeGreaterThan(1);
  });

  it('names an option that is out of range', () => {
    expect(() => checkAugment({ flip: 2 })).toThrow(/flip must be from 0 to 1; got 2/);
    expect(() => checkAugment({ scale: [1.2, 0.8] })).toThrow(/scale must be two numbers/);
    expect(() => checkAugment({ rotate: Number.NaN })).toThrow(/rotate/);
    expect(() => viewBox({ width: 1, height: 1 }, { cover: 0 })).toThrow(/cover/);
  });
});
