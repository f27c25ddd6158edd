/** Agreement with a person who coded, and the tiers of a recording for ELAN and Praat. */
import { describe, expect, it } from 'vitest';
import { elanTiers, textGrid } from '#dist/report/tables/study-tiers.js';
import { agreementOf } from '#dist/study/agreement.js';
import { parseCoded } from '#dist/study/coded.js';
import { leadingIntervals } from '#dist/study/intervals.js';

const LABELS = ['happy', 'sad'];
const quality = { seconds: 0, withFace: 0, unreliable: 0, excluded: 0, severalFaces: 0, lookingAway: 0 };
/** A course in which each letter is a step of one second. */
const course = (text: string) => ({
  cells: [...text].map((c) => (c === 'h' ? [0.9, 0.1] : c === 's' ? [0.3, 0.7] : null)),
  baseline: null,
  quality,
});
const recording = (file: string, participant: string, offset = 0) => ({
  file,
  participant,
  offset,
  place: '',
  stimulus: 'f',
  conditions: {},
  person: 'longest' as const,
  baseline: null,
  excluded: [],
});

describe('agreement', () => {
  const followed = [
    { recording: recording('a', 'anna', 2), course: course('hhss-') },
    { recording: recording('b', 'ben'), course: course('hhhh') },
  ];

  it('is weighed by time, on the clock of the recordings', () => {
    const coded = [
      // Seconds 2 to 7 of a recording are 0 to 5 of the stimulus.
      { file: 'a', from: 2, to: 4.5, label: 'happy' },
      { file: 'a', from: 4.5, to: 7, label: 'sad' },
      { file: 'b', from: 0, to: 2, label: 'happy' },
      { file: 'b', from: 2, to: 4, label: 'sad' },
    ];
    const all = agreementOf(followed, coded, LABELS, 1)!;
    expect(all.table).toEqual([
      [4, 0.5],
      [2, 1.5],
    ]);
    expect([all.seconds, all.unmeasured]).toEqual([8, 1]);
    // sklearn.metrics.cohen_kappa_score(c, r, sample_weight=[4, .5, 2, 1.5]) of c = h h s s, r = h s h s, scikit-learn 1.5
    // is (po - pe) / (1 - pe) with po = 5.5 / 8 and pe = (4.5 * 6 + 3.5 * 2) / 64.
    expect(all.observed).toBeCloseTo(5.5 / 8, 12);
    expect(all.kappa).toBeCloseTo((5.5 / 8 - 34 / 64) / (1 - 34 / 64), 12);
    expect(all.byLabel[1]).toMatchObject({ label: 'sad', coded: 3.5, read: 2, both: 1.5 });
    // Of two classes each says the same of the other.
    expect(all.byLabel[0]!.kappa).toBeCloseTo(all.kappa!, 12);
    expect(all.byParticipant.map(({ participant, seconds, kappa }) => [participant, seconds, kappa])).toEqual([
      ['anna', 4, 0.75],
      ['ben', 4, 0],
    ]);
  });

  it('is none where nothing that was coded was measured', () => {
    expect(agreementOf(followed, [], LABELS, 1)).toBeUndefined();
    expect(agreementOf(followed, [{ file: 'a', from: 6.2, to: 7, label: 'sad' }], LABELS, 1)).toBeUndefined();
  });

  it.each([
    ['file,from,to\n', "c.csv: the column 'label' is missing"],
    ['file,from,to,label,who\n', "c.csv: the column 'who' is not known"],
    ['file,from,to,label\nx,0,1,sad\n', "c.csv, line 2, column file: the design has no recording 'x'"],
    ['file,from,to,label\na,0,1,glad\n', "c.csv, line 2, column label: needs one of happy, sad; got 'glad'"],
    ['file,from,to,label\na,1,1,sad\n', "c.csv, line 2, column to: needs seconds after from; got '1'"],
    ['file,from,to,label\na,0,2,sad\na,1,3,happy\n', 'c.csv, line 3, column from: this stretch overlaps one before it'],
  ])('needs a table that can be read: %j', (text, says) => {
    expect(() => parseCoded({ name: 'c.csv', text }, { recordings: [{ file: 'a' }], labels: LABELS })).toThrow(says);
  });
});

describe('tiers', () => {
  const intervals = leadingIntervals(course('hh-hss'), LABELS, 0.5);

  it('have a stretch for each expression, none where nothing was measured', () => {
    expect(intervals).toEqual([
      { from: 0, to: 1, label: 'happy' },
      { from: 1.5, to: 2, label: 'happy' },
      { from: 2, to: 3, label: 'sad' },
    ]);
  });

  it('are lines for ELAN', () => {
    expect(elanTiers([{ name: 'emotion', intervals: [{ from: 0.1 + 0.2, to: 1, label: 'a\tb' }] }])).toBe(
      'Tier\tBegin Time - ss.msec\tEnd Time - ss.msec\tAnnotation\nemotion\t0.3\t1\ta b\n',
    );
  });

  it('cover all of a recording for Praat', () => {
    const text = textGrid(
      [
        { name: 'say "x"', intervals },
        { name: 'moment', intervals: [] },
      ],
      4,
    );
    expect(text).toContain('name = "say ""x"""');
    const spans = [...text.matchAll(/intervals \[\d+\]:\s+xmin = (\S+)\s+xmax = (\S+)\s+text = "(.*)"/g)].map((m) => m.slice(1));
    expect(spans).toEqual([
      ['0', '1', 'happy'],
      ['1', '1.5', ''],
      ['1.5', '2', 'happy'],
      ['2', '3', 'sad'],
      ['3', '4', ''],
      ['0', '4', ''],
    ]);
    expect(text).toContain('intervals: size = 5');
  });
});
