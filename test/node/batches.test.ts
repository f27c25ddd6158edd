import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { random } from '#dist/core/random.js';
import { boxToAffine, warp } from '#dist/core/resample.js';
import { createBatchStream } from '#dist/node/data/batch-stream.js';
import { type BatchThreadsOptions, createBatchThreads } from '#dist/node/data/batch-threads.js';
import { NO_AUGMENT } from '#dist/train/augment.js';
import type { Batch, BatchStream } from '#dist/train/batch.js';
import { type BatchOptions, countSteps, createBatchMaker, epochOrder, type PackedSamples } from '#dist/train/data/batches.js';
import { createPackBuilder, imageAt, shared } from '#dist/train/data/pack.js';

/** `count` noisy images whose class is index % 3 and whose target says the index, so that a batch tells what is in it. */
function samples(count: number, channels: 1 | 3 = 1): PackedSamples {
  const builder = createPackBuilder(count);
  const targets = shared(Float32Array, count * 2);
  const classes = shared(Uint16Array, count);
  for (let i = 0; i < count; i++) {
    const r = random(i, channels);
    const [width, height] = [10 + (i % 3), 12];
    const data = Uint8Array.from({ length: width * height * channels }, () => r.integer(256));
    builder.put(i, { width, height, channels, data });
    targets.set([i, 1], i * 2);
    classes[i] = i % 3;
  }
  return { pack: builder.finish().pack, targets, classes };
}

const input = { channels: 1, width: 8, height: 8, mean: 127.5, scale: 1 / 64 } as const;
const training: BatchOptions = { mode: 'training', input, batchSize: 4, seed: 11 };
const shown = (batch: Batch) => Array.from({ length: batch.size }, (_, n) => batch.feeds.target!.data[n * 2]!);

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const stream of open.splice(0)) await stream.close();
});
function stream(...args: Parameters<typeof createBatchStream>): BatchStream {
  const made = createBatchStream(...args);
  open.push(made);
  return made;
}

describe('batches', () => {
  it('of validation are the samples in order, plainly resized and normalised, the last batch smaller', () => {
    const data = samples(10);
    const make = createBatchMaker(data, { mode: 'validation', input, batchSize: 4, view: { cover: 1.2 } });
    const batches = [0, 1, 2].map((step) => make(0, step));
    expect(batches.map(({ size }) => size)).toEqual([4, 4, 2]);
    expect(batches[2]!.feeds.input!.dims).toEqual([2, 1, 8, 8]);
    expect(batches[2]!.feeds.target!.dims).toEqual([2, 2]);
    expect(batches.flatMap(shown)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const image = imageAt(data.pack, 5);
    const side = Math.min(image.width, image.height) * 1.2;
    const box = { x: (image.width - side) / 2, y: (image.height - side) / 2, width: side, height: side };
    const plain = new Float32Array(64);
    warp(image, boxToAffine(box, 8, 8), input, plain);
    const got = batches[1]!.feeds.input!.data.subarray(64, 128);
    for (let i = 0; i < 64; i++) expect(got[i]).toBeCloseTo((plain[i]! - 127.5) / 64, 4);
    expect(() => make(0, 3)).toThrow(/no step 3: an epoch has 3/);
  });

  it('of training without augmentation are the same images as of validation, shuffled', () => {
    const data = samples(8, 3);
    const colour = { ...input, channels: 3 } as const;
    const make = createBatchMaker(data, { mode: 'training', input: colour, batchSize: 8, augment: NO_AUGMENT });
    const plain = createBatchMaker(data, { mode: 'validation', input: colour, batchSize: 8 })(0, 0);
    const batch = make(0, 0);
    for (const [n, index] of shown(batch).entries())
      for (let i = 0; i < 192; i++)
        expect(batch.feeds.input!.data[n * 192 + i]).toBeCloseTo(plain.feeds.input!.data[index * 192 + i]!, 3);
  });

  it('show each sample once an epoch in another order each epoch and seed', () => {
    const data = samples(12);
    const make = createBatchMaker(data, { ...training, augment: { mixup: 0 } });
    const epoch = (e: number) => [0, 1, 2].flatMap((step) => shown(make(e, step)));
    const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
    expect(sorted(epoch(0))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(sorted(epoch(1))).toEqual(sorted(epoch(0)));
    expect(epoch(1)).not.toEqual(epoch(0));
    expect(epoch(0)).toEqual([...epochOrder(data.classes, 11, 0)]);
    expect(epoch(0)).not.toEqual([...epochOrder(data.classes, 12, 0)]);
  });

  it('can show the classes equally often, no sample twice before all of its class', () => {
    const classes = Uint16Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : i < 95 ? 1 : 4));
    const counts = (balance: number) => {
      const order = [...epochOrder(classes, 1, 0, balance)];
      expect(order).toHaveLength(100);
      return [0, 1, 4].map((label) => order.filter((index) => classes[index] === label).length);
    };
    expect(counts(0)).toEqual([80, 15, 5]);
    expect(Math.max(...counts(1)) - Math.min(...counts(1))).toBeLessThanOrEqual(1);
    const [half] = counts(0.5);
    expect(half).toBeGreaterThan(40);
    expect(half).toBeLessThan(70);
    const times = new Map<number, number>();
    for (const index of epochOrder(classes, 1, 0, 1)) times.set(index, (times.get(index) ?? 0) + 1);
    for (let index = 0; index < 80; index++) expect(times.get(index) ?? 0).toBeLessThanOrEqual(1);
    for (let index = 80; index < 95; index++) expect([2, 3]).toContain(times.get(index));
  });

  it('mix inputs and targets alike', () => {
    const data = samples(4);
    data.targets.set([1, 0, 0, 1, 1, 0, 0, 1]);
    const batch = createBatchMaker(data, { ...training, augment: { ...NO_AUGMENT, mixup: 1 } })(0, 0);
    const first = shown(batch);
    expect(first.some((value) => value > 0.01 && value < 0.99)).toBe(true);
    for (let n = 0; n < 4; n++) expect(batch.feeds.target!.data[n * 2]! + batch.feeds.target!.data[n * 2 + 1]!).toBeCloseTo(1, 5);
  });

  it('refuse what cannot work', () => {
    const data = samples(10);
    expect(countSteps(10, { mode: 'training', batchSize: 4 })).toBe(2);
    expect(() => createBatchMaker(data, { ...training, batchSize: 11 })).toThrow(
      /a batch of 11 needs as many samples, there are 10/,
    );
    expect(() => createBatchMaker(data, { ...training, batchSize: 0 })).toThrow(/batch size .* got 0/);
    expect(() => createBatchMaker(data, { ...training, augment: { flip: -1 } })).toThrow(/flip/);
    expect(() => createBatchMaker(data, { ...training, view: { cover: 99 } })).toThrow(/cover/);
    expect(() => createBatchMaker({ ...data, classes: new Uint16Array(3) }, training)).toThrow(/do not fit/);
    expect(() => createBatchMaker(data, { ...training, balance: 2 })(0, 0)).toThrow(/balance must be from 0 to 1; got 2/);
    expect(() => createBatchStream(data, { ...training, workers: 0 })).toThrow(/workers .* got 0/);
  });
});

