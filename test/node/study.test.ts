import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { readImage } from '#dist/node/images/read-image.js';
import { createClipWriter } from '#dist/node/video/write-clip.js';
import { LIGHT_GREY, WHITE, writeTinyEmotion } from './fixtures/tiny-models.js';

/** The study in a small world of its own: tiny networks in the roles of the report's, an image of each class, a short clip. */
const root = fileURLToPath(new URL('../../', import.meta.url));
let world: string;

const study = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = { ...process.env, PHIZ_DATA: '', PHIZ_CACHE: join(world, 'cache') };
    const script = join(root, 'build/scripts/study.js');
    const places = [
      '--data',
      'data',
      '--weights',
      'weights',
      '--out',
      'docs/study',
      '--page',
      'docs/study.md',
      '--clip',
      'clip.mp4',
    ];
    execFile(process.execPath, [script, ...places, ...args], { cwd: world, env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

const epoch = (number: number, trainLoss: number, validationLoss: number, validationAccuracy: number) =>
  `${JSON.stringify({ epoch: number, trainLoss, validationLoss, trainAccuracy: 0.9, validationAccuracy, publicAccuracy: validationAccuracy })}\n`;

beforeAll(async () => {
  world = await mkdtemp(join(tmpdir(), 'phiz-study-'));
  await writeTinyEmotion(join(world, 'runs/small'), { name: 'small', epochs: 3 });
  await writeTinyEmotion(join(world, 'docs/study/models/small-balanced'), { name: 'small', happy: 'disgust' });
  await writeTinyEmotion(join(world, 'models'), { happy: 'surprise' });
  const log = epoch(1, 1.5, 1.2, 0.6) + epoch(2, 1, 1.1, 0.63) + epoch(3, 0.5, 1.4, 0.61);
  await writeFile(join(world, 'runs/small/log.ndjson'), log);

  const put = async (path: string, value: number): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await sharp(new Uint8Array(48 * 48).fill(value), { raw: { width: 48, height: 48, channels: 1 } }).toFile(path);
  };
  await put(join(world, 'data/fer2013/train/happy/Training_0.png'), WHITE);
  for (const [i, emotion] of EMOTIONS.entries())
    for (const [usage, first] of [
      ['PublicTest', 1],
      ['PrivateTest', 8],
    ] as const)
      await put(
        join(world, `data/fer2013/test/${emotion}/${usage}_${first + i}.png`),
        ['happy', 'disgust'].includes(emotion) ? WHITE : LIGHT_GREY,
      );

  const faces = await readImage(join(root, 'samples/faces.png'));
  const facts = { width: faces.width, height: faces.height, frameRate: 10 };
  await using writer = await createClipWriter({ path: join(world, 'clip.mp4'), facts });
  for (let i = 0; i < 6; i++) await writer.add(faces, i / 10, 1 / 10);
  await writer.finish();
  await writeFile(join(world, 'clip.truth.csv'), 'start,end,label\n0,0.6,sad\n');

  await mkdir(join(world, 'docs'), { recursive: true });
  await writeFile(join(world, 'docs/study.md'), await readFile(join(root, 'docs/study.md')));
});
afterAll(() => rm(world, { recursive: true, force: true }));

it('does what can be done, says what cannot, and fills the page', async () => {
  const { code, out, err } = await study();
  expect(err).toContain('phiz: wrote docs/study/comparison.json');
  expect(code).toBe(0);
  expect(out).toContain('pull: skipped, weights is not there');
  expect(out).toMatch(/import: skipped, .*phiz models pull mini-xception/);
  expect(out).toContain('compare: without the big model (runs/big/big.onnx or docs/study/models/big/big.onnx is not there yet)');
  expect(out).toMatch(/detectors: skipped, /);

  const page = await readFile(join(world, 'docs/study.md'), 'utf8');
  const committed = await readFile(join(root, 'docs/study.md'), 'utf8');
  const prose = (text: string) => text.replaceAll(/(<!-- study:(\w+) -->)[\s\S]*?(<!-- \/study:\2 -->)/g, '$1$3');
  expect(prose(page)).toBe(prose(committed));
  // Of 14 images the small network has happy and sad right, the balanced one disgust and sad.
  expect(page).toMatch(/\| small +\| +28\.6 % \|/);
  expect(page).toMatch(/\| disgust +\| +0\.0 % \[0\.0, 65\.8\] \| 100\.0 % \[34\.2, 100\.0\] \|/);
  // 0.621 and 0.627 are the report's.
  expect(page).toMatch(/0\.621 \| +0\.610 \(−0\.011\) \| +0\.627 \| +0\.630 \(\+0\.003\), epoch 2 \| +epoch 2 \|/);
  expect(page).toMatch(/\| small +\| +0\.903 \/ 0\.900 \| +0\.348 \/ 0\.500 \| +1\.143 \/ 1\.400 \| +1\.058 \/ 1\.100 \|/);
  expect(page).toMatch(/validation loss 1\.100 in epoch 2, 1\.400 in epoch 3; training loss 1\.000 and 0\.500 +\| yes/);
  expect(page).toMatch(/Disgust is weak because it is rare.* small 0\.0 % .* small \(small-balanced\) 100\.0 % .*\| not shown/);
  expect(page).toContain('](study/learning-curve-small.svg)');
  expect(page).not.toContain('learning-curve-small-small-balanced');
  expect(page).toContain('](study/clip-clip.svg)');
  expect(page).not.toMatch(/undefined|NaN/);
});

it('does nothing twice unless told to', async () => {
  const before = await readFile(join(world, 'docs/study.md'), 'utf8');
  const { code, out } = await study();
  expect(code).toBe(0);
  expect(out).toContain('compare: skipped, docs/study is of these models');
  expect(await readFile(join(world, 'docs/study.md'), 'utf8')).toBe(before);
  // More epochs in a log make it due again; so does another model in one of the roles, but not one that is gone.
  const log = join(world, 'runs/small/log.ndjson');
  const epochs = await readFile(log, 'utf8');
  await writeFile(log, epochs + epoch(4, 0.4, 1.5, 0.6));
  expect((await study('--only', 'compare')).out).toContain('$ phiz compare runs/small/small.onnx');
  await writeFile(log, epochs);
  await rename(join(world, 'models'), join(world, 'gone'));
  expect((await study('--only', 'compare')).out).toContain('compare: skipped, docs/study also shows the ours model');
  await rename(join(world, 'gone'), join(world, 'models'));
  await writeTinyEmotion(join(world, 'models'), { happy: 'happy' });
  expect((await study('--only', 'compare')).out).toContain('$ phiz compare runs/small/small.onnx');
});

it('fills in the detectors, and judges what the report says of them', async () => {
  const one = (name: string, averagePrecision: number, milliseconds: number, megabytes: number, more: object) => ({
    name,
    version: '1',
    averagePrecision,
    interval: [averagePrecision - 0.02, averagePrecision + 0.02],
    averagePrecision30: averagePrecision,
    recall: 0.9,
    recallAt: [{ falsePositives: 100, recall: 0.8, score: 0.5 }],
    milliseconds: { median: milliseconds, low: milliseconds, high: milliseconds },
    peakMemory: megabytes * 1e6,
    curve: [{ score: 1, precision: 1, recall: 0.5 }],
    ...more,
  });
  const detectors: object[] = [
    one('detector', 0.9, 10, 100, { parameters: 1e5, multiplyAdds: 2e8 }),
    one('mtcnn', 0.92, 40, 90, { parameters: 5e5, multiplyAdds: 3e9 }),
    one('opencv-ssd', 0.8, 20, 130, { parameters: 2e6, multiplyAdds: 2e9 }),
    one('haar', 0.79, 30, 110, { parameters: null, multiplyAdds: null }),
  ];
  const facts = { data: 'FDDB', images: 10, faces: 12, scoreThreshold: 0.02, threads: 2, machine: 'a machine' };
  const file = join(world, 'docs/study/detectors/detectors.json');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ ...facts, readingMemory: 5e7, detectors, leftOut: [] }));
  expect((await study('--only', 'page')).code).toBe(0);
  const page = await readFile(join(world, 'docs/study.md'), 'utf8');
  expect(page).toMatch(/\| haar +\| +0\.790 \| +\[0\.770, 0\.810\] /);
  expect(page).toContain('](study/detectors/precision-recall.svg)');
  expect(page).toMatch(
    /than its Haar cascade\. +\| average precision: opencv-ssd 0\.800 \[0\.780, 0\.820\], haar .* \| not shown/,
  );
  expect(page).toMatch(/than MTCNN\. +\| .*20\.0 against 40\.0 ms, 130 against 90\.0 MB, 2,000 against 3,000 .* \| in part/);
  expect(page).not.toContain('frame of video');
  expect(page).toMatch(/the one to take\. +\| .*: detector \(0\.900, 10\.0 ms\) +\| no /);
  // Those of the networks are still there.
  expect(page).toMatch(/Disgust is weak because it is rare/);

  // Without pulled weights only our own detector can be run on the larger image.
  const { code, out } = await study('--only', 'frame', '--only', 'page');
  expect([code, out]).toEqual([0, expect.stringContaining('frame: docs/study/detectors/frame.json')]);
  const enlarged = JSON.parse(await readFile(join(world, 'docs/study/detectors/frame.json'), 'utf8'));
  expect(enlarged).toMatchObject({ faces: 7 * 15, detectors: [{ name: 'detector', recall: 1 }] });
  expect(await readFile(join(world, 'docs/study.md'), 'utf8')).toMatch(/1280×769 pixels, seven faces\.[^|]*\| detector \|/);
});

it('refuses a step that it does not know', async () => {
  const { code, err } = await study('--only', 'everything');
  expect([code, err]).toEqual([2, "no step 'everything'; steps are pull, import, compare, detectors, frame, page\n"]);
});
