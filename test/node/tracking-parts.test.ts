import { describe, expect, it } from 'vitest';
import { assign } from '#dist/analyze/assignment.js';
import { boxOf, correctBox, correctMotion, predictBox, predictMotion, startBox, startMotion } from '#dist/analyze/kalman.js';
import { AgePool } from '#dist/attributes/age/pool.js';
import { AGE_RANGES, type AgeRange } from '#dist/attributes/age/ranges.js';
import { ClassSmoother } from '#dist/attributes/classes/smoothing.js';
import { EMOTIONS, type Emotion } from '#dist/attributes/emotion/labels.js';
import { random } from '#dist/core/random.js';
import type { AgeResult, EmotionResult } from '#dist/results/result.js';

describe('the Kalman filter', () => {
  it('predicts and corrects as the closed form says', () => {
    const start = startMotion(10, 4, 9);
    const later = predictMotion(start, 0.5, 6);
    // P = F P Fᵀ + q [[t³/3, t²/2], [t²/2, t]].
    expect(later.value).toBe(10);
    expect(later.vv).toBeCloseTo(4 + 0.25 * 9 + (6 * 0.125) / 3, 12);
    expect(later.vr).toBeCloseTo(0.5 * 9 + (6 * 0.25) / 2, 12);
    expect(later.rr).toBeCloseTo(9 + 6 * 0.5, 12);
    const seen = correctMotion(later, 13, 2);
    const s = later.vv + 2;
    expect(seen.value).toBeCloseTo(10 + (later.vv / s) * 3, 12);
    expect(seen.rate).toBeCloseTo((later.vr / s) * 3, 12);
    expect(seen.vv).toBeCloseTo(later.vv - later.vv ** 2 / s, 12);
    expect(seen.vr).toBeCloseTo(later.vr - (later.vv * later.vr) / s, 12);
    expect(seen.rr).toBeCloseTo(later.rr - later.vr ** 2 / s, 12);
  });

  it('is the least-squares line where nothing accelerates', () => {
    const chance = random(3);
    const points = Array.from({ length: 12 }, (_, i) => ({
      t: i * 0.1 + chance.uniform(0, 0.05),
      v: 5 + 3 * i + chance.normal(),
    }));
    let motion = startMotion(points[0]!.v, 1, 1e9);
    for (let i = 1; i < points.length; i++)
      motion = correctMotion(predictMotion(motion, points[i]!.t - points[i - 1]!.t, 0), points[i]!.v, 1);
    const mean = (f: (p: { t: number; v: number }) => number) => points.reduce((sum, p) => sum + f(p), 0) / points.length;
    const slope =
      (mean((p) => p.t * p.v) - mean((p) => p.t) * mean((p) => p.v)) / (mean((p) => p.t ** 2) - mean((p) => p.t) ** 2);
    expect(motion.rate).toBeCloseTo(slope, 4);
    expect(motion.value).toBeCloseTo(mean((p) => p.v) + slope * (points.at(-1)!.t - mean((p) => p.t)), 4);
  });

  it('does not care into how many steps time is cut', () => {
    let many = startMotion(1, 2, 3);
    for (let i = 0; i < 5; i++) many = predictMotion(many, 0.04, 7);
    const one = predictMotion(startMotion(1, 2, 3), 0.2, 7);
    for (const key of ['value', 'rate', 'vv', 'vr', 'rr'] as const) expect(many[key]).toBeCloseTo(one[key], 12);
  });

  it('follows a box that moves and grows', () => {
    const at = (t: number) => ({ x: 100 + 80 * t, y: 50 - 20 * t, width: 40 * 1.2 ** t, height: 50 * 1.2 ** t });
    let motion = startBox(at(0));
    expect(boxOf(motion).width).toBeCloseTo(40, 9);
    for (let i = 1; i <= 50; i++) motion = correctBox(predictBox(motion, 0.04), at(i * 0.04));
    const ahead = boxOf(predictBox(motion, 0.5));
    for (const key of ['x', 'y', 'width', 'height'] as const) expect(Math.abs(ahead[key] - at(2.5)[key])).toBeLessThan(3);
  });
});

describe('the assignment', () => {
  /** The least sum of (cost − limit), by trying everything. */
  const brute = (costs: readonly (readonly number[])[], limit: number, row = 0, used = 0): number => {
    if (row === costs.length) return 0;
    let best = brute(costs, limit, row + 1, used);
    costs[row]!.forEach((cost, j) => {
      if (!(used & (1 << j)) && cost < limit) best = Math.min(best, cost - limit + brute(costs, limit, row + 1, used | (1 << j)));
    });
    return best;
  };

  it('is as good as the best of all, for any shape, with limits and forbidden pairs', () => {
    const chance = random(11);
    for (let round = 0; round < 300; round++) {
      const [n, m] = [1 + chance.integer(5), 1 + chance.integer(6)];
      const whole = chance.chance(0.5);
      const costs = Array.from({ length: n }, () =>
        Array.from({ length: m }, () => {
          if (chance.chance(0.15)) return Infinity;
          return whole ? chance.integer(6) - 1 : chance.uniform(-2, 5);
        }),
      );
      const limit = chance.uniform(0, 6);
      const pairs = assign(n, m, (i, j) => costs[i]![j]!, limit);
      expect(new Set(pairs.map(({ row }) => row)).size).toBe(pairs.length);
      expect(new Set(pairs.map(({ column }) => column)).size).toBe(pairs.length);
      for (const { row, column, cost } of pairs) {
        expect(cost).toBe(costs[row]![column]);
        expect(cost).toBeLessThan(limit);
      }
      expect(pairs.reduce((sum, { cost }) => sum + cost - limit, 0)).toBeCloseTo(brute(costs, limit), 9);
    }
  });

  it('takes nothing, and refuses what is not a number', () => {
    expect(assign(0, 3, () => 1, 2)).toEqual([]);
    expect(assign(2, 2, () => 5, 5)).toEqual([]);
    expect(() => assign(1, 1, () => Number.NaN, 1)).toThrow(/not a number/);
    expect(() => assign(1, 1, () => 0, Infinity)).toThrow(/finite/);
  });
});