describe('batch streams', () => {
  it('give the same arrays for the same seed, epoch and step, whatever the order, workers and prefetch', async () => {
    const data = samples(22);
    const straight = stream(data, training);
    expect([straight.samples, straight.stepsPerEpoch]).toEqual([22, 5]);
    const expected = new Map<string, Batch>();
    for (let epoch = 0; epoch < 2; epoch++)
      for (let step = 0; step < 5; step++) expected.set(`${epoch} ${step}`, await straight.batch(epoch, step));
    const make = createBatchMaker(data, training);
    const other = stream(data, { ...training, workers: 2, prefetch: 3 });
    for (const [epoch, step] of [
      [1, 3],
      [0, 0],
      [0, 0],
      [1, 4],
      [0, 4],
      [1, 0],
      [0, 2],
      [1, 1],
    ] as const) {
      const batch = await other.batch(epoch, step);
      expect(batch).toEqual(expected.get(`${epoch} ${step}`));
      expect(batch).toEqual(make(epoch, step));
    }
    const inputs = [...expected.values()].map(({ feeds }) => feeds.input!.data.join());
    expect(new Set(inputs).size).toBe(10);
    const reseeded = await stream(data, { ...training, seed: 12 }).batch(0, 0);
    expect(reseeded.feeds.input!.data).not.toEqual(expected.get('0 0')!.feeds.input!.data);
  });

  it('go on over epochs and answer many asked for at once', async () => {
    const data = samples(9);
    const many = stream(data, { ...training, prefetch: 5, workers: 2 });
    const make = createBatchMaker(data, training);
    const asked = [0, 1, 2, 3].flatMap((epoch) => [0, 1].map((step) => ({ epoch, step })));
    const got = await Promise.all(asked.map(({ epoch, step }) => many.batch(epoch, step)));
    for (const [i, { epoch, step }] of asked.entries()) expect(got[i]).toEqual(make(epoch, step));
  });

  it('serve validation again and again', async () => {
    const data = samples(7);
    const checks = stream(data, { mode: 'validation', input, batchSize: 3 });
    for (let round = 0; round < 2; round++)
      for (let step = 0; step < 3; step++) {
        const batch = await checks.batch(0, step);
        expect(shown(batch)).toEqual([0, 1, 2, 3, 4, 5, 6].slice(step * 3, step * 3 + 3));
      }
    await expect(checks.batch(0, 3)).rejects.toThrow(/no step 3 in epoch 0: an epoch has 3 steps/);
    await expect(checks.batch(-1, 0)).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('reject once closed, and close before the first batch', async () => {
    const closed = createBatchStream(samples(8), training);
    const awaited = closed.batch(0, 0).then(
      () => 'made',
      (error) => error.code,
    );
    await closed.close();
    expect(['made', 'disposed']).toContain(await awaited);
    await expect(closed.batch(0, 1)).rejects.toMatchObject({ code: 'disposed' });
    await createBatchStream(samples(8), training).close();
  });

  it('pass a worker’s error on: invalid options of one epoch only', async () => {
    const bad = stream(samples(8), { ...training, balance: 2 });
    await expect(bad.batch(0, 0)).rejects.toMatchObject({ code: 'invalid-option', message: expect.stringMatching(/balance/) });
  });
});

describe('the worker pool', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-pool-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A pool whose worker makes batches by the given body of `(epoch, step, workerData)`. */
  async function pool(body: string, options: Partial<BatchThreadsOptions> = {}) {
    const serve = pathToFileURL(fileURLToPath(import.meta.resolve('#dist/node/data/serve-batches.js'))).href;
    const file = join(folder, `worker-${Math.abs(random(body.length, body.charCodeAt(3)).integer(1e9))}-${open.length}.mjs`);
    await writeFile(
      file,
      `import { workerData } from 'node:worker_threads';
       import { serveBatches } from '${serve}';
       const tensor = (...values) => ({ dims: [values.length], data: Float32Array.from(values) });
       serveBatches(async (epoch, step) => { ${body} });`,
    );
    const made = createBatchThreads({ module: pathToFileURL(file), workerData: undefined, stepsPerEpoch: 4, ...options });
    open.push(made);
    return made;
  }

  it('runs ahead while nobody asks', async () => {
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const body = `Atomics.add(workerData, 0, 1); return { size: 1, feeds: { x: tensor(epoch, step) } };`;
    const ahead = await pool(body, { workerData: counter, prefetch: 6, workers: 2 });
    const first = await ahead.batch(0, 1);
    expect(first).toEqual({ size: 1, feeds: { x: { dims: [2], data: Float32Array.of(0, 1) } } });
    // The main thread now does nothing but look at shared memory, as if it were blocked in ONNX Runtime.
    const deadline = Date.now() + 10_000;
    while (Atomics.load(counter, 0) < 7 && Date.now() < deadline);
    expect(Atomics.load(counter, 0)).toBe(7);
    expect((await ahead.batch(1, 3)).feeds.x!.data).toEqual(Float32Array.of(1, 3));
  });

  it('stops at the end of the epoch where told to', async () => {
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const body = `Atomics.add(workerData, 0, 1); return { size: 1, feeds: { x: tensor(step) } };`;
    const ahead = await pool(body, { workerData: counter, prefetch: 6, nextEpoch: false });
    // The one thread answers in order: when the last answer is there, whatever was asked for before has been counted.
    for (const step of [2, 3, 3]) await ahead.batch(0, step);
    expect(Atomics.load(counter, 0)).toBe(3);
  });

  it('rejects the batch at fault and makes the next', async () => {
    const faulty = await pool(
      `if (step === 1) throw new TypeError('no such thing'); return { size: 1, feeds: { x: tensor(step) } };`,
    );
    await faulty.batch(0, 0);
    await expect(faulty.batch(0, 1)).rejects.toMatchObject({
      name: 'PhizError',
      code: 'engine-failed',
      message: 'no such thing',
    });
    expect((await faulty.batch(0, 2)).feeds.x!.data).toEqual(Float32Array.of(2));
  });

  it('rejects when a worker dies or cannot start, and every time after', async () => {
    const dying = await pool(`process.exit(3);`);
    await expect(dying.batch(0, 0)).rejects.toMatchObject({ code: 'engine-failed', message: expect.stringContaining('code 3') });
    await expect(dying.batch(0, 1)).rejects.toMatchObject({ code: 'engine-failed' });
    const missing = createBatchThreads({ module: pathToFileURL(join(folder, 'none.mjs')), workerData: 0, stepsPerEpoch: 1 });
    open.push(missing);
    await expect(missing.batch(0, 0)).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringContaining('none.mjs'),
    });
  });
});
