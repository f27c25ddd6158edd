import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfig } from '#dist/apps/train/resume.js';
import { type Checkpoint, encodeCheckpoint, loadCheckpoint, saveCheckpoint } from '#dist/node/train/checkpoint.js';
import { adam } from '#dist/train/optimiser.js';
import { reduceOnPlateau } from '#dist/train/schedule.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A run that has done two updates. */
function example(): Checkpoint {
  const parameters = {
    'conv1.kernel': { dims: [2, 1, 1, 3], data: Float32Array.of(0.1, -0.2, 3e-20, 4, 5, 6) },
    'conv1.bias': { dims: [2], data: Float32Array.of(-0, 1e30) },
  };
  const arrays = { 'conv1.kernel': parameters['conv1.kernel'].data, 'conv1.bias': parameters['conv1.bias'].data };
  const optimiser = adam();
  const state = optimiser.init(arrays);
  for (let i = 0; i < 2; i++) optimiser.update(arrays, { 'conv1.bias': Float32Array.of(1, 2) }, state, { learningRate: 1e-3 });
  return {
    epoch: 3,
    step: 17,
    seed: 42,
    config: { network: 'small', batch: 64, labels: ['Ärger', 'joy'] },
    schedule: reduceOnPlateau({ rate: 1e-3 }).start(),
    best: { epoch: 2, value: 0.61, parameters: { 'conv1.bias': Float32Array.of(7, 8) } },
    notes: { history: [{ loss: 1.5 }] },
    parameters,
    optimiser: state,
    average: { 'conv1.bias': Float32Array.of(9, 10) },
  };
}

type Header = Readonly<Record<string, unknown>>;

/** A checkpoint with another header, and the checksum of the whole put right. */
function withHeader(bytes: Uint8Array, change: (header: Header) => object): Uint8Array {
  const file = Buffer.from(bytes);
  const start = 12 + file.readUInt32LE(8);
  let json = Buffer.from(JSON.stringify(change(JSON.parse(file.toString('utf8', 12, start)))));
  json = Buffer.concat([json, Buffer.alloc((4 - (json.length % 4)) % 4, ' ')]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const body = Buffer.concat([file.subarray(0, 8), length, json, file.subarray(start, -32)]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

describe('a checkpoint', () => {
  it('comes back bit for bit', async () => {
    const path = join(folder, 'run.checkpoint');
    await saveCheckpoint(path, example());
    expect(await loadCheckpoint(path)).toEqual(example());
    expect(await readdir(folder)).toEqual(['run.checkpoint']);
  });

  it('comes back without what a run does not keep', async () => {
    const path = join(folder, 'run.checkpoint');
    const sparse: Checkpoint = {
      ...example(),
      best: null,
      average: null,
      parameters: {},
      optimiser: { slots: { velocity: {} }, step: 0 },
    };
    await saveCheckpoint(path, sparse);
    expect(await loadCheckpoint(path)).toEqual(sparse);
    const plainBest: Checkpoint = { ...sparse, best: { epoch: 1, value: 0.5 } };
    await saveCheckpoint(path, plainBest);
    expect(await loadCheckpoint(path)).toEqual(plainBest);
  });

  it('goes on exactly where the run stopped', async () => {
    const path = join(folder, 'run.checkpoint');
    const before = example();
    await saveCheckpoint(path, before);
    const after = await loadCheckpoint(path);
    const step = (checkpoint: Checkpoint): Float32Array => {
      const bias = checkpoint.parameters['conv1.bias']!.data;
      adam().update({ 'conv1.bias': bias }, { 'conv1.bias': Float32Array.of(3, 4) }, checkpoint.optimiser, {
        learningRate: 0.01,
      });
      return bias;
    };
    expect(step(after)).toEqual(step(before));
  });

  it('is refused when cut off anywhere, or changed anywhere', async () => {
    const path = join(folder, 'run.checkpoint');
    const whole = encodeCheckpoint(example());
    for (const length of [0, 4, 12, 40, Math.floor(whole.length / 2), whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length));
      await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'invalid-data', message: expect.stringContaining(path) });
    }
    for (const at of [0, 9, 20, whole.length - 40, whole.length - 1]) {
      const changed = Uint8Array.from(whole);
      changed[at] = changed[at]! ^ 1;
      await writeFile(path, changed);
      await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'invalid-data' });
    }
  });

  it.each([
    ['no object', () => [1, 2]],
    ['a text for a number', (header: Header) => ({ ...header, epoch: '3' })],
    ['a step below 0', (header: Header) => ({ ...header, step: -1 })],
    ['no arrays', ({ arrays: _, ...header }: Header) => header],
    ['an offset below 0', (header: Header) => ({ ...header, arrays: [{ group: 'a', name: 'b', dims: [1], offset: -4 }] })],
    ['a size that is none', (header: Header) => ({ ...header, arrays: [{ group: 'a', name: 'b', dims: [1e300], offset: 0 }] })],
    ['slots that are none', (header: Header) => ({ ...header, optimiser: { step: 1, slots: 'velocity' } })],
    ['a configuration that is a list', (header: Header) => ({ ...header, config: [1] })],
  ])('is refused whose header has %s, although its checksum fits', async (_, change: (header: Header) => object) => {
    const path = join(folder, 'run.checkpoint');
    await writeFile(path, withHeader(encodeCheckpoint(example()), change));
    await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'invalid-data', message: expect.stringContaining(path) });
    // The change alone is to blame.
    await writeFile(
      path,
      withHeader(encodeCheckpoint(example()), (header) => header),
    );
    expect(await loadCheckpoint(path)).toEqual(example());
  });

  it('is named when it is missing', async () => {
    await expect(loadCheckpoint(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(loadCheckpoint(folder)).rejects.toMatchObject({ code: 'unreadable-file' });
  });

  it('stays when the next one cannot be written', async () => {
    const path = join(folder, 'run.checkpoint');
    await saveCheckpoint(path, example());
    const before = await readFile(path);
    const broken = example();
    const bad = { ...broken, parameters: { a: { dims: [3], data: new Float32Array(2) } } };
    await expect(saveCheckpoint(path, bad)).rejects.toMatchObject({ code: 'invalid-data' });
    expect(await readFile(path)).toEqual(before);
  });
});

it('a run resumed with other epochs is told how to go on', () => {
  const told = (saved: Record<string, unknown>) => () => checkConfig(saved, { epochs: 40, seed: 1 });
  expect(told({ epochs: 30, seed: 1 })).toThrow(
    /made with epochs 30, this run asks for 40; .*resume without --epochs, then .*--from/,
  );
  expect(told({ epochs: 40, seed: 2 })).toThrow(/made with seed 2, this run asks for 1; use the same or start anew/);
  expect(told({ seed: 1 })).not.toThrow();
});