function emotion(values: readonly number[]): EmotionResult {
  const best = values.indexOf(Math.max(...values));
  const probabilities = Object.fromEntries(EMOTIONS.map((name, i) => [name, values[i]!])) as Record<Emotion, number>;
  return { label: EMOTIONS[best]!, confidence: values[best]!, reliable: values[best]! >= 0.5, probabilities };
}

/** Happiness that rises, stays and falls, in straight lines with corners at whole tenths of a second. */
function curve(t: number): EmotionResult {
  const happy = t < 0.5 ? 0.1 : t < 1.1 ? 0.1 + (0.8 * (t - 0.5)) / 0.6 : t < 2 ? 0.9 : Math.max(0.9 - 0.5 * (t - 2), 0.05);
  return emotion(EMOTIONS.map((name) => (name === 'happy' ? happy : (1 - happy) / 6)));
}

describe('smoothing', () => {
  it('gives the same values at 10 and at 50 frames/s, and at uneven ones', () => {
    const run = (times: readonly number[]) => {
      const smoother = new ClassSmoother(EMOTIONS);
      return new Map(times.map((t) => [t.toFixed(3), smoother.add(t, curve(t)).probabilities.happy]));
    };
    const tenths = Array.from({ length: 31 }, (_, i) => i / 10);
    const slow = run(tenths);
    const fast = run(Array.from({ length: 151 }, (_, i) => i / 50));
    const chance = random(5);
    const uneven = run(tenths.flatMap((t) => (chance.chance(0.5) ? [t, t + chance.uniform(0.01, 0.09)] : [t])));
    for (const [t, value] of slow) {
      expect(fast.get(t)).toBeCloseTo(value, 9);
      expect(uneven.get(t)).toBeCloseTo(value, 9);
    }
    // It does smooth: behind the curve on the way up.
    expect(slow.get('0.800')!).toBeLessThan(curve(0.8).probabilities.happy - 0.1);
  });

  it('answers a ramp as the closed form does', () => {
    const smoother = new ClassSmoother(EMOTIONS, 0.4);
    smoother.add(0, emotion([0, 0, 0, 0, 0, 0, 1]));
    const { probabilities } = smoother.add(0.3, emotion([0.6, 0, 0, 0, 0, 0, 0.4]));
    // y' = (x − y) / τ with x = 2 t: y = 2 (t − τ (1 − e^(−t/τ))).
    expect(probabilities.angry).toBeCloseTo(2 * (0.3 - 0.4 * (1 - Math.exp(-0.3 / 0.4))), 12);
    expect(Object.values(probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it('starts anew after a long gap, and smooths nothing with 0', () => {
    const [one, other] = [emotion([1, 0, 0, 0, 0, 0, 0]), emotion([0, 0, 0, 1, 0, 0, 0])];
    const smoother = new ClassSmoother(EMOTIONS);
    smoother.add(0, one);
    expect(smoother.add(0.1, other).label).toBe('angry');
    expect(smoother.add(3, other).probabilities.happy).toBe(1);
    expect(() => smoother.add(3, one)).toThrow(/after one at 3/);
    const none = new ClassSmoother(EMOTIONS, 0);
    none.add(0, one);
    expect(none.add(0.01, other)).toEqual(other);
    expect(() => new ClassSmoother(EMOTIONS, -1)).toThrow(/-1/);
    for (const seconds of [Number.POSITIVE_INFINITY, Number.NaN])
      expect(() => new ClassSmoother(EMOTIONS, seconds)).toThrow(expect.objectContaining({ code: 'invalid-option' }));
  });

  it('pools ages by how good the images are', () => {
    const age = (range: AgeRange, years: number): AgeResult => ({
      range,
      years,
      interval: [years - 5, years + 5],
      reliable: true,
      probabilities: Object.fromEntries(AGE_RANGES.map((name) => [name, name === range ? 1 : 0])) as Record<AgeRange, number>,
    });
    const pool = new AgePool();
    pool.add(age('28-45', 40), { size: 1, sharpness: 0.9 });
    const pooled = pool.add(age('21-27', 20), { size: 0.5, sharpness: 0.2 });
    expect(pooled.range).toBe('28-45');
    expect(pooled.years).toBeCloseTo((0.9 * 40 + 0.1 * 20) / 1, 12);
    expect(pooled.interval[0]).toBeCloseTo(33, 12);
    expect(pooled.probabilities['21-27']).toBeCloseTo(0.1, 12);
  });
});
