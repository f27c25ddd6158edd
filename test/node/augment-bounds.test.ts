/** What augmentation may do to an image at most, and that each of its changes reaches both ends of its range: on images whose change can be measured. */
import { describe, expect, it } from 'vitest';
import { type Random, random } from '#dist/core/random.js';
import {
  type AugmentOptions,
  augmentSample,
  checkAugment,
  DEFAULT_AUGMENT,
  mixSamples,
  NO_AUGMENT,
  viewBox,
} from '#dist/train/augment.js';
import { augmented, meanOf, patterned, plain, SEEDS, spread } from './fixtures/augmented.js';

describe('options', () => {
  const MOST = {
    flip: 1,
    shift: 1,
    rotate: 180,
    blur: 1,
    blurFactor: 16,
    brightness: 1,
    contrast: 1,
    saturation: 1,
    grey: 1,
    channelGain: 1,
    dark: 1,
    noise: 1,
    noiseLevel: 255,
    erase: 1,
    eraseArea: 0.5,
    mixup: 10,
  };
  it.each(Object.entries(MOST))('%s may be anything up to %d, and nothing else', (name, most) => {
    const least = name === 'blurFactor' ? 1 : 0;
    for (const value of [least, most]) expect(checkAugment({ [name]: value })).toMatchObject({ [name]: value });
    for (const value of [least - 0.01, most + 0.01, Number.NaN])
      expect(() => checkAugment({ [name]: value }), `${value}`).toThrow(`${name} must be from ${least} to ${most}; got ${value}`);
  });

  it('scale is two numbers from 0.1 to 10, low first', () => {
    for (const scale of [[0.1, 10] as const, [0.1, 0.1] as const, [10, 10] as const])
      expect(checkAugment({ scale }).scale).toEqual(scale);
    for (const scale of [[0.09, 1] as const, [1, 10.1] as const, [2, 1.9] as const, [Number.NaN, 1] as const])
      expect(() => checkAugment({ scale })).toThrow(/scale must be two numbers/);
  });

  it('not given are those of the documentation, and each that is given stands', () => {
    const documented = {
      flip: 0.5,
      shift: 0.08,
      rotate: 12,
      scale: [0.85, 1.2],
      blur: 0.15,
      blurFactor: 3,
      brightness: 0.15,
      contrast: 0.3,
      saturation: 0.3,
      grey: 0.1,
      channelGain: 0.1,
      dark: 0,
      noise: 0,
      noiseLevel: 25,
      erase: 0.25,
      eraseArea: 0.2,
      mixup: 0.2,
    };
    expect(checkAugment()).toEqual(documented);
    expect(DEFAULT_AUGMENT).toEqual(documented);
    expect(checkAugment({ blur: 0.7 })).toEqual({ ...documented, blur: 0.7 });
  });

  it('a view covers from a twentieth to ten sides, and moves by one at most', () => {
    const image = { width: 200, height: 100 };
    expect(viewBox(image, { cover: 10, shift: 1 })).toEqual({ x: -400, y: -350, width: 1000, height: 1000 });
    expect(viewBox(image, { cover: 0.05, shift: -1 })).toEqual({ x: 97.5, y: -52.5, width: 5, height: 5 });
    for (const wrong of [{ cover: 0.049 }, { cover: 10.1 }, { cover: Number.NaN }])
      expect(() => viewBox(image, wrong)).toThrow(/cover/);
    for (const shift of [1.01, -1.01, Number.NaN]) expect(() => viewBox(image, { shift })).toThrow(/shift/);
  });
});

