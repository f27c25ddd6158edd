import { describe, expect, it } from 'vitest';

import type { NumberFigures } from '#dist/attributes/attribute.js';
import { numberFigures } from '#dist/attributes/index.js';
import { holm } from '#dist/statistics/holm.js';
import { quantile } from '#dist/statistics/quantile.js';
import { accuracyReport } from '#dist/train/evaluate/accuracy.js';
import { calibrationReport, fitTemperature, negativeLogLikelihood, truestTemperature } from '#dist/train/evaluate/calibration.js';
import { errorByGroup, UTKFACE_GENDERS, UTKFACE_RACES } from '#dist/train/evaluate/groups.js';
import { mean, share, wilson } from '#dist/train/evaluate/interval.js';
import { mcnemar } from '#dist/train/evaluate/mcnemar.js';
import { numberMetricNames, numbersReport } from '#dist/train/evaluate/numbers.js';

describe('intervals', () => {
  it('give the Wilson scores that R gives (prop.test without correction)', () => {
    expect(wilson(8, 10)[0]).toBeCloseTo(0.4901625, 6);
    expect(wilson(8, 10)[1]).toBeCloseTo(0.9433178, 6);
    expect(wilson(0, 10)).toEqual([0, expect.closeTo(0.2775328, 6)]);
    expect(wilson(10, 10)).toEqual([expect.closeTo(0.7224672, 6), 1]);
    expect(share(1, 4).value).toBe(0.25);
  });

  it('refuse what is not a share', () => {
    for (const [count, samples] of [
      [1, 0],
      [3, 2],
      [-1, 2],
      [Number.NaN, 2],
    ] as const)
      expect(() => wilson(count, samples)).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });

  it('have quantiles between the two nearest values, as R and NumPy do', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((q) => quantile([4, 1, 3, 2], q))).toEqual([1, 1.75, 2.5, expect.closeTo(3.7, 12), 4]);
    expect([quantile([7], 0.3), quantile([], 0.5)]).toEqual([7, Number.NaN]);
  });

  it('of a mean are ±1.96 standard errors, and absent for one sample', () => {
    const { value, interval } = mean([1, 2, 3, 4]);
    expect(value).toBe(2.5);
    // s = 1.2910, s/√4 = 0.6455
    expect(interval?.[0]).toBeCloseTo(2.5 - 1.95996 * 0.645497, 4);
    expect(interval?.[1]).toBeCloseTo(2.5 + 1.95996 * 0.645497, 4);
    expect(mean([7])).toEqual({ value: 7, samples: 1 });
    expect(() => mean([])).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });
});

describe('accuracyReport', () => {
  const truth = [0, 0, 0, 1, 1, 2];
  const predicted = [0, 0, 1, 1, 2, 2];
  const report = accuracyReport(predicted, truth, ['a', 'b', 'c', 'd']);

  it('counts with the truth in rows', () => {
    expect(report.confusion).toEqual([
      [2, 1, 0, 0],
      [0, 1, 1, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 0],
    ]);
    expect(report.samples).toBe(6);
    expect(report.accuracy).toBeCloseTo(4 / 6, 12);
    expect(report.interval).toEqual(wilson(4, 6));
  });

  it('gives recall, precision and F1 of each class, and nothing for a class that never occurs', () => {
    expect(report.classes[0]).toEqual({
      label: 'a',
      samples: 3,
      recall: 2 / 3,
      interval: wilson(2, 3),
      precision: 1,
      f1: expect.closeTo(0.8, 12),
    });
    expect(report.classes[1]).toMatchObject({ recall: 0.5, precision: 0.5, f1: 0.5 });
    expect(report.classes[3]).toEqual({ label: 'd', samples: 0, recall: null, interval: null, precision: null, f1: null });
    expect(report.macroF1).toBeCloseTo((0.8 + 0.5 + 2 / 3) / 3, 12);
  });

  it('refuses what does not fit together', () => {
    expect(() => accuracyReport([], [], ['a'])).toThrow(/no samples/);
    expect(() => accuracyReport([0], [0, 0], ['a'])).toThrow(/1 predictions for 2 samples/);
    expect(() => accuracyReport([1], [0], ['a'])).toThrow(/sample 0/);
  });
});

/** Logits of two classes whose soft-max is p, 1 − p. */
const row = (p: number) => [Math.log(p), Math.log(1 - p)];

/** Pseudo-random numbers in (0, 1), the same each time (Lehmer 1951). */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

