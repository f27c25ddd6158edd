/** The train command on a small data set of class folders: what it writes, and that stopping it anywhere changes nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { threadsFor } from '#dist/apps/train/train.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { parseCard } from '#dist/core/card.js';
import { type Checkpoint, encodeCheckpoint, loadCheckpoint } from '#dist/node/train/checkpoint.js';
import { multiplyAdds } from '#dist/onnx/cost.js';
import { readWeights } from '#dist/onnx/decode.js';
import { dropoutMasks } from '#dist/train/mask.js';
import { NETWORKS, networkNamed } from '#dist/train/networks/index.js';
import { countParameters, inferenceGraph } from '#dist/train/program.js';
import { writeClassFolders } from './fixtures/class-folders.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
let root: string;
let data: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phiz-train-'));
  data = join(root, 'data');
  await writeClassFolders(data);
});
afterAll(() => rm(root, { recursive: true, force: true }));

function start(out: string, ...more: string[]): ChildProcess {
  const sources = more.includes('--data') ? [] : ['--data', data];
  const flags = [...sources, '--out', out, '--epochs', '3', '--batch', '8', '--seed', '4', '--threads', '2'];
  return spawn(process.execPath, [MAIN, 'train', 'emotion', ...flags, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits for the end; gives exit code and what was printed. */
async function finish(child: ChildProcess) {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code: code as number | null, stdout, stderr };
}

