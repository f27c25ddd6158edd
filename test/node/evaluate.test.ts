import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '#dist/apps/evaluate/evaluate.js';
import { scaleTo } from '#dist/apps/evaluate/logits.js';
import { evaluationText } from '#dist/apps/evaluate/text.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { loadModel } from '#dist/node/models/models.js';
import { updateCard } from '#dist/node/models/write-card.js';
import { cardMetrics, mergeMetrics } from '#dist/train/evaluate/card-metrics.js';
import type { ClassesEvaluation, EmotionEvaluation, NumbersEvaluation } from '#dist/train/evaluate/evaluation.js';
import { share, wilson } from '#dist/train/evaluate/interval.js';
import { LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

/** The tiny networks call a white face happy, a darker one sad, everybody 30, and see a face in what is bright. */
let models: Awaited<ReturnType<typeof writeTinyModels>>;
let folder: string;
let fer: string;
let utk: string;
let classes: string;

/** Writes a grey image of 48×48, of one value or with stripes of the given period. */
async function put(path: string, value: number, stripe = 0): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const data = Uint8Array.from({ length: 48 * 48 }, (_, i) => (stripe && (i % 48) % stripe < stripe / 2 ? value - 60 : value));
  await sharp(data, { raw: { width: 48, height: 48, channels: 1 } }).toFile(path);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-evaluate-'));
  models = await writeTinyModels(join(folder, 'models'));
  fer = join(folder, 'fer');
  // Its seven folders make it FER-2013; that most are empty does not matter.
  for (const label of EMOTIONS) await mkdir(join(fer, 'train', label), { recursive: true });
  await put(join(fer, 'train/happy/Training_0.png'), WHITE);
  // PublicTest: three of four right; no face is found in the black one.
  await put(join(fer, 'test/happy/PublicTest_1.png'), WHITE);
  await put(join(fer, 'test/sad/PublicTest_2.png'), LIGHT_GREY);
  await put(join(fer, 'test/sad/PublicTest_3.png'), 0);
  await put(join(fer, 'test/angry/PublicTest_4.png'), WHITE);
  // PrivateTest: one of two right, the right one repeats a training image.
  await put(join(fer, 'test/happy/PrivateTest_5.png'), WHITE);
  await put(join(fer, 'test/happy/PrivateTest_6.png'), LIGHT_GREY);
  await writeFile(join(fer, 'train-duplicates.csv'), 'test_row,train_row,correlation\n5,0,1.0000\n');

  utk = join(folder, 'utk');
  const names = ['30_0_0_1', '40_0_2_2', '20_1_2_3', '50_1_1_4', '60_1_1_5', '25_0_4_6'];
  await put(join(utk, `${names[0]}.png`), WHITE);
  await put(join(utk, `${names[1]}.png`), LIGHT_GREY);
  await put(join(utk, `${names[2]}.png`), 0);
  // The same image at 50 and at 60: nobody knows which is right.
  await put(join(utk, `${names[3]}.png`), WHITE, 16);
  await put(join(utk, `${names[4]}.png`), WHITE, 16);
  await put(join(utk, `${names[5]}.png`), WHITE);
  const split = names.map((name, i) => `${name}.png,${i === 5 ? 'test' : 'val'}`);
  await writeFile(join(utk, 'split.csv'), `file,split\n${split.join('\n')}\n`);

  classes = join(folder, 'classes');
  for (const part of ['train', 'val']) {
    await put(join(classes, part, 'happy/a.png'), WHITE);
    await put(join(classes, part, 'sad/b.png'), LIGHT_GREY);
    await put(join(classes, part, 'sad/c.png'), WHITE);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('evaluate on FER-2013', () => {
  it('measures both parts, together, and without near-duplicates', async () => {
    const result = (await evaluate({ model: models.emotion, data: fer, threads: 1 })) as EmotionEvaluation;
    expect(result).toMatchObject({ task: 'emotion', split: 'all', temperature: 1, model: { name: 'emotion' }, unreadable: [] });
    expect(evaluationText(result)).toContain(
      'no images of disgust, fear, surprise, neutral in FER-2013 PublicTest and PrivateTest: is a class folder missing?',
    );
    const of = (report: EmotionEvaluation['public']) => [report?.accuracy, report?.samples, report?.interval];
    expect(of(result.public)).toEqual([3 / 4, 4, wilson(3, 4)]);
    expect(of(result.private)).toEqual([1 / 2, 2, wilson(1, 2)]);
    expect(of(result.both)).toEqual([4 / 6, 6, wilson(4, 6)]);
    expect(of(result.privateDeduplicated)).toEqual([0, 1, wilson(0, 1)]);
    const at = (label: string) => result.labels.indexOf(label);
    expect(result.public?.confusion[at('angry')]?.[at('happy')]).toBe(1);
    expect(result.public?.classes[at('sad')]).toMatchObject({ label: 'sad', samples: 2, recall: 1, f1: 1 });
    expect(result.throughDetector).toBeUndefined();
  });

  it('looks at PublicTest alone when asked to', async () => {
    const result = (await evaluate({ model: models.emotion, data: fer, split: 'public' })) as EmotionEvaluation;
    expect(result.public?.samples).toBe(4);
    expect(result.private ?? result.both ?? result.privateDeduplicated).toBeUndefined();
  });

  it('measures the chain against the direct view, a miss counted as wrong and left out', async () => {
    const result = (await evaluate({
      model: models.emotion,
      data: fer,
      throughDetector: true,
      detector: models.detector,
    })) as EmotionEvaluation;
    expect(result.split).toBe('public');
    expect(result.throughDetector).toEqual({
      detector: { name: 'detector', version: '1.0.0' },
      side: 192,
      found: share(3, 4),
      accuracy: share(2, 4),
      direct: share(3, 4),
      accuracyFound: share(2, 3),
      directFound: share(2, 3),
    });
    expect(cardMetrics(result).slice(-2)).toEqual([
      { name: 'face found', value: 3 / 4, interval: wilson(3, 4), on: 'FER-2013 PublicTest through detector, 4 images' },
      { name: 'accuracy', value: 2 / 4, interval: wilson(2, 4), on: 'FER-2013 PublicTest through detector, 4 images' },
    ]);
    expect(evaluationText(result)).toMatch(/all, a miss is wrong +4 +50\.00 % .* 75\.00 % .* -25\.00 points/);
  });

  it('fits the temperature on PublicTest and measures with it', async () => {
    const plain = (await evaluate({ model: models.emotion, data: fer, split: 'public' })) as EmotionEvaluation;
    const fitted = (await evaluate({
      model: models.emotion,
      data: fer,
      split: 'public',
      fitTemperature: true,
    })) as EmotionEvaluation;
    expect(fitted.formerTemperature).toBe(1);
    expect(fitted.temperature).toBeGreaterThan(1); // sure of itself, and wrong once in four
    expect(fitted.public?.nll).toBeLessThan(plain.public?.nll ?? 0);
    expect(fitted.public?.accuracy).toBe(plain.public?.accuracy);
    await expect(evaluate({ model: models.emotion, data: fer, split: 'private', fitTemperature: true })).rejects.toMatchObject({
      code: 'invalid-option',
    });
  });
});

describe('agreement with FER+', () => {
  const HEAD = 'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF';
  const VOTES = [
    'Training,,0,10,0,0,0,0,0,0,0,0',
    'PublicTest,,1,9,0,0,0,0,0,0,0,0', // called happy: agreed
    'PublicTest,,0,8,0,2,0,0,0,0,0,0', // called sad, taggers saw happiness
    'PublicTest,,5,5,0,0,0,0,0,0,0,0', // as many for one as for the other
    'PublicTest,,0,0,0,0,4,0,0,0,0,6', // most saw no face
    'PrivateTest,,0,7,0,0,0,0,0,3,0,0', // called happy: agreed
    'PrivateTest,,0,3,0,0,0,0,0,3,4,0', // most did not know
  ];

  it('counts the faces where most taggers saw one of the seven, and goes into the card', async () => {
    await writeFile(join(fer, 'fer2013new.csv'), `${[HEAD, ...VOTES].join('\n')}\n`);
    try {
      const result = (await evaluate({ model: models.emotion, data: fer })) as EmotionEvaluation;
      expect(result.ferPlus).toEqual({ public: share(1, 2), private: share(1, 1) });
      expect(cardMetrics(result)).toContainEqual({
        name: 'agreement with the majority of FER+',
        value: 1 / 2,
        interval: wilson(1, 2),
        on: 'FER-2013 PublicTest, 2 images',
      });
      expect(evaluationText(result)).toContain('agreement with the majority of FER+: 50.00 %');
    } finally {
      await rm(join(fer, 'fer2013new.csv'));
    }
    expect(((await evaluate({ model: models.emotion, data: fer })) as EmotionEvaluation).ferPlus).toBeUndefined();
  });
});

describe('evaluate on UTKFace', () => {
  it('measures years, ranges and groups, without contradictory near-duplicates', async () => {
    const result = (await evaluate({ model: models.age, data: utk, split: 'val' })) as NumbersEvaluation;
    expect(result).toMatchObject({ task: 'age', split: 'val', samples: 3, leftOut: 2 });
    expect(result.mae.value).toBeCloseTo(20 / 3, 3); // 30, 40 and 20, all taken for 30
    expect(result.rangeAccuracy.count).toBe(2); // 40 is in 28-45 too
    expect(result.rangeOneOff.count).toBe(2); // 20 lies two ranges below
    expect(result.groups.gender.map(({ group, error }) => [group, error.samples])).toEqual([
      ['male', 2],
      ['female', 1],
    ]);
    expect(result.groups.race.map(({ group, error }) => [group, Math.round(error.value)])).toEqual([
      ['White', 0],
      ['Asian', 10],
    ]);
    expect(evaluationText(result)).toContain('UTKFace val: 3 images (2 near-duplicates with contradictory ages left out)');
  });

  it('measures test unless told otherwise, and val through a detector', async () => {
    expect(await evaluate({ model: models.age, data: utk })).toMatchObject({ split: 'test', samples: 1 });
    const result = (await evaluate({
      model: models.age,
      data: utk,
      throughDetector: true,
      detector: models.detector,
    })) as NumbersEvaluation;
    expect(result.split).toBe('val');
    expect(result.throughDetector?.found).toEqual(share(2, 3));
    expect(result.throughDetector?.mae.value).toBeCloseTo(5, 3); // 30 and 40; in the image of the 20 no face is found
    expect(result.throughDetector?.direct.value).toBeCloseTo(5, 3);
    expect(result.throughDetector?.directAll.value).toBeCloseTo(20 / 3, 3);
  });
});

describe('evaluate on class folders', () => {
  it('matches classes by name', async () => {
    const result = (await evaluate({ model: models.emotion, data: classes })) as ClassesEvaluation;
    expect(result).toMatchObject({ task: 'classes', data: 'classes', split: 'val', samples: 3, accuracy: 2 / 3 });
    // Each class that occurs, with its own number of images; the others say nothing.
    expect(cardMetrics(result).filter(({ name }) => name.startsWith('recall'))).toEqual([
      { name: 'recall, happy', value: 1, interval: wilson(1, 1), on: 'classes val, 1 images' },
      { name: 'recall, sad', value: 1 / 2, interval: wilson(1, 2), on: 'classes val, 2 images' },
    ]);
    expect(result.classes.find(({ label }) => label === 'sad')).toMatchObject({ samples: 2, recall: 0.5 });
  });

  it('scores all of a folder without parts, with one image in a class, links followed', async () => {
    const flat = join(folder, 'flat');
    await put(join(flat, 'happy/PublicTest_1.png'), WHITE);
    await mkdir(join(folder, 'elsewhere'), { recursive: true });
    await put(join(folder, 'elsewhere/a.png'), LIGHT_GREY);
    await put(join(folder, 'elsewhere/b.png'), WHITE);
    await symlink(join(folder, 'elsewhere'), join(flat, 'sad'));
    await symlink(flat, join(folder, 'elsewhere/round'));
    const result = await evaluate({ model: models.emotion, data: flat });
    expect(result).toMatchObject({ task: 'classes', split: 'all', samples: 3, accuracy: 2 / 3 });
    expect(await evaluate({ model: models.emotion, data: classes, split: 'all' })).toMatchObject({ split: 'all', samples: 6 });
  });

  it('takes test where there is nothing else, and says which parts there are', async () => {
    const alone = join(folder, 'alone');
    await put(join(alone, 'test/happy/a.png'), WHITE);
    await put(join(alone, 'test/sad/a.png'), LIGHT_GREY);
    expect(await evaluate({ model: models.emotion, data: alone })).toMatchObject({ split: 'test', samples: 2, accuracy: 1 });
    await expect(evaluate({ model: models.emotion, data: alone, split: 'val' })).rejects.toMatchObject({
      code: 'no-input',
      message: expect.stringContaining('has no val part; it has test'),
    });
  });

  it('goes through a detector, too', async () => {
    const result = (await evaluate({
      model: models.emotion,
      data: classes,
      throughDetector: true,
      detector: models.detector,
    })) as ClassesEvaluation;
    expect(result.throughDetector).toMatchObject({ found: { value: 1 }, accuracy: { value: 2 / 3 }, direct: { value: 2 / 3 } });
    expect(evaluationText(result)).toContain('through detector');
  });

  it('refuses classes that the model does not know', async () => {
    await put(join(folder, 'other/train/cat/a.png'), 0);
    await put(join(folder, 'other/train/cat/b.png'), 0);
    await put(join(folder, 'other/train/dog/a.png'), 0);
    await put(join(folder, 'other/train/dog/b.png'), 0);
    await expect(evaluate({ model: models.emotion, data: join(folder, 'other') })).rejects.toMatchObject({
      code: 'model-mismatch',
      message: expect.stringContaining("'cat'"),
    });
  });
});

describe('evaluate', () => {
  it('refuses what does not fit together', async () => {
    const cases = [
      [{ model: models.age, data: fer }, 'model-mismatch', 'holds fer2013'],
      [{ model: models.emotion, data: fer, split: 'val' }, 'invalid-option', "got 'val'"],
      [{ model: models.emotion, data: fer, limit: 0 }, 'invalid-option', 'limit'],
      [{ model: models.emotion, data: join(folder, 'nowhere') }, 'file-not-found', 'nowhere'],
      [{ model: models.detector, data: fer, fitTemperature: true }, 'invalid-option', 'fitTemperature'],
      [{ model: models.emotion, data: fer, throughDetector: true, detector: models.age }, 'model-mismatch', 'age'],
    ] as const;
    for (const [options, code, text] of cases)
      await expect(evaluate(options)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it('stops when told to', async () => {
    const signal = AbortSignal.abort();
    await expect(evaluate({ model: models.emotion, data: fer, signal })).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('scaleTo', () => {
  it('enlarges to the longer side and keeps grey and colour', () => {
    const grey = scaleTo({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 200) }, 8);
    expect([grey.width, grey.height, grey.channels]).toEqual([8, 4, 1]);
    expect([grey.data[0], grey.data[7]]).toEqual([0, 200]);
    expect(grey.data[3]).toBeLessThan(grey.data[4]!);
    const colour = scaleTo({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) }, 2);
    expect([...colour.data]).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });
});

describe('the figures of a card', () => {
  it('replace those on the same data and leave the others', () => {
    const old = [
      { name: 'accuracy', value: 0.1, on: 'FER-2013 PublicTest, 5 images' },
      { name: 'accuracy', value: 0.2, on: 'mine, 5 images' },
    ];
    const fresh = [{ name: 'accuracy', value: 0.3, on: 'FER-2013 PublicTest, 6 images' }];
    expect(mergeMetrics(old, fresh)).toEqual([old[1], fresh[0]]);
  });

  it('are those of the evaluation, and the model still loads', async () => {
    const own = await writeTinyModels(join(folder, 'own'));
    const evaluation = (await evaluate({ model: own.emotion, data: fer, split: 'public' })) as EmotionEvaluation;
    const path = await updateCard(own.emotion, { metrics: cardMetrics(evaluation), temperature: 1.5 });
    expect(path).toBe(join(folder, 'own/emotion.json'));
    const { card } = await loadModel(own.emotion);
    expect(card.temperature).toBe(1.5);
    expect(card.metrics[0]).toEqual({
      name: 'accuracy',
      value: 0.75,
      interval: wilson(3, 4),
      on: 'FER-2013 PublicTest, 4 images',
    });
    expect(card.metrics.map(({ name }) => name)).toEqual([
      'accuracy',
      'macro-F1',
      'expected calibration error',
      ...['angry', 'happy', 'sad'].map((label) => `recall, ${label}`),
    ]);
    await expect(updateCard(join(folder, 'none.onnx'), { metrics: [] })).rejects.toMatchObject({ code: 'model-not-found' });
  });
});

describe('phiz evaluate', () => {
  const phiz = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
      execFile(process.execPath, [main, 'evaluate', ...args], { cwd: folder }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });

  it('prints a summary and writes the matrix and the card', async () => {
    const own = await writeTinyModels(join(folder, 'printed'));
    const { code, out, err } = await phiz(own.emotion, '--data', fer, '--out', 'report', '--fit-temperature');
    expect(err).toContain('wrote the metrics into');
    expect(code).toBe(0);
    expect(out).toMatch(/PublicTest +4 +75\.00 %/);
    expect(out).toMatch(/happy +3 +66\.67 %/);
    const json = JSON.parse(await readFile(join(folder, 'report/evaluation.json'), 'utf8')) as EmotionEvaluation;
    expect(json.both?.accuracy).toBe(4 / 6);
    expect(await readFile(join(folder, 'report/confusion.svg'), 'utf8')).toContain('<title>emotion on FER-2013');
    expect((await sharp(join(folder, 'report/confusion.png')).metadata()).format).toBe('png');
    expect((await loadModel(own.emotion)).card.temperature).toBe(json.temperature);
  });

  it('prints JSON and nothing else on standard output', async () => {
    const { code, out } = await phiz(models.age, '--data', utk, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ task: 'age', split: 'test', mae: { samples: 1 } });
  });

  it('refuses wrong usage with exit code 2, writing figures of a part among it', async () => {
    for (const args of [
      [models.emotion],
      [models.emotion, '--data', fer, '--limit', '2', '--write-card'],
      [models.emotion, '--data', fer, '--split', 'nope'],
      [models.emotion, '--data', fer, '--detector', models.detector],
    ]) {
      const { code, out, err } = await phiz(...args);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(/^phiz: /);
    }
  });
});

const fddb = needs.data('fddb');

describe.skipIf(fddb === undefined)('evaluate on FDDB', () => {
  it('measures a detector', async () => {
    const result = await evaluate({ model: models.detector, data: fddb!, limit: 3 });
    expect(result).toMatchObject({ task: 'detector', data: 'FDDB', ap50: { images: 3 } });
    expect(evaluationText(result)).toMatch(/FDDB +0\.5 +3 /);
  });
});
