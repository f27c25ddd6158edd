/** Attributes of classes: what a label says in little room, and how a clip's time is told. */
import { expect, it } from 'vitest';
import { UNCLEAR } from '#dist/attributes/classes/classes.js';
import { classesResult } from '#dist/attributes/classes/read.js';
import { ClassTally } from '#dist/attributes/classes/tally.js';
import { emotion } from '#dist/attributes/emotion/index.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';

const result = (probabilities: Partial<Record<(typeof EMOTIONS)[number], number>>) =>
  classesResult(
    EMOTIONS,
    EMOTIONS.map((label) => probabilities[label] ?? 0),
  );

it('a label says the class and how sure it is, then the class, then its first letters', () => {
  expect(emotion.label!(result({ surprise: 0.826, happy: 0.174 }))).toEqual({
    full: 'surprise 83%',
    brief: 'surprise 83%',
    shorter: [
      ['surprise', 1.6],
      ['sur', 2.4],
    ],
    unclear: false,
  });
});

it('a label of less than half is grey and has a question mark, however short it is', () => {
  expect(emotion.label!(result({ surprise: 0.4, happy: 0.3, sad: 0.3 }))).toMatchObject({
    full: 'surprise? 40%',
    shorter: [
      ['surprise?', 1.6],
      ['sur?', 2.4],
    ],
    unclear: true,
  });
  expect(emotion.colour!(result({ surprise: 0.4, happy: 0.3, sad: 0.3 }))).toBe(UNCLEAR.mark);
  expect(emotion.colour!(result({ surprise: 0.5, happy: 0.3, sad: 0.2 }))).toBe(emotion.classes.colours.surprise.mark);
});

it('the columns have one probability per class', () => {
  const values = Object.fromEntries(emotion.columns.map(({ name, value }) => [name, value(result({ sad: 0.75, fear: 0.25 }))]));
  expect(values).toMatchObject({ emotion: 'sad', emotion_confidence: 0.75, sad: 0.75, fear: 0.25, angry: 0 });
  expect(Object.keys(values)).toEqual(['emotion', 'emotion_confidence', 'emotion_reliable', ...EMOTIONS]);
});

it('the class of most time leads; of equal ones the first', () => {
  const tally = new ClassTally(EMOTIONS);
  expect(tally.read()).toMatchObject({ dominant: null, meanConfidence: null });
  tally.add(result({ sad: 0.9 }), result({ sad: 0.5, happy: 0.25 }), 2);
  tally.add(result({ happy: 0.7 }), result({ happy: 1 }), 1.5);
  expect(tally.read().dominant).toBe('sad');
  tally.carry(result({ happy: 0.7 }), 0.5);
  const summary = tally.read();
  expect(summary.dominant).toBe('happy');
  expect(summary.shareOfTime).toMatchObject({ happy: 0.5, sad: 0.5, fear: 0 });
  expect(summary.sumOfScores).toMatchObject({ happy: 1.25, sad: 0.5 });
  expect(summary.meanConfidence).toBeCloseTo(0.8, 12);
});
