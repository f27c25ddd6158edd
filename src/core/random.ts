/**
 * Seeded pseudo-random numbers: the only source of chance in training and statistics, so that a run is a pure function of its seed.
 * A stream is made from any number of integers (seed, epoch, step, …); streams of different integers are unrelated.
 * The generator is sfc32 (Chris Doty-Humphrey's PractRand); seeding uses MurmurHash3's mixing. Not for secrets.
 */
import { PhizError } from './error.js';

/** A stream of pseudo-random numbers. Drawing from it advances it. */
export interface Random {
  /** Uniform in [low, high). */
  uniform(low?: number, high?: number): number;
  /** Normally distributed. */
  normal(mean?: number, deviation?: number): number;
  /** A whole number in [0, count). */
  integer(count: number): number;
  /** True with the given probability; always draws one number. */
  chance(probability: number): boolean;
  /** Beta-distributed in [0, 1], both shapes positive. */
  beta(a: number, b: number): number;
  /** Shuffles in place (Fisher–Yates) and returns what it was given. */
  shuffle<T extends Uint32Array | unknown[]>(items: T): T;
}

/** A 32-bit hash of integers (all 53 bits of each count). */
export function hashIntegers(values: readonly number[], salt = 0): number {
  let h = salt | 0;
  for (const value of values) {
    h = mix(h, value | 0);
    h = mix(h, Math.floor(value / 4294967296) | 0);
  }
  return finish(h ^ values.length);
}

/** A 32-bit hash of a text, for splits by file name. */
export function hashText(text: string, salt = 0): number {
  let h = salt | 0;
  for (let i = 0; i < text.length; i++) h = mix(h, text.charCodeAt(i));
  return finish(h ^ text.length);
}

function mix(h: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  h ^= k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The stream that belongs to these integers. Throws PhizError `invalid-option` where one is not an integer. */
export function random(...seeds: readonly number[]): Random {
  for (const seed of seeds)
    if (!Number.isSafeInteger(seed)) throw new PhizError('invalid-option', `a seed must be a whole number; got ${String(seed)}`);
  let a = hashIntegers(seeds, 1);
  let b = hashIntegers(seeds, 2);
  let c = hashIntegers(seeds, 3);
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();

  const unit = (): number => next() / 4294967296;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
  // Marsaglia and Tsang 2000, "A simple method for generating gamma variables".
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * (1 - unit()) ** (1 / shape);
    const d3 = shape - 1 / 3;
    const c3 = 1 / Math.sqrt(9 * d3);
    for (;;) {
      const x = normal();
      const v = (1 + c3 * x) ** 3;
      if (v > 0 && Math.log(1 - unit()) < 0.5 * x * x + d3 - d3 * v + d3 * Math.log(v)) return d3 * v;
    }
  };
  return {
    uniform: (low = 0, high = 1) => low + (high - low) * unit(),
    normal: (mean = 0, deviation = 1) => mean + deviation * normal(),
    integer: (count) => Math.floor(unit() * count),
    chance: (probability) => unit() < probability,
    beta: (p, q) => {
      const x = gamma(p);
      const y = gamma(q);
      // Tiny shapes can underflow both: the limit of Beta(p, q) there is a coin.
      return x + y > 0 ? x / (x + y) : unit() < p / (p + q) ? 1 : 0;
    },
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) {
        const j = Math.floor(unit() * (i + 1));
        const held = items[i];
        items[i] = items[j]!;
        items[j] = held!;
      }
      return items;
    },
  };
}

/** One of some kinds, by their shares, relative to the sum of all. */
export function pick<K extends string>(random: Random, shares: Readonly<Partial<Record<K, number>>>): K {
  const entries = Object.entries(shares) as [K, number][];
  let left = random.uniform() * entries.reduce((sum, [, share]) => sum + share, 0);
  for (const [kind, share] of entries) {
    left -= share;
    if (left < 0) return kind;
  }
  return entries.at(-1)![0];
}
