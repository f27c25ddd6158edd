/** What a study's report says first where a primary test was named: never a difference that was merely looked at. */
import { describe, expect, it } from 'vitest';
import { studyAnswer } from '#dist/report/pages/study-answer.js';
import { studyComparisons } from '#dist/report/pages/study-comparisons.js';
import type { ComparisonRow, PrimaryTest, StudyResult } from '#dist/study/study-result.js';

const shown = {
  between: 'stimuli',
  column: null,
  stimulus: null,
  first: 'film',
  second: 'other',
  window: 'whole',
  label: 'happy',
  design: 'paired',
  nFirst: 9,
  nSecond: 9,
  difference: 0.5,
  interval: null,
  effect: null,
  p: 0.004,
  family: 'exploratory',
  tests: 1,
  corrected: 0.004,
  method: 'exact',
  smallest: null,
  refused: null,
} as const satisfies ComparisonRow;
const refused: ComparisonRow = {
  ...shown,
  window: 'bang',
  family: 'primary',
  p: null,
  corrected: null,
  refused: 'a test needs two participants',
};

const study = (comparisons: readonly ComparisonRow[], primary: readonly PrimaryTest[]): StudyResult =>
  ({
    participants: ['a', 'b'],
    stimuli: [{ stimulus: 'film', participants: 9, curves: [], moments: [] }],
    comparisons,
    differences: [],
    quality: [],
    failures: [],
    settings: { primary, outcomes: ['happy'] },
  }) as unknown as StudyResult;
const said = (comparisons: readonly ComparisonRow[], primary: readonly PrimaryTest[] = []) => {
  const result = study(comparisons, primary);
  return { answer: studyAnswer(result)[0], section: studyComparisons(result).markup };
};
const bang = { label: 'happy', window: 'bang' };

describe('a primary test', () => {
  it('that nobody named leaves the answer to all tests', () => {
    const { answer, section } = said([shown]);
    expect(answer).toMatch(/^Faces showed more “happy” with “film”/);
    expect(section).toContain('No primary test was named beforehand');
  });

  it('that compares nothing is the answer, and the report does not say that none was named', () => {
    const { answer, section } = said([shown], [bang, { label: 'sad', window: 'whole' }]);
    const why = 'could not be tested: no two stimuli have it in common, and there are no groups';
    expect(answer).toBe(
      `What the study is about (“happy” in the moment “bang” and “sad”) ${why}; the one other comparison only explores.`,
    );
    expect(section).toContain(`${why}, so all tests explore`);
    expect(section).not.toContain('No primary test');
  });

  it('for which too few participants are left is the answer, with the reason', () => {
    const { answer, section } = said([shown, { ...shown, label: 'sad' }, refused], [bang]);
    expect(answer).toBe(
      'What the study is about (“happy” in the moment “bang”) could not be tested: a test needs two participants; the 2 other comparisons only explore.',
    );
    expect(section).toContain('What the study is about');
    expect(section).toContain('a test needs two participants');
  });

  it('that was made is the answer alone', () => {
    const made = { ...refused, p: 0.5, corrected: 0.5, refused: null };
    expect(said([shown, made], [bang]).answer).toBe(
      'No difference was shown in the one primary comparison (smallest corrected p 0.500).',
    );
    expect(said([shown, { ...made, nFirst: 3 }], [bang]).answer).toMatch(
      /: with so few participants none could be, however large\.$/,
    );
  });
});
