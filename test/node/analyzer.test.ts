import { describe, expect, it } from 'vitest';
import { type AnalyzerParts, assembleAnalyzer } from '#dist/analyze/analyzer.js';
import { photoResult } from '#dist/analyze/photo-result.js';
import { AGE_RANGES } from '#dist/attributes/age/ranges.js';
import { ageReader } from '#dist/attributes/age/read.js';
import { emotion as emotionAttribute } from '#dist/attributes/emotion/index.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import type { FaceRegion } from '#dist/classify/crop.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { Detection, DetectOptions } from '#dist/detect/detector.js';
import { photoResultSchema } from '#dist/results/result.js';

function image(width: number, height: number): Image {
  return { width, height, channels: 1, data: new Uint8Array(width * height) };
}

function found(x: number, y: number, side: number, score = 0.9): Detection {
  const point = { x: x + side / 2, y: y + side / 2 };
  const landmarks = { leftEye: point, rightEye: point, nose: point, leftMouth: point, rightMouth: point };
  return { box: { x, y, width: side, height: side }, landmarks, score };
}

/** Ports that give fixed detections, by the size looked at; they note what they were asked. */
function fakes(detections: readonly Detection[] | ((size: number) => readonly Detection[])) {
  const asked: DetectOptions[] = [];
  const classified: (readonly BoundingBox[])[] = [];
  let disposed = 0;
  const readEmotion = emotionAttribute.read(EMOTIONS);
  const readRange = ageReader(AGE_RANGES);
  const dispose = async () => {
    disposed++;
  };
  const parts: AnalyzerParts = {
    detector: {
      name: 'finder',
      version: '1',
      async detect(_, options = {}) {
        asked.push(options);
        return typeof detections === 'function' ? detections(options.detectSize!) : detections;
      },
      dispose,
    },
    emotion: {
      name: 'feeler',
      version: '2',
      facePixels: 40,
      async classify(_, faces: readonly FaceRegion[]) {
        classified.push(faces.map(({ box }) => box));
        return faces.map(() => readEmotion([0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1]));
      },
      dispose,
    },
    age: {
      name: 'ager',
      version: '3',
      facePixels: 80,
      classify: async (_, faces) => faces.map(() => readRange([0, 0, 0, 0, 1, 0, 0])),
      dispose,
    },
  };
  return { parts, asked, classified, disposed: () => disposed };
}

const sides = (faces: readonly { readonly box: BoundingBox }[]) => faces.map(({ box }) => box.width);