describe('light and colour', () => {
  const image = patterned(40, 30);
  const [red, green, blue] = augmented(image, {}, 1) as [Float32Array, Float32Array, Float32Array];
  /** The largest difference between values of a plane, every seventh, and what they should be. */
  const off = (plane: Float32Array, right: (i: number) => number): number => {
    let worst = 0;
    for (let i = 0; i < plane.length; i += 7) worst = Math.max(worst, Math.abs(plane[i]! - right(i)));
    return worst;
  };
  const ownGrey = (i: number) => 0.299 * red[i]! + 0.587 * green[i]! + 0.114 * blue[i]!;

  it('saturation moves all colours from their own grey by one factor, to both sides', () => {
    const factors = SEEDS.map((seed) => {
      const [r, g, b] = augmented(image, { saturation: 0.4 }, seed) as [Float32Array, Float32Array, Float32Array];
      const grey = ownGrey(7);
      const factor = (r[7]! - grey) / (red[7]! - grey);
      for (const [plane, before] of [
        [r, red],
        [g, green],
        [b, blue],
      ] as const)
        expect(off(plane, (i) => ownGrey(i) + factor * (before[i]! - ownGrey(i)))).toBeLessThan(0.05);
      return factor;
    });
    const [least, most] = spread(factors);
    expect(least).toSatisfy((factor: number) => factor > 0.59 && factor < 0.7);
    expect(most).toSatisfy((factor: number) => factor < 1.41 && factor > 1.3);
  });

  it('without colour each pixel keeps its brightness', () => {
    const [r, g, b] = augmented(image, { grey: 1 }, 3) as [Float32Array, Float32Array, Float32Array];
    for (const plane of [r, g, b]) expect(off(plane, ownGrey)).toBeLessThan(0.01);
  });

  it('each channel has a gain of its own, to both sides', () => {
    const gains = [[], [], []] as [number[], number[], number[]];
    for (const seed of SEEDS)
      for (const [c, plane] of augmented(image, { channelGain: 0.3 }, seed).entries()) {
        const before = [red, green, blue][c]!;
        const gain = plane[0]! / before[0]!;
        expect(off(plane, (i) => gain * before[i]!)).toBeLessThan(0.05);
        gains[c]!.push(gain);
      }
    for (const of of gains) {
      const [least, most] = spread(of);
      expect(least).toSatisfy((gain: number) => gain > 0.69 && gain < 0.8);
      expect(most).toSatisfy((gain: number) => gain < 1.31 && gain > 1.2);
    }
  });

  it('brightness adds the same everywhere and contrast stretches about the mean; both to both sides, and within what a camera gives', () => {
    const mean = meanOf([...red, ...green, ...blue]);
    const [added, stretched]: [number[], number[]] = [[], []];
    for (const seed of SEEDS) {
      const [bright] = augmented(image, { brightness: 0.2 }, seed) as [Float32Array];
      const by = bright[3]! - red[3]!;
      expect(off(bright, (i) => red[i]! + by)).toBeLessThan(0.05);
      added.push(by);
      const [, , steep] = augmented(image, { contrast: 0.3 }, seed) as [Float32Array, Float32Array, Float32Array];
      const factor = (steep[9]! - mean) / (blue[9]! - mean);
      expect(off(steep, (i) => mean + factor * (blue[i]! - mean))).toBeLessThan(0.05);
      stretched.push(factor);
      const extreme = augmented(image, { brightness: 1, contrast: 1 }, seed).flatMap((plane) => [...plane]);
      const [least, most] = spread(extreme);
      expect(least).toBeGreaterThanOrEqual(0);
      expect(most).toBeLessThanOrEqual(255);
    }
    const [[darkest, brightest], [flattest, steepest]] = [spread(added), spread(stretched)];
    expect(darkest).toSatisfy((by: number) => by > -51.1 && by < -40);
    expect(brightest).toSatisfy((by: number) => by < 51.1 && by > 40);
    expect(flattest).toSatisfy((factor: number) => factor > 0.69 && factor < 0.78);
    expect(steepest).toSatisfy((factor: number) => factor < 1.31 && factor > 1.22);
    // Beyond white is white, and beyond black black.
    const ends = SEEDS.map((seed) => augmented(plain(8, 8, [250, 5, 120]), { brightness: 1 }, seed).map((plane) => plane[0]));
    expect(ends.some(([bright]) => bright === 255)).toBe(true);
    expect(ends.some(([, dark]) => dark === 0)).toBe(true);
  });

  it('darkness is one factor for all; what is off draws nothing, so that older recipes keep their streams', () => {
    const ratios = SEEDS.map((seed) => {
      const [dark] = augmented(image, { dark: 1 }, seed) as [Float32Array];
      const ratio = dark[0]! / red[0]!;
      expect(off(dark, (i) => ratio * red[i]!)).toBeLessThan(0.05);
      return ratio;
    });
    expect(spread(ratios)[1]).toBeGreaterThan(0.4);
    const drawn = (settings: AugmentOptions): number => {
      let draws = 0;
      const counted = new Proxy(random(4), {
        get: (of, name) => {
          draws++;
          return of[name as keyof Random];
        },
      });
      const size = { width: 8, height: 8, channels: 3 } as const;
      augmentSample(image, size, viewBox(image), { ...NO_AUGMENT, ...settings }, counted, new Float32Array(192));
      return draws;
    };
    // Whether, and how dark; whether, how much, and which noise.
    expect(drawn({ dark: 1 }) - drawn({})).toBe(2);
    expect(drawn({ noise: 1 }) - drawn({})).toBe(3);
  });
});