describe('calibration', () => {
  it('of a tiny case is the one computed by hand', () => {
    // Confidence 0.75, three of four right: no gap. Confidence 0.6, none of two right: a gap of 0.6.
    const logits = [...Array.from({ length: 4 }, () => row(0.75)), row(0.6), row(0.6)];
    const report = calibrationReport(logits, [0, 0, 0, 1, 1, 1]);
    expect(report.ece).toBeCloseTo((2 * 0.6) / 6, 9);
    expect(report.nll).toBeCloseTo(-(3 * Math.log(0.75) + Math.log(0.25) + 2 * Math.log(0.4)) / 6, 9);
    expect(report.bins).toHaveLength(15);
    expect(report.bins[11]).toMatchObject({ samples: 4, accuracy: 0.75, confidence: expect.closeTo(0.75, 9) });
    expect(report.bins[0]).toMatchObject({ samples: 0, accuracy: null, confidence: null });
  });

  it('is looked at after the temperature', () => {
    const report = calibrationReport([[4, 0]], [1], { temperature: 2 });
    expect(report.ece).toBeCloseTo(1 / (1 + Math.exp(-2)), 9);
    expect(report.nll).toBeCloseTo(Math.log(1 + Math.exp(2)), 9);
  });

  it('prices a certain mistake finitely', () => {
    expect(negativeLogLikelihood([[5000, 0]], [1])).toBeCloseTo(5000, 6);
  });

  it('finds the temperature that logits were multiplied with', () => {
    const random = lehmer(7);
    const logits: number[][] = [];
    const truth: number[] = [];
    for (let i = 0; i < 4000; i++) {
      const z = Array.from({ length: 5 }, () => 4 * random());
      const weights = z.map(Math.exp);
      let left = random() * weights.reduce((sum, w) => sum + w, 0);
      let label = 0;
      while (label < 4 && left > weights[label]!) left -= weights[label++]!;
      truth.push(label);
      logits.push(z.map((v) => 2.5 * v));
    }
    const temperature = fitTemperature(logits, truth);
    expect(temperature).toBeGreaterThan(2.3);
    expect(temperature).toBeLessThan(2.7);
    const at = (t: number) => negativeLogLikelihood(logits, truth, t);
    expect(at(temperature)).toBeLessThan(at(temperature * 1.02));
    expect(at(temperature)).toBeLessThan(at(temperature / 1.02));
    expect(calibrationReport(logits, truth, { temperature }).ece).toBeLessThan(calibrationReport(logits, truth).ece);
  });

  it('prefers true confidences where the likelihood hardly tells temperatures apart', () => {
    // Of ten samples about one confidence eight are right, and of a few that claim near certainty one in five is not.
    const logits = Array.from({ length: 1000 }, (_, i) => (i % 20 === 0 ? [6, 0] : [1.2, 0]));
    const truth = Array.from({ length: 1000 }, (_, i) => (i % 20 === 0 ? Number(i % 100 === 0) : Number(i % 5 === 3)));
    const [likeliest, truest] = [fitTemperature(logits, truth), truestTemperature(logits, truth)];
    const at = (temperature: number) => calibrationReport(logits, truth, { temperature });
    expect(at(truest).ece).toBeLessThan(0.8 * at(likeliest).ece);
    expect(at(truest).nll).toBeGreaterThan(at(likeliest).nll);
    expect(at(truest).nll).toBeLessThan(at(likeliest).nll + 0.002);
    expect(() => truestTemperature([[0, 1]], [2])).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });

  it('refuses labels without a logit', () => {
    expect(() => fitTemperature([[0, 1]], [2])).toThrow(expect.objectContaining({ code: 'invalid-data' }));
    expect(() => calibrationReport([], [])).toThrow(/no samples/);
    expect(() => calibrationReport([[0, 1]], [0, 1])).toThrow(/1 rows of logits for 2 labels/);
  });
});