describe('phiz train', () => {
  it('trains own classes and writes model, card, log, curve and checkpoint', async () => {
    const out = join(root, 'whole');
    const { code, stdout, stderr } = await finish(start(out));
    expect(stderr).toContain('best accuracy');
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.epoch)).toEqual([1, 2, 3]);
    expect(lines[0]).toMatchObject({ trainLoss: expect.any(Number), validationAccuracy: expect.any(Number) });
    expect((await readFile(join(out, 'log.ndjson'), 'utf8')).trim().split('\n')).toHaveLength(3);
    expect((await readdir(out)).sort()).toEqual([
      'checkpoint.bin',
      'emotion.json',
      'emotion.onnx',
      'learning-curve.png',
      'learning-curve.svg',
      'log.ndjson',
    ]);
    const card = parseCard(JSON.parse(await readFile(join(out, 'emotion.json'), 'utf8')), 'emotion.json');
    expect(card.labels).toEqual(['dark', 'light']);
    expect(card.task).toBe('classes');
    expect(card.training?.command).toContain('train emotion --data');
    expect(card.training?.seed).toBe(4);
  });

  for (const [signal, what] of [
    ['SIGKILL', 'killed'],
    ['SIGINT', 'interrupted'],
  ] as const)
    it(`ends with the same weights when ${what} in between and resumed`, async () => {
      const out = join(root, what);
      const child = start(out);
      const ended = finish(child);
      await once(child.stdout!, 'data');
      child.kill(signal);
      const { code, stderr } = await ended;
      if (signal === 'SIGINT') {
        expect(code).toBe(1);
        expect(stderr).toContain('--resume');
      }
      const before = await loadCheckpoint(join(out, 'checkpoint.bin'));
      expect(before.epoch).toBeLessThan(3);
      const resumed = await finish(start(out, '--resume'));
      expect(resumed.code).toBe(0);
      const [whole, parts] = await Promise.all(['whole', what].map((name) => loadCheckpoint(join(root, name, 'checkpoint.bin'))));
      expect(parts!.parameters).not.toEqual({});
      // Weights, optimiser and average, as the bytes of a checkpoint: comparing hundreds of thousands of numbers one by one takes long.
      const bytes = ({ parameters, optimiser, average }: Checkpoint) =>
        Buffer.from(encodeCheckpoint({ ...whole!, parameters, optimiser, average }));
      expect(bytes(parts!).equals(bytes(whole!))).toBe(true);
    });

  it('starts at the beginning, and says so, when resumed before the first checkpoint', async () => {
    const { code, stderr } = await finish(start(join(root, 'early'), '--resume', '--epochs', '1'));
    expect(code).toBe(0);
    expect(stderr).toContain('no checkpoint');
  });

  it('goes on from the weights of a trained model, and starts afresh what does not fit', async () => {
    const model = join(root, 'whole', 'emotion.onnx');
    const flags = ['--from', model, '--epochs', '1', '--rate', '0.000001', '--light-augment'];
    const out = join(root, 'second');
    const { code, stdout } = await finish(start(out, ...flags));
    expect(code).toBe(0);
    const before = readWeights(await readFile(model), model);
    const after = readWeights(await readFile(join(out, 'emotion.onnx')), out);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    const kernel = after['conv3.kernel']!.data;
    expect(Math.max(...kernel.map((w, i) => Math.abs(w - before['conv3.kernel']!.data[i]!)))).toBeLessThan(1e-4);
    expect(JSON.parse(stdout).epoch).toBe(1);
    const card = parseCard(JSON.parse(await readFile(join(out, 'emotion.json'), 'utf8')), out);
    expect(card.training?.command).toContain('--rate 0.000001 --light-augment');
    expect(card.provenance).toContain(`beginning with the weights of ${model}`);
    expect(card.licence).toBe('weights: as the terms of the training images allow; code: MIT');

    const third = join(root, 'data3');
    for (const part of ['train', 'val'])
      for (const label of ['a', 'b', 'c']) await cp(join(data, part, 'dark'), join(third, part, label), { recursive: true });
    const wider = await finish(start(join(root, 'third'), '--data', third, ...flags));
    expect(wider.stderr).toContain('starting afresh: dense1.kernel, dense1.bias');
    expect(wider.code).toBe(0);
  });

  it('trains on several data sets of the same classes, each as often as its weight says and judged by itself', async () => {
    // The same classes under the same names, the folders of one in another order of size.
    const second = join(root, 'second-set');
    for (const part of ['train', 'val'])
      for (const label of ['light', 'dark']) await cp(join(data, part, label), join(second, part, label), { recursive: true });
    const out = join(root, 'joined');
    const both = ['--data', data, '--data', second, '--weight', '1', '--weight', '0.5', '--epochs', '1'];
    const { code, stderr } = await finish(start(out, ...both));
    expect(code, stderr).toBe(0);
    const card = parseCard(JSON.parse(await readFile(join(out, 'emotion.json'), 'utf8')), 'emotion.json');
    expect(card.training!.data.map(({ name, samples }) => [name, samples])).toEqual([
      ['data', 40],
      ['second-set', 40],
    ]);
    expect(card.training!.command).toContain(`--data ${data} --data ${second}`);
    expect(card.training!.command).toContain('--weight 1 --weight 0.5');
    const log = JSON.parse((await readFile(join(out, 'log.ndjson'), 'utf8')).split('\n')[0]!);
    expect(log['validationAccuracy data']).toBe(log['validationAccuracy second-set']);
    const other = join(root, 'other');
    for (const part of ['train', 'val']) await cp(join(data, part, 'dark'), join(other, part, 'dim'), { recursive: true });
    for (const part of ['train', 'val']) await cp(join(data, part, 'dark'), join(other, part, 'dark'), { recursive: true });
    const refused = await finish(start(join(root, 'refused'), '--data', data, '--data', other));
    expect(refused.stderr).toContain('other has the classes dark, dim where the first data set has dark, light');
    expect(refused.code).toBe(1);
  });

  it('refuses to resume with other settings', async () => {
    for (const [flags, message] of [
      [['--seed', '5'], /seed 4.*asks for 5/],
      [['--balance', '1'], /balance 0.*asks for 1/],
      [['--light-augment'], /augment \{.*asks for \{/],
    ] as const) {
      const { code, stderr } = await finish(start(join(root, 'whole'), '--resume', ...flags));
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
    }
  });

  it("names the file that --distil needs, and a network that cannot learn others' answers", async () => {
    const missing = await finish(start(join(root, 'untaught'), '--distil', '0.5'));
    expect(missing.stderr).toContain(`${join(data, 'targets.json')} is missing`);
    expect(missing.code).toBeGreaterThan(0);
    const age = await finish(spawn(process.execPath, [MAIN, 'train', 'age', '--data', data, '--out', root, '--distil', '0.5']));
    expect(age.stderr).toContain('distil is for networks that tell classes; age is none');
    expect(age.code).toBe(2);
  });

  it('names an unknown network and an empty folder', async () => {
    const empty = join(root, 'empty');
    await mkdir(empty);
    await writeFile(join(empty, 'notes.txt'), 'nothing here');
    const run = (network: string, dir: string) =>
      finish(spawn(process.execPath, [MAIN, 'train', network, '--data', dir, '--out', join(root, 'no')]));
    const [unknown, none] = await Promise.all([run('huge', data), run('emotion', empty)]);
    expect(unknown.stderr).toContain("no network 'huge'");
    expect(unknown.code).toBeGreaterThan(0);
    expect(none.stderr).toContain(empty);
    expect(none.code).toBe(1);
  });

  it('names an emotion that FER-2013 lacks images of, and a part that is missing', async () => {
    const [gap, half, unjudged] = [join(root, 'gap'), join(root, 'half'), join(root, 'unjudged')];
    const put = async (path: string) => {
      await mkdir(dirname(path), { recursive: true });
      await cp(join(data, 'train/dark/0.png'), path);
    };
    for (const [i, emotion] of EMOTIONS.entries()) {
      if (emotion !== 'fear') await put(join(gap, 'train', emotion, `Training_0000${i}.png`));
      await put(join(unjudged, 'train', emotion, `Training_0000${i}.png`));
      for (const usage of emotion === 'fear' ? ['PublicTest'] : ['PublicTest', 'PrivateTest'])
        await put(join(unjudged, 'test', emotion, `${usage}_0001${i}.png`));
      for (const dir of [gap, half]) await put(join(dir, 'test', emotion, `PublicTest_0000${i}.png`));
    }
    const run = (dir: string, network = 'emotion') =>
      finish(spawn(process.execPath, [MAIN, 'train', network, '--data', dir, '--out', join(root, 'no')]));
    const [missing, untrained, blind] = await Promise.all([run(gap), run(half), run(unjudged, 'small')]);
    expect(blind).toMatchObject({ code: 1, stderr: expect.stringContaining("has no images of 'fear' in PrivateTest") });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("gap has no images of 'fear' in Training") });
    expect(untrained).toMatchObject({ code: 1, stderr: expect.stringContaining('half needs images to train on') });
  });
});

