import { describe, expect, it } from 'vitest';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { createSummary, createTotals } from '#dist/report/sums/summary.js';
import { createTimeline, reignsOf, type Series, stretchesOf, thin } from '#dist/report/sums/timeline-series.js';
import { type FrameResult, videoSummarySchema } from '#dist/results/video-result.js';
import { carried, clipFrames, emotionOf, FACTS, faceOf, frameOf, MODELS, SEQUENCE } from './fixtures/frame-results.js';

const HAPPY = { happy: 3, sad: 1 };
const SAD = { happy: 1, sad: 3 };

function totalsOf(frames: Iterable<FrameResult>) {
  const totals = createTotals();
  for (const frame of frames) totals.add(frame);
  return totals.finish();
}

describe('createTotals', () => {
  it('lets an analysed frame stand for the time until the next one, the last for its own duration', () => {
    const { people, overall, end, frames } = totalsOf([
      frameOf(0, 0, [faceOf(1, HAPPY)]),
      frameOf(5, 1, [faceOf(1, SAD)]),
      frameOf(9, 3, [faceOf(1, HAPPY)], { duration: 0.5 }),
    ]);
    expect(people).toHaveLength(1);
    const [person] = people;
    expect(person).toMatchObject({ person: 1, firstSeen: 0, lastSeen: 3, frames: 3, dominant: 'sad' });
    expect(person!.seconds).toBeCloseTo(3.5, 9);
    expect(person!.shareOfTime.happy).toBeCloseTo(1.5 / 3.5, 9);
    expect(person!.shareOfTime.sad).toBeCloseTo(2 / 3.5, 9);
    expect(Object.values(person!.shareOfTime).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    expect(person!.meanConfidence).toBeCloseTo(0.75, 9);
    expect(person!.age).toMatchObject({ range: '28-45' });
    expect(overall.shareOfTime).toEqual(person!.shareOfTime);
    expect([end, frames]).toEqual([3.5, 10]);
  });

  it('sums raw scores over frames, while shares follow the smoothed label', () => {
    const face = { ...faceOf(1, HAPPY), raw: { ...faceOf(1, SAD).raw!, emotion: emotionOf(SAD) } };
    const { overall } = totalsOf([frameOf(0, 0, [face]), frameOf(1, 0.04, [face])]);
    expect(overall.sumOfScores.sad).toBeCloseTo(1.5, 9);
    expect(overall.sumOfScores.happy).toBeCloseTo(0.5, 9);
    expect(overall.shareOfTime.happy).toBe(1);
  });

  it('counts a carried box only once a later measurement confirms it', () => {
    const face = faceOf(1, HAPPY);
    const frames = [
      frameOf(0, 0, [face]),
      frameOf(1, 1, [carried(face)]),
      frameOf(2, 2, [faceOf(1, SAD)]),
      frameOf(3, 3, [carried(faceOf(1, SAD))]),
      frameOf(4, 4, []),
    ];
    const [person] = totalsOf(frames).people;
    expect(person).toMatchObject({ frames: 2, firstSeen: 0, lastSeen: 2 });
    expect(person!.seconds).toBeCloseTo(3, 9);
    expect(person!.shareOfTime.happy).toBeCloseTo(2 / 3, 9);
  });

  it('keeps persons apart and counts the time of each in the whole', () => {
    const { people, overall, cuts } = totalsOf([
      frameOf(0, 0, [faceOf(2, SAD), faceOf(1, HAPPY)]),
      frameOf(1, 1, [faceOf(2, SAD)], { cut: true, duration: 1 }),
    ]);
    expect(people.map(({ person, dominant, seconds }) => [person, dominant, seconds])).toEqual([
      [1, 'happy', 1],
      [2, 'sad', 2],
    ]);
    expect(overall).toMatchObject({ frames: 3, dominant: 'sad' });
    expect(overall.seconds).toBeCloseTo(3, 9);
    expect(cuts).toEqual([1]);
  });

  it('has shares of a still, which lasts no time, and none of a clip without faces', () => {
    const still = totalsOf([frameOf(0, 0, [faceOf(1, HAPPY)], { duration: 0 })]);
    expect(still.overall.shareOfTime.happy).toBe(1);
    const empty = totalsOf([frameOf(0, 0, []), frameOf(1, 1, [])]);
    expect(empty).toMatchObject({ people: [], analysedFrames: 2, overall: { dominant: null, meanConfidence: null, seconds: 0 } });
    expect(totalsOf([])).toMatchObject({ people: [], analysedFrames: 0, end: 0, frames: 0 });
  });

  it('finds the seven emotions of the sequence, each a seventh of the time', () => {
    const { overall } = totalsOf(clipFrames({ actors: [{ emotions: SEQUENCE, years: 30 }], seconds: 14 }));
    for (const emotion of EMOTIONS) expect(Math.abs(overall.shareOfTime[emotion] - (1 - overall.unclear) / 7)).toBeLessThan(0.04);
    // One face's change into the next.
    expect(overall.unclear).toBeLessThan(0.3);
  });

  it('counts time without a reliable emotion as unclear, and as no emotion', () => {
    const unsure = { happy: 4, sad: 3, neutral: 3 };
    const half = totalsOf([frameOf(0, 0, [faceOf(1, HAPPY)]), frameOf(1, 1, [faceOf(1, unsure)], { duration: 1 })]);
    expect(half.overall).toMatchObject({ dominant: 'happy', unclear: 0.5, shareOfTime: { happy: 0.5, sad: 0 } });
    const never = totalsOf([frameOf(0, 0, [faceOf(1, unsure)])]);
    expect(never.overall).toMatchObject({ dominant: null, unclear: 1, shareOfTime: { happy: 0 } });
    expect(never.overall.meanConfidence).toBeCloseTo(0.4);
    expect(never.people[0]).toMatchObject({ dominant: null, unclear: 1 });
  });
});

describe('createSummary', () => {
  const summaryOf = (end?: Parameters<ReturnType<typeof createSummary>['finish']>[0]) => {
    const summary = createSummary({ source: 'a/clip.mp4', facts: FACTS, settings: { every: 2 }, models: MODELS });
    for (const frame of clipFrames({ actors: [{ emotions: ['happy'], years: 30 }], seconds: 2, every: 2 })) summary.add(frame);
    return summary.finish(end);
  };

  it('is what the schema says, with facts, settings and models', () => {
    const summary = summaryOf({ frames: 50 });
    expect(videoSummarySchema.parse(summary)).toEqual(summary);
    expect(summary.clip).toMatchObject({ width: 640, codec: 'h264', frames: 50, analysedFrames: 25, duration: 14, cuts: [] });
    expect(summary).toMatchObject({
      source: 'a/clip.mp4',
      complete: true,
      problem: null,
      settings: { every: 2 },
      models: MODELS,
    });
  });

  it('says that a clip was not read to its end, and why', () => {
    expect(summaryOf({ complete: false, problem: 'damaged' })).toMatchObject({
      complete: false,
      problem: 'damaged',
      clip: { frames: 49 },
    });
  });
});

describe('createTimeline', () => {
  const timelineOf = (frames: Iterable<FrameResult>, limit?: number) => {
    const timeline = createTimeline(limit === undefined ? {} : { limit });
    for (const frame of frames) timeline.add(frame);
    return timeline.finish();
  };
  const happy = EMOTIONS.indexOf('happy');
  const pointsOf = (series: Series, emotion: number, points?: number) => stretchesOf(series, emotion, points).flat();

  it('breaks the line where a person is away and at cuts, and goes on over carried boxes', () => {
    const face = faceOf(1, HAPPY);
    const { people, overall } = timelineOf([
      frameOf(0, 0, [face]),
      frameOf(1, 1, [carried(face)]),
      frameOf(2, 2, [face]),
      frameOf(3, 3, [faceOf(2, SAD)]),
      frameOf(4, 4, [face]),
      frameOf(5, 5, [face], { cut: true }),
    ]);
    const times = stretchesOf(people.get(1)!, happy).map((stretch) => stretch.map(({ t }) => t));
    expect(times).toEqual([[0, 2], [4], [5]]);
    expect(stretchesOf(overall, happy).map((stretch) => stretch.length)).toEqual([4, 1]);
  });

  it('takes the mean of all faces in view', () => {
    const { overall } = timelineOf([frameOf(0, 0, [faceOf(1, HAPPY), faceOf(2, SAD)])]);
    expect(pointsOf(overall, happy)).toEqual([{ t: 0, value: 0.5 }]);
  });

  it.each([
    ['kept whole', 1_000_000],
    ['gathered while it grows', 400],
  ])('thins a long clip out to the points asked for and hides no peak: %s', (_, limit) => {
    const peaks = new Map([
      [1234, 9],
      [7777, 0.01],
    ]);
    const frames = (function* () {
      for (let f = 0; f < 10_000; f++) yield frameOf(f, f / 25, [faceOf(1, { happy: peaks.get(f) ?? 1, sad: 1 })]);
    })();
    const { people } = timelineOf(frames, limit);
    const series = people.get(1)!;
    expect(series.buckets.length).toBeLessThanOrEqual(limit);
    const points = pointsOf(series, happy, 500);
    expect(points.length).toBeLessThanOrEqual(500);
    expect(points.length).toBeGreaterThan(100);
    expect(points.map(({ t }) => t)).toEqual(points.map(({ t }) => t).sort((a, b) => a - b));
    const at = (frame: number) => points.find(({ t }) => t === frame / 25)?.value;
    expect(at(1234)).toBeCloseTo(0.9, 9);
    expect(at(7777)).toBeCloseTo(0.01 / 1.01, 9);
    expect(thin(series, 250).reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
  });

  it('stays bounded with breaks all along, and with moments that have no time between them', () => {
    const flicker = (function* () {
      for (let f = 0; f < 5000; f++) yield frameOf(f, f / 25, f % 2 ? [faceOf(1, HAPPY)] : []);
    })();
    const { people } = timelineOf(flicker, 200);
    expect(people.get(1)!.buckets.length).toBeLessThanOrEqual(200);
    expect(pointsOf(people.get(1)!, happy, 100).length).toBeLessThanOrEqual(100);
    const still = Array.from({ length: 500 }, (_, f) => frameOf(f, 0, [faceOf(1, HAPPY)]));
    expect(timelineOf(still, 100).people.get(1)!.buckets.length).toBeLessThanOrEqual(100);
  });

  it('keeps a long absence as a break when thinned out', () => {
    const frames = [
      ...clipFrames({
        actors: [
          {
            emotions: ['happy'],
            years: 30,
            seen: [
              [0, 40],
              [60, 100],
            ],
          },
        ],
        seconds: 100,
      }),
    ];
    const stretches = stretchesOf(timelineOf(frames, 300).people.get(1)!, happy, 100);
    expect(stretches).toHaveLength(2);
    expect(stretches[0]!.at(-1)!.t).toBeLessThan(40);
    expect(stretches[1]![0]!.t).toBeGreaterThanOrEqual(60);
  });

  it('tells which emotion leads when', () => {
    const { people } = timelineOf(clipFrames({ actors: [{ emotions: SEQUENCE, years: 30 }], seconds: 14 }));
    const reigns = reignsOf(people.get(1)!, 300);
    expect(reigns.flatMap(({ index }) => (index === null ? [] : EMOTIONS[index]))).toEqual(SEQUENCE);
    // From one to the next there is a moment in which none is sure.
    const clear = reigns.filter(({ index }) => index !== null);
    expect(reigns.slice(0, 13).map(({ index }) => index === null)).toEqual(Array.from({ length: 13 }, (_, i) => i % 2 === 1));
    for (const [i, { from }] of clear.entries()) expect(Math.abs(from - 2 * i)).toBeLessThan(0.6);
  });
});
