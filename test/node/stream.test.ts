import { describe, expect, it } from 'vitest';
import { type AnalyzerParts, assembleAnalyzer } from '#dist/analyze/analyzer.js';
import type { Frame } from '#dist/analyze/frame.js';
import type { StreamOptions } from '#dist/analyze/people.js';
import { type StreamedFrame, streamFrames } from '#dist/analyze/stream.js';
import { AGE_RANGES } from '#dist/attributes/age/ranges.js';
import { ageReader } from '#dist/attributes/age/read.js';
import { emotion as emotionAttribute } from '#dist/attributes/emotion/index.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import type { FaceRegion } from '#dist/classify/crop.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { Detection } from '#dist/detect/detector.js';
import { frameResultSchema } from '#dist/results/video-result.js';

const [WIDTH, HEIGHT] = [160, 120];

/** A striped scene; the first pixel's red is the number of the frame, from which the fake detector knows where it is. */
function picture(number: number, scene = 0): Image {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const light = scene ? 150 + 70 * Math.sin(y / 9) : 90 + 60 * Math.sin(x / 11) * Math.cos(y / 13);
      data.set(scene ? [light, light * 0.6, light * 0.3] : [light * 0.5, light * 0.7, light], (y * WIDTH + x) * 3);
    }
  data[0] = number;
  return { width: WIDTH, height: HEIGHT, channels: 3, data };
}

async function* clip(count: number, { cutAt = Infinity, at = (i: number) => i / 25 } = {}): AsyncGenerator<Frame> {
  for (let i = 0; i < count; i++) yield { image: picture(i, i >= cutAt ? 1 : 0), timestamp: at(i), duration: at(i + 1) - at(i) };
}

function face(x: number, y: number, side: number, score = 0.9): Detection {
  const point = { x: x + side / 2, y: y + side / 2 };
  const landmarks = { leftEye: point, rightEye: point, nose: point, leftMouth: point, rightMouth: point };
  return { box: { x, y, width: side, height: side }, landmarks, score };
}

/** An analyzer whose detector gives what `found` says of a frame; happiness is the frame's number in hundredths. */
function fake(found: (number: number) => readonly Detection[]) {
  const asked: number[] = [];
  const classified: (readonly BoundingBox[])[] = [];
  const thresholds = new Set<number | undefined>();
  const [readEmotion, readRange] = [emotionAttribute.read(EMOTIONS), ageReader(AGE_RANGES)];
  const parts: AnalyzerParts = {
    detector: {
      name: 'finder',
      version: '1',
      scoreThreshold: 0.5,
      async detect(image, { scoreThreshold } = {}) {
        asked.push(image.data[0]!);
        thresholds.add(scoreThreshold);
        return found(image.data[0]!);
      },
      async dispose() {},
    },
    emotion: {
      name: 'feeler',
      version: '1',
      facePixels: 40,
      async classify(image, faces: readonly FaceRegion[]) {
        classified.push(faces.map(({ box }) => box));
        const happy = image.data[0]! / 100;
        return faces.map(() => readEmotion(EMOTIONS.map((name) => (name === 'happy' ? happy : (1 - happy) / 6))));
      },
      async dispose() {},
    },
    age: {
      name: 'ager',
      version: '1',
      facePixels: 40,
      classify: async (_, faces) => faces.map(() => readRange([0, 0, 0, 0, 1, 0, 0])),
      async dispose() {},
    },
  };
  return { analyzer: assembleAnalyzer(parts), asked, classified, thresholds };
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of source) out.push(item);
  return out;
}

const results = (frames: readonly StreamedFrame[]) => frames.flatMap(({ result }) => (result ? [result] : []));
const still = () => [face(40, 30, 40)];

