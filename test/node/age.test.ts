import { describe, expect, it } from 'vitest';
import { AgePool } from '#dist/attributes/age/pool.js';
import { AGE_RANGES, rangeText } from '#dist/attributes/age/ranges.js';
import { ageReader, readAge } from '#dist/attributes/age/read.js';
import { ageSchema } from '#dist/attributes/age/schema.js';

const AGE_LABELS = Array.from({ length: 116 }, (_, i) => String(i + 1));
const bins = (weights: Readonly<Record<number, number>>) => AGE_LABELS.map((label) => weights[Number(label)] ?? 0);

describe('readAge', () => {
  it('gives the median, the range that holds it, and the sum of the bins of each range', () => {
    const age = readAge(bins({ 20: 0.25, 21: 0.25, 30: 0.5 }));
    expect(age.years).toBeCloseTo(21.5, 12);
    expect(age.probabilities).toMatchObject({ '10-20': 0.25, '21-27': 0.25, '28-45': 0.5, '1-2': 0 });
    expect(age.range).toBe('21-27');
    // The most probable range may be far from all the others.
    expect(readAge(bins({ 1: 0.4, 18: 0.1, 24: 0.3, 35: 0.2 }))).toMatchObject({ range: '10-20' });
  });

  it('interpolates the percentiles within a bin of one year', () => {
    expect(readAge(bins({ 30: 1 })).interval).toEqual([29.6, 30.4]);
    const [low, high] = readAge(bins({ 10: 0.2, 40: 0.6, 60: 0.2 })).interval;
    expect(low).toBeCloseTo(10, 9);
    expect(high).toBeCloseTo(60, 9);
  });

  it('gives the percentiles of a normal distribution', () => {
    const sigma = 6;
    const weights = AGE_LABELS.map((label) => Math.exp(-((Number(label) - 40) ** 2) / (2 * sigma ** 2)));
    const total = weights.reduce((a, b) => a + b, 0);
    const { interval, years } = readAge(weights.map((w) => w / total));
    expect(years).toBeCloseTo(40, 6);
    expect(interval[0]).toBeCloseTo(40 - 1.2816 * sigma, 1);
    expect(interval[1]).toBeCloseTo(40 + 1.2816 * sigma, 1);
  });

  it('stays within 1 to 116, also where rounding leaves the sum short of 1', () => {
    expect(readAge(bins({ 1: 1 })).interval).toEqual([1, 1.4]);
    expect(readAge(bins({ 116: 1 })).interval).toEqual([115.6, 116]);
    expect(readAge(bins({ 50: 0.85 })).interval[1]).toBe(50);
    const even = readAge(AGE_LABELS.map(() => 1 / 116 + 1e-16));
    expect(ageSchema.safeParse(even).success).toBe(true);
  });
});

describe('ageReader', () => {
  it('reads labels by name', () => {
    const reversed = ageReader([...AGE_LABELS].reverse());
    const distribution = bins({ 5: 0.7, 80: 0.3 });
    expect(reversed([...distribution].reverse())).toEqual(ageReader(AGE_LABELS)(distribution));
  });

  it('takes a model of the seven ranges', () => {
    const labels = ['66-116', '1-2', '3-9', '10-20', '21-27', '28-45', '46-65'];
    const age = ageReader(labels)([0, 0, 0, 0.2, 0.8, 0, 0]);
    expect(age.range).toBe('21-27');
    expect(age.probabilities['10-20']).toBeCloseTo(0.2, 12);
    // 20 % of 100 lie below 20.5, and 30 of the 80 below the median.
    expect(age.years).toBeCloseTo(20.5 + (7 * 3) / 8, 9);
    expect(ageReader(labels)([1, 0, 0, 0, 0, 0, 0]).years).toBeCloseTo(78, 9);
  });

  it('refuses other labels', () => {
    expect(() => ageReader(['young', 'old'], 'mine')).toThrow(/'mine' has the 2 labels young, old/);
    expect(() => ageReader(AGE_LABELS.slice(1))).toThrow(expect.objectContaining({ code: 'model-mismatch' }));
    // As many as an age model has, and yet others.
    for (const labels of [AGE_LABELS.map((label) => (label === '7' ? 'seven' : label)), ['a', ...AGE_RANGES.slice(1)]])
      expect(() => ageReader(labels)).toThrow(expect.objectContaining({ code: 'model-mismatch' }));
    // All of them, and one more.
    for (const labels of [
      [...AGE_LABELS, '117'],
      [...AGE_RANGES, 'older'],
    ])
      expect(() => ageReader(labels)).toThrow(expect.objectContaining({ code: 'model-mismatch' }));
  });

  it('names up to eight of the labels it refuses', () => {
    const letters = [...'abcdefghi'];
    expect(() => ageReader(letters.slice(0, 8))).toThrow(/8 labels a, b, c, d, e, f, g, h; /);
    expect(() => ageReader(letters)).toThrow(/9 labels a, b, c, d, e, f, g, h, …; /);
  });
});

describe('AgePool', () => {
  it('weighs what was measured by size times sharpness, and by no less than a twentieth', () => {
    const pool = new AgePool();
    const first = readAge(bins({ 20: 1 }));
    const second = readAge(bins({ 60: 0.5, 70: 0.5 }));
    expect(pool.add(first, { size: 1, sharpness: 0.5 })).toEqual(first);
    expect(second.years).toBe(60.5);
    const both = pool.add(second, { size: 0.5, sharpness: 0.5 });
    expect(both.years).toBeCloseTo((0.5 * 20 + 0.25 * second.years) / 0.75, 12);
    for (const end of [0, 1] as const)
      expect(both.interval[end]).toBeCloseTo((0.5 * first.interval[end] + 0.25 * second.interval[end]) / 0.75, 12);
    expect(both.probabilities['10-20']).toBeCloseTo(2 / 3, 12);
    expect(both.probabilities['46-65']).toBeCloseTo(1 / 6, 12);
    expect(both.range).toBe('28-45');
    const dark = pool.add(readAge(bins({ 20: 1 })), { size: 1, sharpness: 0 });
    expect(dark.probabilities['10-20']).toBeCloseTo(0.55 / 0.8, 12);
  });
});

it('ranges read as people write them, the last one open', () => {
  expect(AGE_RANGES.map(rangeText)).toEqual(['1–2', '3–9', '10–20', '21–27', '28–45', '46–65', '66+']);
});