describe('erasing', () => {
  const [WIDTH, HEIGHT] = [60, 40];
  const rectangles = Array.from({ length: 300 }, (_, seed) => {
    const planes = augmented(
      plain(60, 40, [100, 100, 100]),
      { erase: 1, eraseArea: 0.3 },
      seed,
      { width: WIDTH, height: HEIGHT },
      {
        x: 0,
        y: 0,
        width: 60,
        height: 40,
      },
    );
    const changed = planes.map((plane) => [...plane.keys()].filter((i) => Math.abs(plane[i]! - 100) > 1e-5));
    const [xs, ys] = [changed.flat().map((i) => i % WIDTH), changed.flat().map((i) => Math.floor(i / WIDTH))];
    const [[left, right], [top, bottom]] = [spread(xs), spread(ys)];
    const [width, height] = [right - left + 1, bottom - top + 1];
    // The same rectangle in all channels, whole, with noise of its own in each.
    for (const of of changed) expect(of).toHaveLength(width * height);
    const values = planes.map((plane, c) => changed[c]!.map((i) => plane[i]!));
    expect(values[0]).not.toEqual(values[1]);
    expect(values[1]).not.toEqual(values[2]);
    return { left, top, right, bottom, width, height, values: values.flat() };
  });

  it('takes a fiftieth to the largest part of the area, flat or upright', () => {
    const [least, most] = spread(rectangles.map(({ width, height }) => (width * height) / (WIDTH * HEIGHT)));
    expect(least).toSatisfy((area: number) => area > 0.017 && area < 0.03);
    expect(most).toSatisfy((area: number) => area < 0.32 && area > 0.27);
    const [upright, flat] = spread(rectangles.map(({ width, height }) => width / height));
    expect(upright).toSatisfy((aspect: number) => aspect > 0.25 && aspect < 0.4);
    expect(flat).toSatisfy((aspect: number) => aspect < 3.8 && aspect > 2.6);
    const small = augmented(plain(100, 100, [100]), { erase: 1, eraseArea: 0.01 }, 5, { width: 100, height: 100 })[0]!;
    const erased = small.filter((value) => Math.abs(value - 100) > 1e-5).length;
    expect(erased).toSatisfy((pixels: number) => pixels > 80 && pixels < 120);
  });

  it('anywhere, up to all four edges, and beyond none', () => {
    expect(Math.min(...rectangles.map(({ left }) => left))).toBe(0);
    expect(Math.min(...rectangles.map(({ top }) => top))).toBe(0);
    expect(Math.max(...rectangles.map(({ right }) => right))).toBe(WIDTH - 1);
    expect(Math.max(...rectangles.map(({ bottom }) => bottom))).toBe(HEIGHT - 1);
    const [least, most] = spread(rectangles.flatMap(({ values }) => spread(values)));
    expect(least).toBeGreaterThanOrEqual(0);
    expect(least).toBeLessThan(1);
    expect(most).toBeLessThan(255);
    expect(most).toBeGreaterThan(254);
    // A narrow output: no rectangle is wider than it.
    for (const seed of SEEDS.slice(0, 20))
      augmented(plain(40, 40, [100]), { erase: 1, eraseArea: 0.5 }, seed, { width: 40, height: 4 })[0]!.forEach((value) => {
        expect(Number.isFinite(value)).toBe(true);
      });
  });

  it('writes nothing outside the sample', () => {
    const image = patterned(20, 20);
    const out = new Float32Array(3 * 100 + 40).fill(-7);
    const all = checkAugment({ ...NO_AUGMENT, erase: 1, eraseArea: 0.5, blur: 1, noise: 1, dark: 1, rotate: 20 });
    for (const seed of SEEDS)
      augmentSample(image, { width: 10, height: 10, channels: 3 }, viewBox(image), all, random(seed), out, 20);
    expect(new Set(out.subarray(0, 20))).toEqual(new Set([-7]));
    expect(new Set(out.subarray(320))).toEqual(new Set([-7]));
  });
});

describe('mixing', () => {
  const inputs = () => Float32Array.from({ length: 12 }, (_, i) => 10 * i);
  const targets = () => Float32Array.from({ length: 36 }, (_, i) => (Math.floor(i / 6) === i % 6 ? 1 : 0));

  it('is left out where it is off, and where there is nobody to mix with', () => {
    for (const [count, alpha] of [
      [6, 0],
      [1, 0.4],
    ] as const) {
      const [own, of, chance] = [inputs(), targets(), random(5)];
      mixSamples(own, of, count, alpha, chance);
      expect(own).toEqual(inputs());
      expect(of).toEqual(targets());
      expect(chance.uniform()).toBe(random(5).uniform());
    }
    // Two are enough.
    const two = SEEDS.map((seed) => {
      const own = Float32Array.from([0, 100]);
      mixSamples(own, Float32Array.from([1, 0, 0, 1]), 2, 1, random(seed));
      return own[0]!;
    });
    expect(Math.max(...two)).toBeGreaterThan(50);
  });

  it('takes each sample as partner once, and weights of its own for each', () => {
    for (const seed of SEEDS.slice(0, 20)) {
      const of = targets();
      mixSamples(inputs(), of, 6, 1, random(seed));
      const weights = Array.from({ length: 6 }, (_, n) => of[n * 6 + n]!);
      expect(new Set(weights.map((weight) => weight.toFixed(5))).size).toBeGreaterThan(2);
      const partners = Array.from({ length: 6 }, (_, n) =>
        [...of.subarray(n * 6, n * 6 + 6).keys()].filter((k) => k !== n && of[n * 6 + k]! > 0),
      );
      for (const [n, names] of partners.entries()) expect(names.length).toBeLessThanOrEqual(weights[n]! < 1 ? 1 : 0);
      const named = partners.flat();
      expect(new Set(named).size).toBe(named.length);
    }
  });
});
