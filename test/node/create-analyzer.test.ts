import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Image } from '#dist/core/image.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { loadModel } from '#dist/node/models/models.js';
import { cellsImage, LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

let folder: string;
let models: Awaited<ReturnType<typeof writeTinyModels>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-analyzer-'));
  models = await writeTinyModels(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const image: Image = {
  width: 320,
  height: 192,
  channels: 3,
  data: cellsImage(320, 192, [
    [1, 1, WHITE],
    [6, 3, LIGHT_GREY],
  ]),
};

it('finds and reads the faces of a image', async () => {
  await using analyzer = await createAnalyzer({ ...models, threads: 1 });
  const { faces, models: used } = await analyzer.analyze(image);
  expect(faces).toHaveLength(2);
  const white = faces.find(({ box }) => box.x === 32)!;
  expect(white.box).toEqual({ x: 32, y: 32, width: 32, height: 32 });
  expect(white.emotion.label).toBe('happy');
  expect(white.emotion.confidence).toBeCloseTo(Math.exp(10) / (Math.exp(10) + Math.exp(7) + 5), 4);
  expect(faces.find(({ box }) => box.x === 192)!.emotion.label).toBe('sad');
  expect(white.age.range).toBe('28-45');
  expect(white.age.years).toBeCloseTo(30, 3);
  expect(used.detector).toEqual({ name: 'detector', version: '1.0.0' });
});

it('gives each face of a batch the same as alone', async () => {
  await using analyzer = await createAnalyzer({ ...models, threads: 1 });
  const both = await analyzer.analyze(image);
  const alone = { ...image, data: cellsImage(320, 192, [[6, 3, LIGHT_GREY]]) };
  expect((await analyzer.analyze(alone)).faces[0]!.emotion).toEqual(both.faces.find(({ box }) => box.x === 192)!.emotion);
});

it('shares nothing between two analyzers', async () => {
  const memory = { detector: await loadModel(models.detector), emotion: await loadModel(models.emotion) };
  const first = await createAnalyzer({ ...models, ...memory, threads: 1, maxFaces: 1 });
  const second = await createAnalyzer({ ...models, ...memory, threads: 1 });
  expect((await first.analyze(image)).faces).toHaveLength(1);
  await first.dispose();
  expect((await second.analyze(image)).faces).toHaveLength(2);
  await second.dispose();
});

it('names what is wrong before any image comes', async () => {
  const attempt = async (options: Parameters<typeof createAnalyzer>[0]) => {
    const error = await createAnalyzer({ ...models, ...options }).catch((e: unknown) => e as Error & { code: string });
    return error instanceof Error ? `${error.code}: ${error.message}` : 'created';
  };
  expect(await attempt({ detector: join(folder, 'none.onnx') })).toMatch(/^model-not-found: .*none\.onnx/);
  expect(await attempt({ emotion: models.age })).toMatch(/^model-mismatch: model 'age' is for 'age', not for 'emotion'/);
  expect(await attempt({ detector: models.emotion })).toMatch(/^model-mismatch: /);
  expect(await attempt({ threads: 0 })).toMatch(/^invalid-option: threads .* got 0/);
  expect(await attempt({ detectSize: 1 })).toMatch(/^invalid-option: detectSize .* got 1/);
  expect(await attempt({ device: 'gpu' as 'cpu' })).toMatch(/^invalid-option: device .*'gpu'/);
  const wide = await loadModel(models.emotion);
  const card = { ...wide.card, task: 'classes' as const, labels: ['cat', 'dog'] };
  expect(await attempt({ emotion: { ...wide, card } })).toMatch(/^model-mismatch: .*cat, dog/);
  expect(await attempt({ emotion: { ...wide, bytes: wide.bytes.slice(0, 50) } })).toMatch(
    /^model-damaged: .*emotion\.onnx: ONNX Runtime/,
  );
});