describe('threadsFor', () => {
  it('shares a batch out evenly, whatever the number of cores', () => {
    const threads = (parallel: 'samples' | 'operators', batch: number) =>
      [1, 2, 3, 6, 12, 20, 64, 100].map((cores) => threadsFor({ parallel, batch }, cores));
    expect(threads('samples', 64)).toEqual([1, 2, 2, 4, 8, 16, 64, 64]);
    expect(threads('samples', 30)).toEqual([1, 2, 3, 6, 10, 15, 30, 30]);
    expect(threads('operators', 64)).toEqual([1, 2, 3, 6, 12, 20, 64, 100]);
  });
});

describe('networks', () => {
  it("has the report's parameter counts", () => {
    expect(countParameters(networkNamed('small'), 7)).toBe(2_863_495);
    expect(countParameters(networkNamed('big'), 7)).toBe(4_474_759);
  });

  it('keeps the detector within 150,000 parameters, emotion and age together within 120 M multiply-adds', () => {
    expect(countParameters(networkNamed('detector'), 0)).toBeLessThanOrEqual(150_000);
    const cost = (name: string, classes: number) => multiplyAdds(inferenceGraph(networkNamed(name), { classes }).graph);
    expect(cost('emotion', 7) + cost('age', 116)).toBeLessThanOrEqual(120e6);
  });

  it('counts multiply-adds as by hand: a dense layer of the small network, and its convolutions', () => {
    const { graph } = inferenceGraph(networkNamed('small'), { classes: 7 });
    const convolutions = 64 * 9 * 48 * 48 + 128 * 64 * 25 * 24 * 24 + 256 * 128 * 9 * 12 * 12;
    expect(multiplyAdds(graph)).toBe(convolutions + 256 * 36 * 256 + 256 * 7);
  });

  it('has names of its own', () => {
    expect(new Set(NETWORKS.map((n) => n.name)).size).toBe(NETWORKS.length);
  });
});

describe('dropout masks', () => {
  const specs = [
    { name: 'mask1', dims: [50, 41], rate: 0.25 },
    { name: 'mask2', dims: [100, 30], rate: 0.4 },
  ];

  it('drop about their rate, and nothing but 0 and 1 comes out', () => {
    const masks = dropoutMasks(specs, 1, 2, 0);
    for (const { name, rate } of specs) {
      const { data: bytes } = masks[name]!;
      expect(new Set(bytes)).toEqual(new Set([0, 1]));
      const dropped = bytes.filter((b) => b === 0).length / bytes.length;
      expect(Math.abs(dropped - rate)).toBeLessThan(0.04);
    }
  });

  it('are a function of their integers', () => {
    expect(dropoutMasks(specs, 1, 2, 0)).toEqual(dropoutMasks(specs, 1, 2, 0));
    for (const other of [
      [1, 3, 0],
      [2, 2, 0],
      [1, 2, 1],
    ])
      expect(dropoutMasks(specs, ...other).mask1).not.toEqual(dropoutMasks(specs, 1, 2, 0).mask1);
  });
});
