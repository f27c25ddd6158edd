/** What a program hears that gives the library something wrong: the name or kind of what it gave, and what is wanted instead. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type AnalyzeClipOptions, analyzeClip } from '#dist/apps/analyze/analyze-clip.js';
import { PhizError } from '#dist/core/error.js';
import type { Image } from '#dist/core/image.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { annotateImage } from '#dist/node/images/annotate.js';
import { encodeImage } from '#dist/node/images/encode.js';
import { readImage } from '#dist/node/images/read-image.js';
import { openClip } from '#dist/node/video/open-clip.js';
import type { FrameResult } from '#dist/results/video-result.js';

const image: Image = { width: 64, height: 48, channels: 3, data: new Uint8Array(64 * 48 * 3) };
const clip = fileURLToPath(new URL('../../samples/expressions.mp4', import.meta.url));
async function* frames() {
  yield { image, timestamp: 0, duration: 1 };
}
const analyzer = await createAnalyzer({ threads: 1 });
afterAll(() => analyzer.dispose());

/** Calls as JavaScript lets one call. */
type Loose = (...given: readonly unknown[]) => Promise<unknown>;
const loosely = (call: unknown): Loose => call as Loose;
const stream: Loose = async (...given) => {
  for await (const _ of loosely(analyzer.stream)(...given) as unknown as AsyncIterable<unknown>) return;
};

describe('an option that there is not', () => {
  it.each([
    ['createAnalyzer', () => loosely(createAnalyzer)({ minface: 20 }), "'minface'; did you mean 'minFace'?"],
    ['createAnalyzer', () => loosely(createAnalyzer)({ detectors: 'yunet' }), "'detectors'; did you mean 'detector'?"],
    [
      'createAnalyzer',
      () => loosely(createAnalyzer)({ gender: 'x' }),
      "'gender'; known: detector, models, device, threads, emotion, age",
    ],
    ['analyze', () => loosely(analyzer.analyze)(image, { maxFace: 3, minConfidance: 0.5 }), "did you mean 'minConfidence'?"],
    ['stream', () => stream(frames(), { detectevery: 3 }), "did you mean 'detectEvery'?"],
    ['readImage', () => loosely(readImage)(image, { maxPixel: 3 }), "did you mean 'maxPixels'?"],
    ['openClip', () => loosely(openClip)(clip, { aheads: 3 }), "did you mean 'ahead'?"],
    ['analyzeClip', () => loosely(analyzeClip)(clip, { annotate: true }), "did you mean 'annotated'?"],
  ])('is told by %s, with the nearest', async (_, call, words) => {
    await expect(call()).rejects.toMatchObject({ code: 'invalid-option', message: expect.stringContaining(words) });
  });
});

describe('what is none of what is wanted', () => {
  it.each([
    ['options', () => loosely(createAnalyzer)('cpu'), 'options are an object, such as { detector: … }; got a string'],
    ['a model', () => loosely(createAnalyzer)({ emotion: 3 }), "emotion is a model's name"],
    [
      'a path for an image',
      () => loosely(analyzer.analyze)('photo.jpg'),
      'which readImage makes of a file or bytes; got a string',
    ],
    ['bytes for an image', () => loosely(analyzer.analyze)(new ArrayBuffer(8)), 'got an object (ArrayBuffer)'],
    ['nothing for an image', () => loosely(encodeImage)(undefined, 'png'), 'got undefined'],
    ['an analysis for its faces', () => loosely(annotateImage)(image, { faces: [] }), 'faces are an array'],
    ['a date for a clip', () => loosely(openClip)(new Date(0)), 'not an object (Date)'],
    ['a path for frames', () => stream(clip), 'frames come from a clip (openClip) or an async iterable, not from a string'],
  ])('%s is named', async (_, call, words) => {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PhizError);
    expect((error as PhizError).message).toContain(words);
  });
});