describe('assembleAnalyzer', () => {
  it('looks once where the detector sees all images at one size', async () => {
    const { parts, asked } = fakes([found(100, 100, 300)]);
    const large = image(3000, 2000);
    await assembleAnalyzer(parts).analyze(large);
    expect(asked).toHaveLength(3);
    await assembleAnalyzer({ ...parts, detector: { ...parts.detector, fixedSize: true } }).analyze(large);
    expect(asked).toHaveLength(4);
  });

  it('gives faces largest first, as the schema says', async () => {
    const { parts } = fakes([found(10, 10, 30), found(100, 100, 90), found(300, 10, 60)]);
    const analysis = await assembleAnalyzer(parts).analyze(image(640, 480));
    expect(sides(analysis.faces)).toEqual([90, 60, 30]);
    expect(analysis.faces[0]!.quality.size).toBe(1);
    expect(analysis.faces[1]!.quality.size).toBe(0.75);
    const result = photoResult('photo.jpg', analysis);
    expect(photoResultSchema.parse(result)).toEqual(result);
    expect(result.models.age).toEqual({ name: 'ager', version: '3' });
  });

  it('classifies all faces as one batch and none without faces', async () => {
    const many = fakes([found(10, 10, 30), found(100, 100, 90)]);
    await assembleAnalyzer(many.parts).analyze(image(640, 480));
    expect(many.classified).toHaveLength(1);
    expect(many.classified[0]).toHaveLength(2);
    const none = fakes([]);
    expect((await assembleAnalyzer(none.parts).analyze(image(640, 480))).faces).toEqual([]);
    expect(none.classified).toHaveLength(0);
  });

  it('keeps the largest maxFaces, 200 by default', async () => {
    const crowd = Array.from({ length: 250 }, (_, i) => found((i % 25) * 40, Math.floor(i / 25) * 40, 21 + i / 64));
    const { parts } = fakes(crowd);
    const analyzer = assembleAnalyzer(parts);
    expect((await analyzer.analyze(image(1000, 1000))).faces).toHaveLength(200);
    expect(sides((await analyzer.analyze(image(1000, 1000), { maxFaces: 2 })).faces)).toEqual([21 + 249 / 64, 21 + 248 / 64]);
  });

  it('drops faces below minFace, 20 by default', async () => {
    const { parts } = fakes([found(10, 10, 19), found(100, 100, 20), found(300, 10, 60)]);
    const analyzer = assembleAnalyzer(parts);
    expect(sides((await analyzer.analyze(image(640, 480))).faces)).toEqual([60, 20]);
    expect(sides((await analyzer.analyze(image(640, 480), { minFace: 40 })).faces)).toEqual([60]);
    expect(sides((await analyzer.analyze(image(640, 480), { minFace: 5 })).faces)).toEqual([60, 20, 19]);
  });

  it('hands minConfidence to the detector and holds it to it', async () => {
    const { parts, asked } = fakes([found(10, 10, 30, 0.4), found(100, 100, 90, 0.8)]);
    const analyzer = assembleAnalyzer(parts);
    expect(sides((await analyzer.analyze(image(640, 480), { minConfidence: 0.5 })).faces)).toEqual([90]);
    expect(asked.at(-1)).toMatchObject({ detectSize: 640, scoreThreshold: 0.5 });
    await analyzer.analyze(image(640, 480));
    expect(asked.at(-1)?.scoreThreshold).toBeUndefined();
  });

  it('clips boxes to the image but classifies the whole face', async () => {
    const { parts, classified } = fakes([found(-30, 400, 100), found(700, 10, 50)]);
    const { faces } = await assembleAnalyzer(parts).analyze(image(640, 480));
    expect(faces.map(({ box }) => box)).toEqual([{ x: 0, y: 400, width: 70, height: 80 }]);
    expect(classified[0]).toEqual([{ x: -30, y: 400, width: 100, height: 100 }]);
  });

  it('takes defaults at creation, and options of the call before them', async () => {
    const { parts } = fakes([found(10, 10, 30), found(100, 100, 90), found(300, 10, 60)]);
    const analyzer = assembleAnalyzer(parts, { maxFaces: 2 });
    expect((await analyzer.analyze(image(640, 480))).faces).toHaveLength(2);
    expect((await analyzer.analyze(image(640, 480), { maxFaces: 1 })).faces).toHaveLength(1);
  });

  it('refuses wrong options and images by name and value', async () => {
    const { parts } = fakes([]);
    const analyzer = assembleAnalyzer(parts);
    for (const [options, message] of [
      [{ minFace: 0 }, /minFace.*got 0/],
      [{ maxFaces: 1.5 }, /maxFaces.*got 1.5/],
      [{ minConfidence: 2 }, /minConfidence.*got 2/],
      [{ detectSize: Number.NaN }, /detectSize.*got NaN/],
    ] as const) {
      await expect(analyzer.analyze(image(9, 9), options)).rejects.toMatchObject({
        code: 'invalid-option',
        message: expect.stringMatching(message),
      });
      expect(() => assembleAnalyzer(parts, options)).toThrow(message);
    }
    await expect(analyzer.detect(image(9, 9), { maxFace: -1 })).rejects.toThrow(/maxFace.*got -1/);
    const short: Image = { width: 9, height: 9, channels: 3, data: new Uint8Array(9) };
    await expect(analyzer.analyze(short)).rejects.toMatchObject({ code: 'invalid-data' });
  });

  it('stops when told so', async () => {
    const { parts, classified } = fakes([found(10, 10, 30)]);
    const analyzer = assembleAnalyzer(parts);
    await expect(analyzer.analyze(image(64, 64), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    const controller = new AbortController();
    const running = analyzer.analyze(image(64, 64), { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
    expect(classified).toHaveLength(0);
  });

  it('disposes its parts once, after analyses under way', async () => {
    const { parts, disposed } = fakes([found(10, 10, 30)]);
    const analyzer = assembleAnalyzer(parts);
    const running = analyzer.analyze(image(64, 64));
    const closing = analyzer[Symbol.asyncDispose]();
    expect(disposed()).toBe(0);
    expect((await running).faces).toHaveLength(1);
    await Promise.all([closing, analyzer.dispose()]);
    expect(disposed()).toBe(3);
    await expect(analyzer.analyze(image(64, 64))).rejects.toMatchObject({ code: 'disposed' });
  });
});

describe('the sizes looked at', () => {
  const sizes = async (width: number, height: number, options = {}) => {
    const { parts, asked } = fakes([]);
    await assembleAnalyzer(parts).analyze(image(width, height), { turn: false, ...options });
    return asked.map(({ detectSize }) => detectSize);
  };

  it('are one for small images, half of it for faces that fill larger ones, and a third where small faces would be lost', async () => {
    expect(await sizes(320, 200)).toEqual([640]);
    expect(await sizes(500, 300)).toEqual([250, 640]);
    expect(await sizes(640, 480)).toEqual([320, 640]);
    expect(await sizes(1280, 960)).toEqual([320, 640]);
    expect(await sizes(2000, 1500)).toEqual([320, 640, 1000]);
    expect(await sizes(6000, 4000)).toEqual([320, 640, 1920]);
    // Half of it, in two tiles: faces of 40 pixels are 20 there.
    expect(await sizes(6000, 4000, { minFace: 40 })).toEqual([320, 640, 2000, 2000]);
    expect(await sizes(2000, 1500, { detectSize: 1200 })).toEqual([600, 1200]);
    expect(await sizes(2000, 1500, { detectSize: 320, minFace: 100 })).toEqual([320, 400]);
    expect(await sizes(2000, 1500, { detectSize: 320, minFace: 200 })).toEqual([320]);
  });

  it('are said where much smaller faces are kept than they show, or where faces are asked for that are hardly found', async () => {
    const warnings = async (width: number, height: number, options = {}) =>
      (await assembleAnalyzer(fakes([]).parts).analyze(image(width, height), { turn: false, ...options })).warnings;
    expect(await warnings(4000, 3000)).toBeUndefined();
    expect(await warnings(6000, 4000)).toEqual([
      expect.stringMatching(/^faces of less than about 63 pixels may have been missed; /),
    ]);
    expect(await warnings(6000, 4000, { minFace: 20 })).toBeUndefined();
    expect(await warnings(640, 480, { minFace: 10 })).toEqual([
      expect.stringMatching(/^faces of less than 20 pixels are found the less/),
    ]);
  });

  it('are those of so many photos for a long image, and tiles where one look would be too large', async () => {
    const stretches = Array(7).fill([320, 640]).flat();
    expect(await sizes(5000, 400)).toEqual(stretches);
    expect(await sizes(400, 5000, { minFace: 100 })).toEqual(stretches);
    const close = await sizes(5000, 400, { minFace: 5 });
    expect(close.slice(0, 14)).toEqual(stretches);
    expect(close).toHaveLength(17);
    for (const size of close) expect(size).toBeLessThanOrEqual(2048);
    // Eight times closer at most, so that no size of face falls between two looks.
    const huge = await sizes(9000, 6000, { minFace: 10 });
    expect(huge.slice(0, 3)).toEqual([320, 640, 1125]);
    expect(huge).toHaveLength(3 + 6 * 4);
    for (const size of huge) expect(size).toBeLessThanOrEqual(2048 + 2);
  });

  it('are two in one where the detector has a way, and no half where only small faces are looked for', async () => {
    const { parts, asked } = fakes([found(500, 100, 90)]);
    const both: DetectOptions[] = [];
    const detector = {
      ...parts.detector,
      async detectWithHalf(_: Image, options: DetectOptions = {}) {
        both.push(options);
        return { whole: [found(500, 100, 90)], half: [found(10, 10, 460), found(10, 480, 90)] };
      },
    };
    const analyzer = assembleAnalyzer({ ...parts, detector });
    expect(sides(await analyzer.detect(image(640, 480)))).toEqual([460, 90]);
    expect(sides(await analyzer.detect(image(2000, 1500), { minConfidence: 0.5 }))).toEqual([460, 90]);
    expect(both).toEqual([
      { detectSize: 640, leastFace: 20, leastAtHalf: 144, mostAtWhole: 170 },
      { detectSize: 640, leastFace: 20, leastAtHalf: 450, mostAtWhole: 531.25, scoreThreshold: 0.5 },
    ]);
    expect(asked).toEqual([{ detectSize: 1000, leastFace: 20, scoreThreshold: 0.5 }]);
    expect(sides(await analyzer.detect(image(640, 480), { maxFace: 143 }))).toEqual([90]);
    expect(sides(await analyzer.detect(image(640, 480), { maxFace: 89, turn: false }))).toEqual([]);
    expect(both).toHaveLength(2);
    await analyzer.detect(image(640, 480), { maxFace: 144 });
    expect(both).toHaveLength(3);
  });

  it('each say what they are good at: large faces the smallest, the others what is not too large for them', async () => {
    // On the smallest input 128 and 40 px large: one face that fills a third of the image, one that is too small for it.
    const bySize: Record<number, readonly Detection[]> = {
      320: [found(100, 100, 800), found(1500, 100, 250)],
      640: [found(110, 90, 810), found(1500, 500, 100)],
    };
    const { parts } = fakes((size) => bySize[size] ?? []);
    const { faces } = await assembleAnalyzer(parts).analyze(image(2000, 1300), { minFace: 50 });
    expect(sides(faces)).toEqual([800, 100]);
    // Of a face that both see, the larger input's box counts up to 170 of its pixels, 531 of the image's.
    bySize[320] = [found(100, 100, 560)];
    for (const [side, taken] of [
      [530, 530],
      [533, 560],
    ] as const) {
      bySize[640] = [found(110, 90, side)];
      const again = await assembleAnalyzer(parts).analyze(image(2000, 1300), { minFace: 50 });
      expect(sides(again.faces)).toEqual([taken]);
    }
  });

  it('come together without doubles and without parts of large faces', async () => {
    const { parts } = fakes((size) =>
      size === 640 ? [found(100, 100, 700, 0.6)] : [found(400, 400, 90), found(120, 90, 690), found(1500, 900, 25)],
    );
    const { faces } = await assembleAnalyzer(parts).analyze(image(2000, 1000));
    expect(sides(faces)).toEqual([690, 25]);
  });
});
