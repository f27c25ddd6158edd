/** Which tests of a study are corrected together, what few participants can show, and where names of moments stand in a plot. */
import { describe, expect, it } from 'vitest';
import { LEADING } from '#dist/attributes/index.js';
import { PAGE } from '#dist/report/plots/colours.js';
import { studyCurvesSvg } from '#dist/report/plots/study-curves.js';
import { leastPaired, leastUnpaired, pairedTest, unpairedTest } from '#dist/statistics/permutation.js';
import { checkPrimary, correctCurves, correctFamilies, leastCorrected, parsePrimary } from '#dist/study/families.js';
import type { ComparisonRow } from '#dist/study/study-result.js';

const BASE: ComparisonRow = {
  between: 'stimuli',
  column: null,
  stimulus: null,
  first: 'a',
  second: 'b',
  window: 'whole',
  label: 'happy',
  design: 'paired',
  nFirst: 6,
  nSecond: 6,
  difference: 0.1,
  interval: null,
  effect: null,
  p: 0.03125,
  family: 'exploratory',
  tests: 1,
  corrected: null,
  method: 'exact',
  smallest: null,
  refused: null,
};
const row = (given: Partial<ComparisonRow>): ComparisonRow => ({ ...BASE, ...given });

describe('families of tests', () => {
  it('do not make the primary tests pay for the others, nor one question for another', () => {
    const rows = correctFamilies(
      [
        row({}),
        row({ window: 'logo', p: 0.04 }),
        row({ label: 'sad', p: 0.01 }),
        row({ label: 'sad', window: 'logo', p: null, refused: 'too few' }),
        row({ between: 'groups', column: 'age', p: 0.02 }),
      ],
      [{ label: 'happy', window: 'whole' }],
    );
    expect(rows.map(({ family, tests, corrected }) => [family, tests, corrected])).toEqual([
      ['primary', 1, 0.03125],
      ['exploratory', 2, 0.04],
      ['exploratory', 2, 0.02],
      ['exploratory', 2, null],
      ['primary', 1, 0.02],
    ]);
  });

  it('say how small a p so few participants can give', () => {
    const same = [1, 1, 1, 1, 1, 1];
    expect(leastPaired(6)).toBe(pairedTest(same).p);
    expect(leastUnpaired(3, 3)).toBe(unpairedTest([1, 2, 3], [4, 5, 6]).p);
    expect(leastUnpaired(2, 3)).toBe(unpairedTest([1, 2], [4, 5, 6.5]).p);
    expect(leastPaired(20)).toBe(1 / 20_000);
    expect(leastCorrected(row({ tests: 63 }))).toBe(1);
    expect(leastCorrected(row({ tests: 2 }))).toBe(0.0625);
  });

  it('of curves count each curve once, whatever stretches it has', () => {
    const found = { first: 'a', second: 'b', label: 'happy', from: 0, to: 1, higher: 'a' };
    const corrected = correctCurves([
      [
        { ...found, p: 0.01 },
        { ...found, p: 0.3 },
      ],
      [],
      [{ ...found, p: 0.02 }],
    ]);
    expect(corrected.map((one) => Number(one.corrected.toFixed(6)))).toEqual([0.03, 0.9, 0.04]);
  });

  it('are named by class and moment', () => {
    expect(parsePrimary('happy', ['happy'])).toEqual({ label: 'happy', window: 'whole' });
    expect(parsePrimary('happy @ punch line', ['happy'])).toEqual({ label: 'happy', window: 'punch line' });
    expect(() => parsePrimary('glad', ['happy', 'sad'])).toThrow("one of happy, sad, alone or with @ and a moment; got 'glad'");
    const moments = [{ stimulus: 'f', from: 0, to: 1, label: 'logo' }];
    expect(() => checkPrimary([{ label: 'happy', window: 'logo' }], { moments })).not.toThrow();
    expect(() => checkPrimary([{ label: 'happy', window: 'bang' }], { moments })).toThrow(
      "'bang', which the design does not have",
    );
  });
});

it('names of moments stand on lines of their own where they would meet', () => {
  const moments = ['the product is shown', 'the logo is shown', 'the end'].map((label, i) => ({
    stimulus: 'film',
    label,
    from: [1, 1.5, 18][i]!,
    to: [1.5, 2, 20][i]!,
  }));
  const svg = studyCurvesSvg(
    { stimulus: 'film', participants: 3, length: 20, moments, curves: [] },
    { subject: LEADING, outcomes: [], step: 0.1, width: 600, inks: PAGE },
  );
  const shift = (label: string) => /.*translate\(4,(-\d+)\)/s.exec(svg.slice(0, svg.indexOf(label)))?.[1];
  expect(moments.map(({ label }) => shift(label))).toEqual(['-7', '-22', '-7']);
});
