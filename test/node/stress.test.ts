/** What --stress does to images, that boxes go where pixels go, and the figures that come out. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '#dist/apps/evaluate/evaluate.js';
import type { Condition } from '#dist/apps/evaluate/stress/condition.js';
import { faceConditions, PHOTO_CONDITIONS } from '#dist/apps/evaluate/stress/conditions.js';
import { stressDetector } from '#dist/apps/evaluate/stress/stress-detector.js';
import { evaluationText } from '#dist/apps/evaluate/text.js';
import { writeEvaluation } from '#dist/apps/evaluate/write.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { FaceDetector } from '#dist/detect/detector.js';
import { loadModel } from '#dist/node/models/models.js';
import { updateCard } from '#dist/node/models/write-card.js';
import type { EmotionEvaluation, NumbersEvaluation } from '#dist/train/evaluate/evaluation.js';
import { cardStress, type StressReport } from '#dist/train/evaluate/stress.js';
import { LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-stress-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A box of one brightness on a darker ground. */
function boxOn(ground: number, { x, y, width, height }: BoundingBox, size = { width: 200, height: 120 }): Image {
  const data = new Uint8Array(size.width * size.height * 3).fill(ground);
  for (let row = y; row < y + height; row++) data.fill(240, (row * size.width + x) * 3, (row * size.width + x + width) * 3);
  return { ...size, channels: 3, data };
}

const of = (conditions: readonly Condition[], family: string) => conditions.filter((one) => one.family === family);
const samplesOf = ({ data }: Image): number[] => Array.from(data);
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** toEqual takes seconds over arrays as long as these. */
const same = (a: Image, b: Image) => Buffer.from(a.data).equals(Buffer.from(b.data));

describe('conditions', () => {
  const face = boxOn(100, { x: 70, y: 30, width: 60, height: 60 });

  it('are the same for the same image and number, and change it', async () => {
    for (const { family, level, apply } of [...faceConditions(false), ...PHOTO_CONDITIONS]) {
      const [once, again] = [await apply(face, 3), await apply(face, 3)];
      expect(same(once, again), `${family}, ${level}`).toBe(true);
      // The box is grey.
      if (family !== 'grey') expect(same(once, face), `${family}, ${level}`).toBe(false);
    }
  });

  it('do what they say', async () => {
    const conditions = faceConditions(false);
    expect(await Promise.all(of(conditions, 'dark').map(async ({ apply }) => (await apply(face, 0)).data[0]))).toEqual([
      50, 25, 10,
    ]);
    const flat = boxOn(100, { x: 0, y: 0, width: 0, height: 0 });
    for (const [i, deviation] of [10, 20, 40].entries()) {
      const noisy = await of(conditions, 'noisy')[i]!.apply(flat, 5);
      const spread = Math.sqrt(meanOf(samplesOf(noisy).map((value) => (value - 100) ** 2)));
      expect(Math.abs(spread - deviation)).toBeLessThan(0.05 * deviation);
      expect(Math.abs(meanOf(samplesOf(noisy)) - 100)).toBeLessThan(1);
      expect(same(await of(conditions, 'noisy')[i]!.apply(flat, 6), noisy)).toBe(false);
    }
    const sizes = await Promise.all(of(conditions, 'small').map(async ({ apply }) => (await apply(face, 0)).width));
    expect(sizes).toEqual([32, 24, 16]);
    const colour: Image = { width: 1, height: 1, channels: 3, data: Uint8Array.of(100, 150, 200) };
    expect((await of(conditions, 'grey')[0]!.apply(colour, 0)).data).toEqual(Uint8Array.of(Math.round(29.9 + 88.05 + 22.8)));
    expect(of(faceConditions(true), 'grey')).toEqual([]);
    const [mouth, eyes] = await Promise.all(of(conditions, 'covered').map(({ apply }) => apply(face, 0)));
    const at = ({ data, width }: Image, x: number, y: number) => data[(y * width + x) * 3];
    // The square in the middle is 120 px wide and begins at 40.
    expect([at(mouth!, 100, 88), at(mouth!, 100, 42), at(eyes!, 100, 88), at(eyes!, 76, 42), at(eyes!, 50, 42)]).toEqual([
      127, 240, 240, 127, 100,
    ]);
    const blurred = await Promise.all(of(conditions, 'blurred').map(({ apply }) => apply(face, 0)));
    const steps = blurred.map((image) => at(image, 71, 60)! - at(image, 69, 60)!);
    expect(steps[0]).toBeGreaterThan(steps[1]!);
    expect(steps[1]).toBeGreaterThan(steps[2]!);
    expect(blurred[0]).toMatchObject({ width: 200, height: 120, channels: 3 });
    const grey: Image = { width: 40, height: 40, channels: 1, data: new Uint8Array(1600).fill(9) };
    for (const { apply } of conditions) expect([1, 3]).toContain((await apply(grey, 0)).channels);
  });
});