describe('streamFrames', () => {
  it('gives every frame, those without a face too, as the schema says', async () => {
    const { analyzer, thresholds } = fake((n) => (n < 5 ? [] : still()));
    const frames = await all(streamFrames(analyzer, clip(12)));
    expect(frames.map(({ index }) => index)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    for (const { result, faces, frame } of frames) {
      expect(frameResultSchema.parse(result)).toEqual(result);
      expect(result!.faces).toBe(faces);
      expect(result!.timestamp).toBe(frame.timestamp);
    }
    expect(frames.map(({ faces }) => faces.length)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
    // Asked for less sure faces than a photo would be.
    expect([...thresholds]).toEqual([0.2]);
  });

  it('smooths emotions, keeps the raw ones beside them, and pools ages', async () => {
    const { analyzer } = fake(still);
    const last = (options: StreamOptions) => all(streamFrames(analyzer, clip(30), options)).then((f) => f.at(-1)!.faces[0]!);
    const smooth = await last({});
    expect(smooth.raw!.emotion.probabilities.happy).toBeCloseTo(0.29, 12);
    // A ramp of 0.25 a second, 1.16 s long: behind by τ (1 − e^(−t/τ)).
    expect(smooth.emotion!.probabilities.happy).toBeCloseTo(0.29 - 0.25 * 0.4 * (1 - Math.exp(-1.16 / 0.4)), 9);
    expect(smooth.age).toMatchObject({ range: '28-45' });
    expect((await last({ smoothing: 0 })).emotion).toEqual(smooth.raw!.emotion);
  });

  it('analyses fewer frames, draws the rest', async () => {
    const { analyzer, asked } = fake(still);
    const every = await all(streamFrames(analyzer, clip(10), { every: 4 }));
    expect(results(every).map(({ frame }) => frame)).toEqual([0, 4, 8]);
    expect(asked).toEqual([0, 4, 8]);
    expect(every.map(({ faces }) => faces.length)).toEqual(Array(10).fill(1));
    expect(every[1]!.faces[0]).toMatchObject({ person: 1, measured: false, raw: null, landmarks: null });
    // Uneven times: what counts is seconds.
    const times = [0, 0.01, 0.02, 0.3, 0.31, 0.55, 0.9, 0.91, 1.3, 1.31];
    const fps = await all(streamFrames(analyzer, clip(9, { at: (i) => times[i]! }), { fps: 2 }));
    expect(results(fps).map(({ timestamp }) => timestamp)).toEqual([0, 0.55, 1.3]);
  });

  it('carries boxes between detections and measures nothing there', async () => {
    const { analyzer, asked, classified } = fake((n) => [face(20 + n, 30, 40)]);
    const lines = results(await all(streamFrames(analyzer, clip(31), { detectEvery: 5 })));
    expect(asked).toEqual([0, 5, 10, 15, 20, 25, 30]);
    expect(classified).toHaveLength(7);
    expect(lines).toHaveLength(31);
    for (const { frame, faces } of lines) {
      expect(faces[0]).toMatchObject({ person: 1, measured: frame % 5 === 0 });
      if (frame % 5)
        expect(faces[0]).toMatchObject({ raw: null, landmarks: null, emotion: lines[frame - (frame % 5)]!.faces[0]!.emotion });
      // By then the filter knows how fast it goes.
      if (frame > 10) expect(Math.abs(faces[0]!.box.x - 20 - frame)).toBeLessThan(2);
    }
  });

  it('ends all persons at a cut, looks again at once, and says so on the next analysed frame', async () => {
    const { analyzer, asked } = fake(still);
    const frames = await all(streamFrames(analyzer, clip(20, { cutAt: 11 }), { detectEvery: 5 }));
    expect(frames.flatMap(({ cut, index }) => (cut ? [index] : []))).toEqual([11]);
    expect(asked).toEqual([0, 5, 10, 11, 16]);
    expect(frames.map(({ faces }) => faces[0]!.person)).toEqual([...Array(11).fill(1), ...Array(9).fill(2)]);
    // What person 2 shows owes nothing to person 1.
    expect(frames[11]!.faces[0]!.emotion).toEqual(frames[11]!.faces[0]!.raw!.emotion);
    const sparse = await all(streamFrames(analyzer, clip(20, { cutAt: 11 }), { every: 5 }));
    expect(results(sparse).map(({ cut }) => cut)).toEqual([false, false, false, true]);
    expect(sparse[12]!.faces).toEqual([]);
  });

  it('reads nothing from unsure or hidden faces', async () => {
    const { analyzer, classified } = fake((n) => (n === 0 ? still() : [face(40, 30, 40, 0.3)]));
    const lines = results(await all(streamFrames(analyzer, clip(6))));
    expect(classified).toHaveLength(1);
    expect(lines[5]!.faces[0]).toMatchObject({ person: 1, measured: false, confidence: 0.3, raw: null });
    const pair = fake(() => [face(40, 30, 40, 0.95), face(60, 30, 40, 0.9)]);
    const overlapping = results(await all(streamFrames(pair.analyzer, clip(3))));
    expect(overlapping[2]!.faces.map(({ measured }) => measured)).toEqual([true, false]);
  });

  it('clips boxes, lets go of who leaves, and keeps to maxFaces and minConfidence', async () => {
    const leaving = fake((n) => (n < 10 ? [face(100 + 6 * n, 30, 40)] : []));
    const frames = await all(streamFrames(leaving.analyzer, clip(14)));
    expect(frames[8]!.faces[0]!.box).toMatchObject({ x: 148, width: 12 });
    expect(frames[9]!.faces).toEqual([]);
    const crowd = fake(() => [face(5, 5, 30), face(60, 5, 50), face(10, 70, 40, 0.6)]);
    const one = results(await all(streamFrames(crowd.analyzer, clip(3), { maxFaces: 1 })));
    expect(one[2]!.faces.map(({ box }) => box.width)).toEqual([50]);
    const sure = results(await all(streamFrames(crowd.analyzer, clip(3), { minConfidence: 0.7 })));
    expect(sure[2]!.faces).toHaveLength(2);
  });

  it('takes one frame ahead, stops when told, and lets the source go', async () => {
    const { analyzer } = fake(still);
    let [taken, closed] = [0, 0];
    async function* source(): AsyncGenerator<Frame> {
      try {
        for await (const frame of clip(100)) {
          taken++;
          yield frame;
        }
      } finally {
        closed++;
      }
    }
    const stream = streamFrames(analyzer, source());
    await stream.next();
    await stream.next();
    expect(taken).toBe(3);
    await stream.return();
    expect(closed).toBe(1);
    const controller = new AbortController();
    const seen: number[] = [];
    await expect(async () => {
      for await (const { frame } of analyzer.stream(source(), { signal: controller.signal })) {
        seen.push(frame);
        if (frame === 3) controller.abort();
      }
    }).rejects.toMatchObject({ code: 'aborted' });
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(closed).toBe(2);
  });

  it('gives what came before the source failed, then its error', async () => {
    const { analyzer } = fake(still);
    async function* broken(): AsyncGenerator<Frame> {
      yield* clip(3);
      throw new Error('the file ends here');
    }
    const seen: number[] = [];
    await expect(async () => {
      for await (const { frame } of analyzer.stream(broken())) seen.push(frame);
    }).rejects.toThrow('the file ends here');
    expect(seen).toEqual([0, 1, 2]);
  });

  it('runs two streams of one analyzer side by side as each alone', async () => {
    const { analyzer } = fake((n) => [face(20 + n, 30, 40), ...(n > 8 ? [face(100, 60, 30)] : [])]);
    const alone = await all(analyzer.stream(clip(20)));
    const pair = await Promise.all([all(analyzer.stream(clip(20))), all(analyzer.stream(clip(20)))]);
    expect(pair).toEqual([alone, alone]);
  });

  it('goes on over repeated timestamps, and refuses wrong options, no time and a disposed analyzer', async () => {
    const { analyzer } = fake(still);
    const repeated = await all(analyzer.stream(clip(6, { at: (i) => Math.floor(i / 2) / 25 })));
    expect(repeated.map(({ faces }) => faces[0]!.person)).toEqual(Array(6).fill(1));
    expect(() => streamFrames(analyzer, clip(1), { detectEvery: 0 })).toThrow(/detectEvery.*got 0/);
    expect(() => streamFrames(analyzer, clip(1), { every: 2, fps: 3 })).toThrow(/exclude/);
    expect(() => streamFrames(analyzer, clip(1), { smoothing: -1 })).toThrow(/smoothing.*-1/);
    await expect(all(analyzer.stream(clip(1, { at: () => Number.NaN })))).rejects.toMatchObject({ code: 'invalid-data' });
    await analyzer.dispose();
    await expect(all(analyzer.stream(clip(1)))).rejects.toMatchObject({ code: 'disposed' });
  });
});