describe('ImageData', () => {
  it('is read as RGB, over white', async () => {
    const data = new Uint8ClampedArray([10, 20, 30, 255, 0, 0, 0, 0]);
    expect(await readImage({ width: 2, height: 1, data })).toEqual({
      width: 2,
      height: 1,
      channels: 3,
      data: new Uint8Array([10, 20, 30, 255, 255, 255]),
    });
  });

  it('whose samples do not fit, or are not bytes, is refused', async () => {
    await expect(readImage({ width: 2, height: 2, data: new Uint8ClampedArray(8) })).rejects.toMatchObject({
      code: 'invalid-data',
    });
    await expect(loosely(readImage)({ width: 1, height: 1, data: new Float32Array(4) })).rejects.toMatchObject({
      code: 'invalid-data',
      message: expect.stringContaining('8 bits'),
    });
  });

  it('of phiz’s own kind comes back as it is', async () => {
    expect(await readImage(image)).toBe(image);
  });
});

it.each([
  ['analyze', (signal: AbortSignal) => analyzer.analyze(image, { signal })],
  ['openClip', (signal: AbortSignal) => openClip(clip, { signal })],
  ['stream', (signal: AbortSignal) => stream(frames(), { signal })],
])('what a signal stopped in %s is an AbortError, and phiz’s own', async (_, call) => {
  const error = await call(AbortSignal.abort()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PhizError);
  expect(error).toMatchObject({ name: 'AbortError', code: 'aborted' });
});

describe('analyzeClip, told no more than the clip', () => {
  it('gives the summary alone', async () => {
    const { summary, problem } = await analyzeClip(clip, { stream: { fps: 1 } });
    expect(problem).toBeUndefined();
    expect(summary).toMatchObject({ source: clip, complete: true, people: [{ person: 1 }] });
  });

  it('looks at a stretch alone, whose frames keep their times', async () => {
    const timesOf = async (stream: AnalyzeClipOptions['stream']) => {
      const times: number[] = [];
      const onResult = async ({ timestamp }: FrameResult) => void times.push(timestamp);
      let frames = 0;
      const onFrame = (done: number) => {
        frames = done + 1;
      };
      const { summary, problem } = await analyzeClip(clip, { analyzer, stream, onResult, onFrame });
      expect(problem).toBeUndefined();
      return { times, frames, summary };
    };
    const { times, frames, summary } = await timesOf({ from: 1, to: 1.5 });
    expect(times[0]).toBeCloseTo(1, 1);
    expect(times[0]).toBeGreaterThanOrEqual(0.999);
    expect(times.at(-1)).toBeLessThan(1.5);
    expect(times.length).toBeGreaterThan(3);
    expect(summary.settings).toMatchObject({ from: 1, to: 1.5 });
    // What comes after is not even decoded, since nothing is drawn.
    const rate = (times.length - 1) / (times.at(-1)! - times[0]!);
    expect(frames).toBeLessThanOrEqual(Math.ceil(1.5 * rate) + 1);
    expect((await timesOf({ from: 1, to: 1.5, fps: 2 })).times).toEqual([times[0]]);
    await expect(timesOf({ from: 2, to: 1 })).rejects.toThrow('from must lie before to; got from 2 and to 1');
    await expect(timesOf({ from: 1000 })).rejects.toThrow('nothing of it lies after from, 1000');
  });

  it('writes what the command writes, with a folder', async () => {
    const out = await mkdtemp(join(tmpdir(), 'phiz-clip-'));
    try {
      await analyzeClip(pathToFileURL(clip), { out, analyzer, stream: { fps: 1 } });
      const endings = ['annotated.mp4', 'frames.ndjson', 'json', 'pictures.json', 'report.html'];
      const tables = ['timeline.csv', 'timeline.png', 'timeline.svg'];
      expect((await readdir(out)).sort()).toEqual([...endings, ...tables].map((ending) => `expressions.${ending}`));
    } finally {
      await rm(out, { recursive: true });
    }
  });
});