/** Finds what is bright, whatever stress does to it; the darkest stress leaves 24 of 255. */
const bright: FaceDetector = {
  name: 'bright',
  version: '1',
  scoreThreshold: 0.5,
  async detect({ width, height, channels, data }) {
    const least = 0.6 * samplesOf({ width, height, channels, data }).reduce((most, value) => Math.max(most, value), 0);
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        if (data[(y * width + x) * channels]! < least) continue;
        [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
      }
    return [
      { box: { x: left, y: top, width: right - left, height: bottom - top }, landmarks: null, score: 0.9 },
      { box: { x: 0, y: 0, width: 1, height: 1 }, landmarks: null, score: 0.3 },
    ];
  },
  dispose: async () => {},
};

describe('stressing a detector', () => {
  it('moves the boxes with the pixels, and counts at its own threshold', async () => {
    const dir = join(folder, 'photos');
    await mkdir(join(dir, 'images'), { recursive: true });
    // Round, so that what is turned looks like the ellipse that its box stands for.
    const disc = boxOn(20, { x: 0, y: 0, width: 0, height: 0 });
    for (let y = 0; y < 120; y++)
      for (let x = 0; x < 200; x++)
        if (Math.hypot(x + 0.5 - 150, y + 0.5 - 40) < 25)
          (disc.data as Uint8Array).fill(240, (y * 200 + x) * 3, (y * 200 + x) * 3 + 3);
    await sharp(disc.data, { raw: { width: 200, height: 120, channels: 3 } })
      .png()
      .toFile(join(dir, 'images/a.png'));
    await writeFile(join(dir, 'labels.txt'), `# a.png 200 120\n125 15 175 65${' -1'.repeat(10)} 1\n`);
    const report = await stressDetector(bright, dir);
    expect(report).toMatchObject({ on: 'labelled photos', images: 1 });
    expect(report.plain.map(({ name, value }) => [name, value])).toEqual([
      ['AP@0.5', 1],
      ['recall at its threshold', 1],
      ['false faces per image', 0],
    ]);
    expect(report.rows).toHaveLength(PHOTO_CONDITIONS.length);
    const lost = report.rows.filter(({ metrics }) => metrics[1]!.value < 1).map(({ family }) => family);
    // Dots of noise beside the disc are as bright; everything else leaves it where its box is.
    expect(new Set(lost)).toEqual(new Set(['noisy']));
  });
});

