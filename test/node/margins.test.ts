/** The limits within which an analysis trusts itself: doubt between two persons, gaps in time, sums that rounding carries past 1. */
import { describe, expect, it } from 'vitest';
import { type AnalyzerParts, assembleAnalyzer } from '#dist/analyze/analyzer.js';
import type { TrackableDetection } from '#dist/analyze/track.js';
import { Tracker } from '#dist/analyze/tracker.js';
import { AgePool } from '#dist/attributes/age/pool.js';
import { AGE_RANGES } from '#dist/attributes/age/ranges.js';
import { ageReader } from '#dist/attributes/age/read.js';
import { ClassSmoother } from '#dist/attributes/classes/smoothing.js';
import { emotion as emotionAttribute } from '#dist/attributes/emotion/index.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';
import { photoResultSchema } from '#dist/results/result.js';
import { frameResultSchema } from '#dist/results/video-result.js';

const detection = (x: number, score = 0.9): TrackableDetection => ({
  box: { x, y: 50, width: 60, height: 60 },
  landmarks: null,
  score,
});
const readEmotion = emotionAttribute.read(EMOTIONS);
const readAge = ageReader(AGE_RANGES);

describe('the doubt between two persons', () => {
  /** Two persons who overlap by a third; then what is seen at the places given. Which detection each person got. */
  const afterwards = (...places: readonly number[]) => {
    const tracker = new Tracker();
    for (let i = 0; i < 25; i++) tracker.update(i / 25, [detection(100), detection(130)]);
    const given = tracker.update(1, [...places.map((x) => detection(x))]);
    return new Map(given.flatMap((one) => (one.detection === undefined ? [] : [[one.person, one.detection] as const])));
  };

  it('leaves a face that could be either of them nobody', () => {
    for (const place of [113, 114, 115, 116, 117]) expect(afterwards(place), `at ${place}`).toEqual(new Map());
  });

  it('ends where a face is clearly nearer to one', () => {
    expect(afterwards(102)).toEqual(new Map([[1, 0]]));
    expect(afterwards(128)).toEqual(new Map([[2, 0]]));
  });

  it('leaves two faces between them nobody too, where they could be swapped', () => {
    expect(afterwards(114, 116)).toEqual(new Map());
    expect(afterwards(100, 130)).toEqual(
      new Map([
        [1, 0],
        [2, 1],
      ]),
    );
  });
});

describe('smoothing across gaps', () => {
  const [one, other] = ['angry', 'happy'].map((label) => readEmotion(EMOTIONS.map((name) => (name === label ? 1 : 0))));
  /** What is left of the first emotion once the other is seen after a gap of so many seconds. */
  const left = (gap: number, seconds?: number): number => {
    const smoother = new ClassSmoother(EMOTIONS, seconds);
    smoother.add(0, one!);
    return smoother.add(gap, other!).probabilities.angry;
  };

  it('begins anew after more than a second', () => {
    expect(left(1.001)).toBe(0);
    expect(left(0.999)).toBeGreaterThan(0.2);
    expect(left(1.001, 0.1)).toBe(0);
    expect(left(0.999, 0.1)).toBeGreaterThan(0);
  });

  it('begins anew after two time constants where those are longer', () => {
    expect(left(3.99, 2)).toBeGreaterThan(0.2);
    expect(left(4.01, 2)).toBe(0);
  });
});

describe('nothing is surer than sure', () => {
  const image: Image = { width: 160, height: 120, channels: 1, data: new Uint8Array(160 * 120).fill(90) };
  const detector = (score: number): AnalyzerParts['detector'] => ({
    name: 'finder',
    version: '1',
    detect: async () => [{ ...detection(40, score) }],
    dispose: async () => {},
  });
  const classifier = <R>(result: R) => ({
    name: 'reader',
    version: '1',
    facePixels: 40,
    classify: async (_: Image, faces: readonly unknown[]) => faces.map(() => result),
    dispose: async () => {},
  });
  const analyzer = assembleAnalyzer({
    detector: detector(1 + 2 ** -23),
    emotion: classifier(readEmotion([1, 0, 0, 0, 0, 0, 0])),
    age: classifier(readAge([0, 0, 0, 0, 1, 0, 0])),
  });

  it('in a photo: a score that float arithmetic carried past 1 is 1', async () => {
    const { faces, ...rest } = await analyzer.analyze(image);
    expect(faces.map(({ confidence }) => confidence)).toEqual([1]);
    photoResultSchema.parse({ schemaVersion: 1, source: 'x', ...rest, faces });
  });

  it('in a clip', async () => {
    const frames = async function* () {
      for (let i = 0; i < 3; i++) yield { image, timestamp: i / 25, duration: 1 / 25 };
    };
    for await (const frame of analyzer.stream(frames())) {
      expect(frame.faces.map(({ confidence }) => confidence)).toEqual([1]);
      frameResultSchema.parse(frame);
    }
  });

  it('smoothed over uneven times, and pooled from images of any quality', () => {
    const chance = random(3);
    const sure = readEmotion([1, 0, 0, 0, 0, 0, 0]);
    const age = readAge([0, 0, 0, 0, 1, 0, 0]);
    for (let run = 0; run < 40; run++) {
      const [smoother, pool] = [new ClassSmoother(EMOTIONS), new AgePool()];
      for (let i = 0, time = 0; i < 100; i++) {
        time += chance.uniform(0.001, 0.5);
        expect(smoother.add(time, sure).confidence).toBeLessThanOrEqual(1);
        const { probabilities } = pool.add(age, { size: chance.uniform(), sharpness: chance.uniform() });
        expect(probabilities['28-45']).toBeLessThanOrEqual(1);
      }
    }
  });
});
