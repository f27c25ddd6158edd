import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComparisonOutcome, compare } from '#dist/apps/compare/compare.js';
import { writeComparison } from '#dist/apps/compare/write.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import type { Image } from '#dist/core/image.js';
import { loadModel } from '#dist/node/models/models.js';
import { createClipWriter } from '#dist/node/video/write-clip.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { Graph, type Value } from '#dist/onnx/graph.js';
import { modelMultiplyAdds } from '#dist/onnx/model-cost.js';
import { comparisonReport } from '#dist/report/pages/comparison-report.js';
import type { Comparison } from '#dist/report/sums/comparison.js';
import { comparisonText } from '#dist/report/tables/comparison-text.js';
import { wilson } from '#dist/train/evaluate/interval.js';
import { mcnemar } from '#dist/train/evaluate/mcnemar.js';
import { cellsImage, LIGHT_GREY, WHITE, writeTinyEmotion, writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

/**
 * Three tiny networks: `emotion` calls a white face happy and a darker one sad; `shuffled` says the same with its labels in another
 * order and a larger input; `swapped` says the opposite, so it is wrong wherever the others are right.
 */
let models: { emotion: string; shuffled: string; swapped: string; detector: string; age: string };
let folder: string;
let fer: string;
let clip: string;

async function put(path: string, value: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await sharp(new Uint8Array(48 * 48).fill(value), { raw: { width: 48, height: 48, channels: 1 } }).toFile(path);
}

/** One bright face: white for a second, then light grey for another. */
async function writeClip(path: string): Promise<void> {
  const facts = { width: 128, height: 128, frameRate: 10 };
  await using writer = await createClipWriter({ path, facts });
  for (let i = 0; i < 20; i++) {
    const data = cellsImage(128, 128, [[1, 1, i < 10 ? WHITE : LIGHT_GREY]]);
    await writer.add({ width: 128, height: 128, channels: 3, data } satisfies Image, i / 10, 1 / 10);
  }
  await writer.finish();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-compare-'));
  const { emotion, detector, age } = await writeTinyModels(join(folder, 'models'));
  const shuffled = await writeTinyEmotion(join(folder, 'shuffled'), {
    name: 'shuffled',
    labels: EMOTIONS.toReversed(),
    side: 12,
  });
  const swapped = await writeTinyEmotion(join(folder, 'swapped'), { name: 'swapped', happy: 'sad', sad: 'happy', epochs: 3 });
  models = { emotion, shuffled, swapped, detector, age };
  const epochs = [
    { epoch: 1, trainLoss: 2, validationLoss: 1.9, trainAccuracy: 0.3, validationAccuracy: 0.4 },
    { epoch: 2, trainLoss: 1, validationLoss: 1.2, trainAccuracy: 0.5, validationAccuracy: 0.6 },
    { epoch: 3, trainLoss: 0.5, validationLoss: 1.4, trainAccuracy: 0.7, validationAccuracy: 0.55 },
  ];
  // The log of one run lies beside a model that came by another way, too: it is none of its business.
  for (const run of ['swapped', 'shuffled'])
    await writeFile(join(folder, run, 'log.ndjson'), epochs.map((epoch) => `${JSON.stringify(epoch)}\n`).join(''));

  // An image of each emotion in both parts: happy ones white, the others grey, so that two of seven can be right.
  fer = join(folder, 'fer');
  await put(join(fer, 'train/happy/Training_0.png'), WHITE);
  for (const [i, emotion] of EMOTIONS.entries()) {
    const value = emotion === 'happy' ? WHITE : LIGHT_GREY;
    await put(join(fer, `test/${emotion}/PublicTest_${1 + i}.png`), value);
    await put(join(fer, `test/${emotion}/PrivateTest_${8 + i}.png`), value);
  }
  await writeFile(join(fer, 'test/sad/PublicTest_20.png'), 'no image');
  await writeFile(join(fer, 'train-duplicates.csv'), 'test_row,train_row,correlation\n11,0,1.0000\n');

  clip = join(folder, 'face.mp4');
  await writeClip(clip);
  await writeFile(join(folder, 'face.truth.csv'), 'start,end,label\n0,1,happy\n1,2,sad\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('comparing models', () => {
  let outcome: ComparisonOutcome;
  let comparison: Comparison;
  beforeAll(async () => {
    outcome = await compare({
      models: [models.emotion, models.shuffled, models.swapped],
      data: fer,
      clips: [clip],
      detector: models.detector,
      rounds: 2,
      threads: 1,
    });
    comparison = outcome.comparison;
  });

  it('measures all on the same images, whatever their label order and input size', () => {
    expect(comparison.parts.map(({ key, samples }) => [key, samples])).toEqual([
      ['both', 14],
      ['public', 7],
      ['private', 7],
      ['bothDeduplicated', 13],
      ['publicDeduplicated', 7],
      ['privateDeduplicated', 6],
    ]);
    const [emotion, shuffled, swapped] = comparison.models;
    expect(comparison.models.map(({ name, parts }) => [name, parts.both?.accuracy])).toEqual([
      ['emotion', 4 / 14],
      ['shuffled', 4 / 14],
      ['swapped', 0],
    ]);
    expect(shuffled?.parts.both?.confusion).toEqual(emotion?.parts.both?.confusion);
    expect(emotion?.parts.both?.interval).toEqual(wilson(4, 14));
    expect(emotion?.parts.privateDeduplicated?.accuracy).toBe(1 / 6); // the happy one repeats a training image
    const recall = (label: string) => emotion?.parts.both?.classes.find((own) => own.label === label);
    expect(recall('happy')).toMatchObject({ samples: 2, recall: 1, interval: wilson(2, 2) });
    expect(recall('angry')).toMatchObject({ samples: 2, recall: 0, interval: wilson(0, 2) });
    expect(swapped?.parts.both?.ece).toBeGreaterThan(emotion?.parts.both?.ece ?? 1);
  });

  it('says how large and how fast each is', async () => {
    const [emotion, shuffled] = comparison.models;
    expect([emotion?.multiplyAdds, shuffled?.multiplyAdds]).toEqual([7 * 8 * 8, 7 * 12 * 12]);
    expect(emotion?.bytes).toBe((await readFile(models.emotion)).length);
    for (const { milliseconds } of comparison.models)
      for (const { median, quartiles, runs } of [milliseconds.single, milliseconds.batch]) {
        expect(median).toBeGreaterThan(0);
        expect([...quartiles, median].sort((a, b) => a - b)).toEqual([quartiles[0], median, quartiles[1]]);
        expect(runs).toBeGreaterThanOrEqual(2);
      }
  });

  it('tests each pair', () => {
    expect(comparison.pairs).toEqual([
      { first: 'emotion', second: 'shuffled', ...mcnemar(0, 0), corrected: 1 },
      { first: 'emotion', second: 'swapped', ...mcnemar(4, 0), corrected: 0.375 },
      { first: 'shuffled', second: 'swapped', ...mcnemar(4, 0), corrected: 0.375 },
    ]);
  });

  it('names what it could not read', () => {
    expect(comparison.data.unreadable).toEqual([{ path: 'test/sad/PublicTest_20.png', reason: expect.any(String) }]);
  });

  it('reads the training log beside a model', () => {
    expect(comparison.models.map(({ training }) => training?.epochs.length)).toEqual([undefined, undefined, 3]);
    expect(comparison.models[2]?.training).toMatchObject({
      best: { epoch: 2, accuracy: 0.6 },
      last: { epoch: 3, accuracy: 0.55 },
    });
  });

  it('shows the same faces of a clip to all, against the truth beside it', () => {
    const [shown] = comparison.clips;
    expect(shown).toMatchObject({ source: 'face.mp4', analysedFrames: 20, people: 1, detector: { name: 'detector' } });
    expect(shown?.truth?.segments.map(({ label }) => label)).toEqual(['happy', 'sad']);
    const [emotion, shuffled, swapped] = shown!.models;
    expect(emotion?.truth?.seconds).toBeCloseTo(2);
    expect(emotion?.truth?.classes.map(({ label, right }) => [label, right > 0.6])).toEqual([
      ['happy', true],
      ['sad', true],
    ]);
    expect(shuffled?.truth).toEqual(emotion?.truth);
    expect(swapped?.truth?.right).toBe(0);
    expect(swapped?.truth?.classes[1]?.called.happy).toBeCloseTo(emotion!.truth!.classes[1]!.right);
    const sum = (m: number) => Object.values(shown!.models[m]!.overall.sumOfScores).reduce((a, b) => a + b, 0);
    for (const m of [0, 1, 2]) expect(sum(m)).toBeCloseTo(shown!.faces);
    expect(swapped?.overall.sumOfScores.sad).toBeCloseTo(emotion?.overall.sumOfScores.happy ?? 0);
  });

  it('puts it into words and files', async () => {
    const text = comparisonText(comparison);
    expect(text).toMatch(/emotion +28\.6 % +\[11\.7, 54\.6\]/);
    expect(text).toMatch(/happy +2 +100\.0 % .* 0\.0 %/);
    expect(text).toMatch(/emotion +swapped +4 +0 +exact +0\.1250 +0\.3750 +no difference shown/);
    const out = join(folder, 'out');
    const paths = await writeComparison(outcome, out);
    expect((await readdir(out)).sort()).toEqual([
      ...['clip-face.svg', 'comparison.html', 'comparison.json', 'confusions.svg', 'learning-curve-swapped.svg', 'recall.svg'],
    ]);
    expect(paths).toHaveLength(6);
    expect(JSON.parse(await readFile(join(out, 'comparison.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(comparison)));
    const page = await readFile(join(out, 'comparison.html'), 'utf8');
    expect(page).toContain('Right most often is <strong>emotion</strong>');
    expect(page).toContain('<h3>swapped</h3>');
    expect(page).toContain('test/sad/PublicTest_20.png');
    expect(page).toMatch(/<strong>swapped<\/strong> is right 0\.0\u00a0% of the time and misses more than half of happy, sad/);
    expect(page).not.toMatch(/<script|src="(?!data:)|https?:\/\/[^"]*\.(js|css)/);
    const figure = await readFile(join(out, 'clip-face.svg'), 'utf8');
    for (const words of ['emotion', 'shuffled', 'swapped', 'truth: happy']) expect(figure).toContain(`>${words}<`);
  });
});

const chromium = needs.chromium();
it.skipIf(!chromium)('the page lays itself out in a browser without sideways scrolling, at 360 pixels and wide', async () => {
  const run = { models: [models.emotion, models.swapped], data: fer, clips: [clip], detector: models.detector, rounds: 1 };
  const out = join(folder, 'browser');
  await writeComparison(await compare(run), out, { title: 'a-very-long-title-'.repeat(12) });
  await writeFile(
    join(out, 'frame.html'),
    `<body><iframe src="comparison.html" width="360" height="800"></iframe><iframe src="comparison.html" width="1200" height="800"></iframe><script>
    onload = () => document.title = JSON.stringify([...document.querySelectorAll('iframe')].map((f) => {
      const d = f.contentDocument, shown = (s) => [...d.querySelectorAll(s)].filter((e) => e.getBoundingClientRect().width > 0).length;
      return { over: d.documentElement.scrollWidth - f.contentWindow.innerWidth, wide: shown('.wide svg'), narrow: shown('.narrow svg') };
    }));
    </script></body>`,
  );
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const args = [...flags, '--allow-file-access-from-files', `--user-data-dir=${join(out, 'profile')}`, '--dump-dom'];
  const { stdout } = spawnSync(chromium!, [...args, pathToFileURL(join(out, 'frame.html')).href], { encoding: 'utf8' });
  const [narrow, wide] = JSON.parse(/<title>(.*)<\/title>/.exec(stdout)?.[1] ?? 'null');
  expect(narrow.over).toBeLessThanOrEqual(0);
  expect(wide.over).toBeLessThanOrEqual(0);
  // Recall, matrices, one learning curve, the clip seen by two models.
  expect([narrow, wide]).toMatchObject([
    { wide: 0, narrow: 5 },
    { wide: 5, narrow: 0 },
  ]);
});

describe('models of own classes', () => {
  it('are compared on images and in clips, by the labels of their cards', async () => {
    const labels = ['bare', 'masked'];
    const masks = (name: string, [bare, masked]: readonly string[]) =>
      writeTinyEmotion(join(folder, name), { name, labels, happy: bare!, sad: masked! });
    const data = join(folder, 'masks');
    for (const part of ['train', 'val']) {
      await put(join(data, part, 'bare/a.png'), WHITE);
      await put(join(data, part, 'masked/b.png'), LIGHT_GREY);
    }
    const truth = join(folder, 'masks.truth.csv');
    await writeFile(truth, 'start,end,label\n0,1,bare\n1,2,masked\n');
    const asked = { data, clips: [clip], truths: [truth], detector: models.detector, rounds: 1, threads: 1 };
    const own = [await masks('right', labels), await masks('wrong', labels.toReversed())];
    const outcome = await compare({ ...asked, models: own });
    const [shown] = outcome.comparison.clips;
    const [right, wrong] = shown!.models;
    expect(right?.truth).toMatchObject({ right: 1, classes: [{ label: 'bare' }, { label: 'masked', called: { masked: 1 } }] });
    expect(wrong?.truth).toMatchObject({ right: 0, classes: [{ label: 'bare' }, { label: 'masked', called: { bare: 1 } }] });
    expect(Object.keys(right!.overall.sumOfScores)).toEqual(labels);
    expect(comparisonText(outcome.comparison)).toMatch(/\nbare +1\.0 +100 % +0 % \(masked 100 %\)/);
    const page = comparisonReport(outcome);
    expect(page).toContain('2 models on masks');
    expect(page).toContain('Which classes each model misses');
    expect(page).not.toMatch(/emotion|happy/);
    await expect(compare({ ...asked, models: [own[0]!, models.emotion] })).rejects.toThrow(
      "no class is common to all (model 'right': bare, masked; model 'emotion': angry, disgust,",
    );
    await expect(compare({ ...asked, models: own, truths: [join(folder, 'face.truth.csv')] })).rejects.toThrow(
      'one of bare, masked are needed',
    );
  });
});

describe('models of different classes', () => {
  it('are compared on those that all share, which is said with what is left out', async () => {
    const labels = ['sad', 'calm', 'happy'];
    // In the smaller set of classes this one is right of the sad faces, which it calls calm otherwise.
    const three = await writeTinyEmotion(join(folder, 'three'), { name: 'three', labels });
    const outcome = await compare({
      models: [models.emotion, three],
      data: fer,
      split: 'public',
      clips: [clip],
      detector: models.detector,
      rounds: 1,
      threads: 1,
    });
    const { data, parts, models: compared, clips } = outcome.comparison;
    expect(data.labels).toEqual(['happy', 'sad']);
    expect(data.shared!.images).toEqual(
      ['angry', 'disgust', 'fear', 'surprise', 'neutral'].map((label) => ({ label, images: 1 })),
    );
    expect(data.shared!.models).toEqual([
      { name: 'emotion', labels: ['angry', 'disgust', 'fear', 'surprise', 'neutral'] },
      { name: 'three', labels: ['calm'] },
    ]);
    expect(parts.map(({ samples }) => samples)).toEqual([2]);
    for (const { parts: measured } of compared) expect(measured.public).toMatchObject({ samples: 2, accuracy: 1 });
    for (const { truth, overall } of clips[0]!.models) {
      expect(truth!.right).toBe(1);
      const { sumOfScores } = overall as unknown as { readonly sumOfScores: Readonly<Record<string, number>> };
      expect(Object.keys(sumOfScores)).toEqual(['happy', 'sad']);
      expect(Object.values(sumOfScores).reduce((sum, value) => sum + value, 0)).toBeCloseTo(clips[0]!.faces, 6);
    }
    const note =
      'Compared on the 2 classes that all share: happy and sad. Left out: 5 images of FER-2013 (1 of angry, 1 of disgust, 1 of fear, 1 of surprise and 1 of neutral). Further classes are told apart by emotion (angry, disgust, fear, surprise and neutral) and three (calm), and not asked of it here.';
    expect(comparisonText(outcome.comparison).split('\n')[0]).toBe(note);
    expect(comparisonReport(outcome)).toContain(note);
  });

  it('say nothing of that where all have the same', async () => {
    const { comparison } = await compare({ models: [models.emotion, models.swapped], data: fer, split: 'public', rounds: 1 });
    expect(comparison.data.shared).toBeNull();
    expect(comparisonText(comparison)).not.toContain('Compared on');
  });
});

describe('what does not fit', () => {
  const cases: readonly (readonly [what: string, options: () => Parameters<typeof compare>[0], code: string, text: string])[] = [
    ['no model', () => ({ models: [], data: fer }), 'invalid-option', 'at least one'],
    ['a model given twice', () => ({ models: [models.emotion, models.emotion], data: fer }), 'invalid-option', 'twice'],
    ['a model of another task', () => ({ models: [models.age], data: fer }), 'model-mismatch', "'age'"],
    ['no data', () => ({ models: [models.emotion], data: join(folder, 'nowhere') }), 'file-not-found', 'nowhere'],
    ['an empty folder', () => ({ models: [models.emotion], data: join(folder, 'empty') }), 'no-input', 'empty: no images'],
    [
      'data of one class that the model knows',
      () => ({ models: [models.emotion], data: join(folder, 'gap') }),
      'model-mismatch',
      "only 'sad' is common to all",
    ],
    ['a class without a test image', () => ({ models: [models.emotion], data: join(folder, 'thin') }), 'invalid-data', "'fear'"],
    ['an unknown split', () => ({ models: [models.emotion], data: fer, split: 'val' }), 'invalid-option', "'val'"],
    ['a limit below the classes', () => ({ models: [models.emotion], data: fer, limit: 3 }), 'invalid-option', 'got 3'],
    ['a clip that is not there', () => ({ models: [models.emotion], data: fer, clips: ['no.mp4'] }), 'file-not-found', 'no.mp4'],
    [
      'two truths for one clip',
      () => ({ models: [models.emotion], data: fer, clips: [clip], truths: ['a.csv', 'b.csv'] }),
      'invalid-option',
      '1 clips and 2',
    ],
  ];
  beforeAll(async () => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    for (const label of ['sad', 'bored', 'proud'])
      for (const part of ['train', 'val']) await put(join(folder, 'gap', part, label, 'a.png'), WHITE);
    await put(join(folder, 'thin/train/happy/Training_0.png'), WHITE);
    for (const emotion of EMOTIONS)
      if (emotion !== 'fear') await put(join(folder, 'thin/test', emotion, `PublicTest_${EMOTIONS.indexOf(emotion)}.png`), WHITE);
  });

  it.each(cases)('%s', async (_, options, code, text) => {
    await expect(compare({ detector: models.detector, ...options() })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  it('a call to stop', async () => {
    const signal = AbortSignal.abort();
    await expect(compare({ models: [models.emotion], data: fer, signal })).rejects.toMatchObject({ code: 'aborted' });
  });
});

it('models of the same name are told apart by their folders', async () => {
  const other = await writeTinyEmotion(join(folder, 'other'));
  const { comparison } = await compare({ models: [models.emotion, other], data: fer, split: 'public', rounds: 1 });
  expect(comparison.models.map(({ name }) => name)).toEqual(['emotion (models)', 'emotion (other)']);
  expect(comparison.main).toBe('public');
});

describe('phiz compare', () => {
  const phiz = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
      execFile(process.execPath, [main, 'compare', ...args], { cwd: folder }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });

  it('prints tables, names images left out and writes the page', async () => {
    const { code, out, err } = await phiz(
      models.emotion,
      models.swapped,
      '--data',
      fer,
      '--out',
      'page',
      '--title',
      'Ours & theirs',
    );
    expect(err).toContain('left out test/sad/PublicTest_20.png');
    expect(err).toContain('phiz: left out 1 image in all\n');
    expect(code).toBe(0);
    expect(out).toMatch(/swapped +0\.0 %/);
    expect(await readFile(join(folder, 'page/comparison.html'), 'utf8')).toContain('<h1>Ours &amp; theirs</h1>');
  });

  it('prints JSON and nothing else on standard output', async () => {
    const { code, out } = await phiz(models.emotion, '--data', fer, '--split', 'private', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ schemaVersion: 2, main: 'private', pairs: [], clips: [] });
  });

  it('refuses wrong usage with exit code 2 and writes nothing', async () => {
    for (const args of [
      [models.emotion],
      [models.emotion, '--data', fer, '--truth', 'x.csv'],
      [models.emotion, '--data', fer, '--out', 'never', '--split', 'nope'],
    ]) {
      const { code, out, err } = await phiz(...args);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(/^phiz: /);
    }
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });
});

describe('the cost of a finished model', () => {
  it.each(['emotion', 'age'])('is what the card of %s says', async (name) => {
    const { card, bytes } = await loadModel(name);
    expect(modelMultiplyAdds(bytes, { width: card.input.width!, height: card.input.height! })).toBe(card.multiplyAdds);
  });

  it('counts weights that are widened first, and products', () => {
    const graph = new Graph();
    const x = graph.input('input', ['N', 1, 'H', 'W']);
    const kernel = graph.node('Identity', [graph.constant(new Float32Array(2 * 9), [2, 1, 3, 3])], [2, 1, 3, 3]);
    const y = graph.node('Conv', [x, kernel], ['N', 2, 'h', 'w'], {
      attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' },
    });
    const flat = graph.node('Flatten', [y], ['N', 32]);
    graph.output(graph.node('MatMul', [flat, graph.constant(new Float32Array(96), [32, 3])], ['N', 3]), 'logits');
    // 18 weights at 4×4 places, then 32 times 3.
    expect(modelMultiplyAdds(encodeModel(graph), { width: 8, height: 8 })).toBe(18 * 16 + 96);
  });

  it('follows holes in kernels and global pools, and does not guess what padding does', () => {
    const count = (build: (graph: Graph, x: Value, kernel: Value) => Value) => {
      const graph = new Graph();
      const x = graph.input('input', ['N', 1, 16, 16]);
      graph.output(build(graph, x, graph.constant(new Float32Array(9), [1, 1, 3, 3])), 'logits');
      return modelMultiplyAdds(encodeModel(graph), { width: 16, height: 16 });
    };
    const kernel_shape = [3, 3];
    const conv = (graph: Graph, x: Value, kernel: Value, attributes: object = {}) =>
      graph.node('Conv', [x, kernel], ['N', 1, 'h', 'w'], { attributes: { kernel_shape, ...attributes } });
    expect(count((graph, x, kernel) => conv(graph, x, kernel, { dilations: [3, 3] }))).toBe(9 * 10 * 10);
    const pads = [1, 1, 1, 1];
    expect(count((graph, x, kernel) => conv(graph, graph.node('GlobalAveragePool', [x], ['N', 1, 1, 1]), kernel, { pads }))).toBe(
      9,
    );
    expect(
      count((graph, x, kernel) =>
        conv(graph, graph.node('Pad', [x, graph.integers([0, 0, 1, 1, 0, 0, 1, 1])], ['N', 1, 18, 18]), kernel),
      ),
    ).toBeUndefined();
  });

  it('is not guessed where the weights are not in the file', () => {
    const graph = new Graph();
    const x = graph.input('input', ['N', 1, 8, 8]);
    const kernel = graph.node('Relu', [graph.constant(new Float32Array(9), [1, 1, 3, 3])], [1, 1, 3, 3]);
    graph.output(graph.node('Conv', [x, kernel], ['N', 1, 6, 6], { attributes: { kernel_shape: [3, 3] } }), 'logits');
    expect(modelMultiplyAdds(encodeModel(graph), { width: 8, height: 8 })).toBeUndefined();
  });

  it('is refused for what is not a model', () => {
    expect(() => modelMultiplyAdds(new TextEncoder().encode('no model'), { width: 8, height: 8, where: 'x.onnx' })).toThrow(
      'x.onnx is not an ONNX model',
    );
  });
});