describe('evaluate with stress', () => {
  let models: Awaited<ReturnType<typeof writeTinyModels>>;
  let fer: string;
  let utk: string;
  const put = async (path: string, value: number): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    const data = new Uint8Array(48 * 48).fill(value);
    await sharp(data, { raw: { width: 48, height: 48, channels: 1 } }).toFile(path);
  };
  const row = ({ rows }: StressReport, family: string, level: string) =>
    rows.find((one) => one.family === family && one.level === level)!.metrics;

  beforeAll(async () => {
    models = await writeTinyModels(join(folder, 'models'));
    fer = join(folder, 'fer');
    // Its seven folders make it FER-2013; that most are empty does not matter.
    for (const label of EMOTIONS) await mkdir(join(fer, 'train', label), { recursive: true });
    await put(join(fer, 'train/happy/Training_0.png'), WHITE);
    await put(join(fer, 'test/happy/PublicTest_1.png'), WHITE);
    await put(join(fer, 'test/sad/PublicTest_2.png'), LIGHT_GREY);
    utk = join(folder, 'utk');
    await put(join(utk, '30_0_0_1.png'), WHITE);
    await put(join(utk, '40_0_2_2.png'), LIGHT_GREY);
    await writeFile(join(utk, 'split.csv'), 'file,split\n30_0_0_1.png,val\n40_0_2_2.png,val\n');
  });

  it('gives the accuracy under each condition, as text, plot and part of the card', async () => {
    const asked = { model: models.emotion, data: fer, split: 'public', stress: true, threads: 1 };
    const result = (await evaluate(asked)) as EmotionEvaluation;
    const stress = result.stress!;
    expect(stress).toMatchObject({ on: 'FER-2013 PublicTest', images: 2 });
    expect(stress.plain).toEqual([{ name: 'accuracy', value: 1, interval: expect.anything() }]);
    expect(row(stress, 'turned', '+30°')[0]!.value).toBe(1);
    // Too dark to be white, and then to be light grey.
    expect(row(stress, 'dark', '10 % of the light')[0]!.value).toBeLessThan(1);
    expect(evaluationText(result)).toMatch(/under stress, FER-2013 PublicTest, 2 images:\n[\s\S]*turned +−45° +100\.00 % \[/);
    const written = await writeEvaluation(result, join(folder, 'out'));
    expect(written.map((path) => basename(path))).toEqual(expect.arrayContaining(['stress.svg', 'stress.png']));
    expect(await readFile(join(folder, 'out/stress.svg'), 'utf8')).toContain('emotion: accuracy under stress');

    await updateCard(models.emotion, { metrics: [], stress: cardStress(stress) });
    const { card } = await loadModel(models.emotion);
    expect(card.stress).toHaveLength(1 + stress.rows.length);
    expect(card.stress![0]).toMatchObject({
      condition: 'plain',
      name: 'accuracy',
      value: 1,
      on: 'FER-2013 PublicTest, 2 images',
    });
    await updateCard(models.emotion, { metrics: [], stress: cardStress({ ...stress, on: 'another', rows: [] }) });
    await updateCard(models.emotion, { metrics: [], stress: cardStress({ ...stress, rows: stress.rows.slice(0, 2) }) });
    const conditions = (await loadModel(models.emotion)).card.stress!.map(({ condition, on }) => `${condition} on ${on}`);
    expect(conditions).toEqual([
      'plain on another, 2 images',
      'plain on FER-2013 PublicTest, 2 images',
      'turned, −45° on FER-2013 PublicTest, 2 images',
      'turned, −30° on FER-2013 PublicTest, 2 images',
    ]);
    expect(await evaluate({ ...asked, stress: false })).toMatchObject({ stress: undefined });
  });

  it('gives error and coverage of ages, and does not go through a detector', async () => {
    const { stress } = (await evaluate({ model: models.age, data: utk, split: 'val', stress: true })) as NumbersEvaluation;
    expect(row(stress!, 'covered', 'eyes').map(({ name }) => name)).toEqual([
      'mean absolute error (years)',
      'true age inside the 10-90 interval',
    ]);
    expect(row(stress!, 'dark', '25 % of the light')[0]!.value).toBeCloseTo(5, 3);
    await expect(evaluate({ model: models.age, data: utk, stress: true, throughDetector: true })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    const stopped = evaluate({ model: models.age, data: utk, split: 'val', stress: true, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  });
});
