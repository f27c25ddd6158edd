import { describe, expect, it } from 'vitest';
import { hashText, random } from '#dist/core/random.js';

const draw = (count: number, next: () => number) => Array.from({ length: count }, next);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('random', () => {
  it('gives the same stream for the same integers and another for others, in any place', () => {
    const stream = (...seeds: number[]) => {
      const r = random(...seeds);
      return draw(8, () => r.uniform());
    };
    expect(stream(1, 2, 3)).toEqual(stream(1, 2, 3));
    const others = [
      stream(1, 2, 3),
      stream(3, 2, 1),
      stream(1, 2),
      stream(1, 2, 3, 0),
      stream(1, 2, -3),
      stream(2 ** 40 + 1, 2, 3),
    ];
    expect(new Set(others.map((values) => values[0])).size).toBe(others.length);
  });

  it('draws from the distributions it names', () => {
    const r = random(7);
    const uniform = draw(20000, () => r.uniform(2, 4));
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...uniform)).toBeLessThan(4);
    expect(mean(uniform)).toBeCloseTo(3, 1);
    const normal = draw(20000, () => r.normal(5, 2));
    expect(mean(normal)).toBeCloseTo(5, 1);
    expect(Math.sqrt(mean(normal.map((x) => (x - 5) ** 2)))).toBeCloseTo(2, 1);
    const counts = [0, 0, 0];
    for (let i = 0; i < 9000; i++) counts[r.integer(3)]!++;
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(250);
    expect(mean(draw(20000, () => (r.chance(0.2) ? 1 : 0)))).toBeCloseTo(0.2, 1);
    // Beta(a, b): mean a / (a + b), variance ab / ((a + b)² (a + b + 1)); a shape below and one above 1.
    const beta = draw(20000, () => r.beta(0.4, 1.6));
    expect(mean(beta)).toBeCloseTo(0.2, 1);
    expect(mean(beta.map((x) => (x - 0.2) ** 2))).toBeCloseTo(0.64 / 4 / 3, 2);
  });

  it('shuffles without losing anything, every order alike', () => {
    const r = random(1);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = r.shuffle([1, 2, 3]).join('');
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('refuses a seed that is not an integer', () => {
    expect(() => random(0.5)).toThrow(/whole number; got 0.5/);
  });

  it('hashes texts evenly', () => {
    const low = Array.from({ length: 10000 }, (_, i) => hashText(`a/${i}.png`, 3)).filter((h) => h < 2 ** 32 / 10).length;
    expect(Math.abs(low - 1000)).toBeLessThan(150);
    expect(hashText('a', 1)).not.toBe(hashText('a', 2));
  });
});