describe('numbersReport', () => {
  const estimates = [
    { years: 5, interval: [2, 8] }, // 4 years: right
    { years: 30, interval: [25, 35] }, // 24 years: next range, outside the interval
    { years: 50, interval: [40, 60] }, // 20 years: three ranges off
    { years: 70, interval: [60, 80] }, // 80 years: right, on the interval's end
  ];
  const report = numbersReport(numberFigures('age'), estimates, [4, 24, 20, 80]);

  it('goes by what the attribute says a number is', () => {
    const tilt: NumberFigures<{ readonly degrees: number; readonly spread: number }> = {
      of: 'numbers',
      words: { one: 'tilt', many: 'tilts', unit: 'degrees' },
      estimate: ({ degrees }) => degrees,
      interval: ({ degrees, spread }) => [degrees - spread, degrees + spread],
      ranges: ['left', 'right'],
      rangeOf: (degrees) => (degrees < 0 ? 'left' : 'right'),
    };
    const values = [
      { degrees: -10, spread: 4 },
      { degrees: 5, spread: 20 },
    ];
    expect(numbersReport(tilt, values, [-15, -5])).toMatchObject({
      mae: { value: 7.5 },
      bias: 7.5,
      ranges: [
        { range: 'left', samples: 2 },
        { range: 'right', samples: 0 },
      ],
      rangeAccuracy: share(1, 2),
      coverage: share(1, 2),
      confusion: [
        [1, 1],
        [0, 0],
      ],
    });
    expect(numberMetricNames(tilt).error).toBe('mean absolute error (degrees)');
  });

  it('refuses no samples, and as many truths as there are not', () => {
    for (const [values, truth] of [
      [[], []],
      [estimates, [4]],
    ] as const)
      expect(() => numbersReport(numberFigures('age'), values, truth)).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });

  it('measures years', () => {
    expect(report.mae.value).toBeCloseTo((1 + 6 + 30 + 10) / 4, 12);
    expect(report.bias).toBeCloseTo((1 + 6 + 30 - 10) / 4, 12);
    expect(report.mae.interval).toEqual(mean([1, 6, 30, 10]).interval);
  });

  it('measures each range of the true age', () => {
    expect(report.ranges.map(({ range, samples }) => [range, samples])).toEqual([
      ['1-2', 0],
      ['3-9', 1],
      ['10-20', 1],
      ['21-27', 1],
      ['28-45', 0],
      ['46-65', 0],
      ['66-116', 1],
    ]);
    expect(report.ranges[0]).toMatchObject({ mae: null, bias: null });
    expect(report.ranges[6]).toMatchObject({ mae: { value: 10 }, bias: -10 });
  });

  it('measures ranges and coverage', () => {
    expect(report.rangeAccuracy).toEqual(share(2, 4));
    expect(report.rangeOneOff).toEqual(share(3, 4));
    expect(report.coverage).toEqual(share(2, 4));
    expect(report.confusion[2]?.[5]).toBe(1); // truth 10-20, called 46-65
  });
});

describe('errorByGroup', () => {
  it('means the errors of each group that occurs, by the data set’s own numbers', () => {
    const groups = errorByGroup([1, 3, 5, 100], [0, 0, 2, undefined], UTKFACE_RACES);
    expect(groups.map(({ group, samples, error }) => [group, samples, error.value])).toEqual([
      ['White', 2, 2],
      ['Asian', 1, 5],
    ]);
    expect(UTKFACE_GENDERS[1]).toBe('female');
    expect(() => errorByGroup([1], [], UTKFACE_RACES)).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });
});

describe("McNemar's test", () => {
  it('is exact for few differing samples', () => {
    // References: scipy.stats.binomtest.
    expect(mcnemar(1, 5)).toMatchObject({ method: 'exact', statistic: null, p: 0.21875 });
    expect(mcnemar(17, 7).p).toBeCloseTo(0.06391465663909912, 12);
    expect(mcnemar(0, 0).p).toBe(1);
    expect(mcnemar(10, 3).p).toBe(0.09228515625);
    expect(mcnemar(12, 12)).toMatchObject({ onlyFirst: 12, onlySecond: 12, method: 'exact', p: 1 });
  });

  it('is chi-squared with continuity correction for many', () => {
    // References: scipy.stats.chi2.sf.
    expect(mcnemar(5, 20)).toMatchObject({ method: 'chi-squared', statistic: 196 / 25 });
    const test = mcnemar(40, 23);
    expect(test).toMatchObject({ method: 'chi-squared', statistic: 256 / 63 });
    expect(test.p).toBeCloseTo(0.043819792802674805, 6);
    expect(mcnemar(6, 59).p / 1.1199327149542469e-10).toBeCloseTo(1, 5);
    expect(mcnemar(30, 30)).toMatchObject({ statistic: 0, p: 1 });
  });

  it('is corrected for the number of pairs', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it('refuses what are not counts', () => {
    expect(() => mcnemar(1.5, 2)).toThrow('1.5');
    expect(() => mcnemar(1, -2)).toThrow('-2');
  });
});
