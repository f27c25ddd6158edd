/** The step that moves the weights, over a gradient source that notes what it was fed and answers with known numbers. */
import { describe, expect, it } from 'vitest';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { encodeModel } from '#dist/onnx/encode.js';
import type { Batch } from '#dist/train/batch.js';
import { batchNorm } from '#dist/train/layers/normalise.js';
import { sgd } from '#dist/train/optimiser.js';
import type { TrainingProgram } from '#dist/train/program.js';
import { Scope } from '#dist/train/scope.js';
import { type Feeds, type GradientSource, type Gradients, splitFeeds, Trainer } from '#dist/train/trainer.js';

const KERNEL = 'dense1.kernel';
const MEAN = 'norm1.mean';
const MASK = 'mask1';

const program: TrainingProgram = {
  model: new Uint8Array(),
  parameters: [
    { name: KERNEL, dims: [2], initialisation: { values: [1, -2] }, fanIn: 1, fanOut: 1, trainable: true },
    { name: MEAN, dims: [1], initialisation: { values: [10] }, fanIn: 1, fanOut: 1, trainable: false },
  ],
  masks: [{ name: MASK, dims: [40, 10], rate: 0.25 }],
  statistics: [{ output: `batch.${MEAN}`, parameter: MEAN, momentum: 0.9 }],
  gradients: [KERNEL],
  losses: ['loss'],
};

const batch: Batch = { size: 2, feeds: { input: { dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } } };

/** Answers each part with what `answers` says of it. */
function source(answers: readonly Partial<{ loss: number; gradient: readonly number[]; mean: number }>[]) {
  const fed: Feeds[][] = [];
  const fake: GradientSource = {
    parts: answers.length,
    async run(_, parts) {
      fed.push([...parts]);
      return answers.map(
        ({ loss = 1, gradient = [0, 0], mean = 10 }): Gradients => ({
          losses: { loss },
          gradients: { [KERNEL]: Float32Array.from(gradient) },
          statistics: { [MEAN]: Float32Array.of(mean) },
        }),
      );
    },
    async close() {},
  };
  return { source: fake, fed };
}

const maskOf = (feeds: Feeds) => [...feeds[MASK]!.data];
const plain = sgd({ momentum: 0 });

describe('a step of training', () => {
  it("keeps the momentum's share of the running statistics, and takes the rest from the batch", async () => {
    const { source: gradients } = source([{ mean: 20 }]);
    const trainer = new Trainer({ program, source: gradients, optimiser: plain, seed: 1 });
    await trainer.step(batch, 0.1);
    expect(trainer.weights[MEAN]![0]).toBeCloseTo(0.9 * 10 + 0.1 * 20, 5);
    await trainer.step(batch, 0.1);
    expect(trainer.weights[MEAN]![0]).toBeCloseTo(0.9 * 11 + 0.1 * 20, 5);
  });

  it('draws other dropout masks for each step and for each part of a batch, and the same ones when resumed there', async () => {
    const masks = async (steps: number, at = 0) => {
      const { source: gradients, fed } = source([{}, {}]);
      const trainer = new Trainer({ program, source: gradients, optimiser: plain, seed: 7 });
      trainer.state.step = at;
      for (let i = 0; i < steps; i++) await trainer.step(batch, 0.1);
      return fed.flat().map(maskOf);
    };
    const drawn = await masks(3);
    expect(drawn).toHaveLength(6);
    expect(new Set(drawn.map((mask) => mask.join(''))).size).toBe(6);
    expect(await masks(1, 2)).toEqual(drawn.slice(4));
  });

  it('draws the masks of another seed otherwise', async () => {
    const first = async (seed: number) => {
      const { source: gradients, fed } = source([{}]);
      await new Trainer({ program, source: gradients, optimiser: plain, seed }).step(batch, 0.1);
      return maskOf(fed[0]![0]!);
    };
    expect(await first(1)).not.toEqual(await first(2));
  });

  it('moves the weights by the mean gradient of the parts, and reports the mean loss', async () => {
    const { source: gradients } = source([
      { loss: 1, gradient: [1, 0], mean: 12 },
      { loss: 2, gradient: [3, -4], mean: 16 },
    ]);
    const trainer = new Trainer({ program, source: gradients, optimiser: plain, seed: 1 });
    const report = await trainer.step(batch, 0.5);
    expect([...trainer.weights[KERNEL]!]).toEqual([1 - 0.5 * 2, -2 + 0.5 * 2]);
    expect(trainer.weights[MEAN]![0]).toBeCloseTo(0.9 * 10 + 0.1 * 14, 5);
    expect(report).toMatchObject({ loss: 1.5, losses: { loss: 1.5 } });
    expect(trainer.steps).toBe(1);
  });

  it('shrinks gradients to the norm asked for, and no further', async () => {
    const stepWith = async (clip: number) => {
      const { source: gradients } = source([{ gradient: [3, -4] }]);
      const trainer = new Trainer({ program, source: gradients, optimiser: plain, seed: 1, clip });
      const { norm } = await trainer.step(batch, 1);
      const [a, b] = trainer.weights[KERNEL]!;
      return { norm, moved: Math.hypot(a! - 1, b! + 2) };
    };
    const clipped = await stepWith(2);
    expect(clipped.norm).toBeCloseTo(5, 5);
    expect(clipped.moved).toBeCloseTo(2, 5);
    expect((await stepWith(4.9)).moved).toBeCloseTo(4.9, 5);
    expect((await stepWith(5.1)).moved).toBeCloseTo(5, 5);
    expect(await stepWith(0)).toMatchObject({ norm: 0, moved: 5 });
  });

  it('moves the weights by the gradient found uphill, with losses and statistics of where they are', async () => {
    const asked: number[][] = [];
    // The loss is the sum of the fourth powers: its gradient depends on where it is taken.
    const gradients: GradientSource = {
      parts: 1,
      async run(weights) {
        const kernel = [...weights[KERNEL]!];
        asked.push(kernel);
        return [
          {
            losses: { loss: kernel.reduce((sum, w) => sum + w ** 4, 0) },
            gradients: { [KERNEL]: Float32Array.from(kernel, (w) => 4 * w ** 3) },
            statistics: { [MEAN]: Float32Array.of(asked.length === 1 ? 20 : 99) },
          },
        ];
      },
      async close() {},
    };
    const trainer = new Trainer({ program, source: gradients, optimiser: plain, seed: 1, sharpness: 0.5 });
    const report = await trainer.step(batch, 0.01);
    const norm = Math.hypot(4, -32);
    const up = [1 + (0.5 * 4) / norm, -2 - (0.5 * 32) / norm];
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual([1, -2]);
    for (const i of [0, 1]) {
      expect(asked[1]![i]).toBeCloseTo(up[i]!, 5);
      expect(trainer.weights[KERNEL]![i]).toBeCloseTo([1, -2][i]! - 0.04 * up[i]! ** 3, 5);
    }
    expect(report.loss).toBe(17);
    expect(trainer.weights[MEAN]![0]).toBeCloseTo(0.9 * 10 + 0.1 * 20, 5);
    // Where nothing rises there is no way up.
    const { source: flat } = source([{}]);
    const still = new Trainer({ program, source: flat, optimiser: plain, seed: 1, sharpness: 0.5 });
    await still.step(batch, 1);
    expect([...still.weights[KERNEL]!]).toEqual([1, -2]);
  });

  it('keeps an average of all weights, the running statistics among them, and ships it', async () => {
    const { source: gradients } = source([{ gradient: [1, 0], mean: 20 }]);
    const trainer = new Trainer({ program, source: gradients, optimiser: plain, seed: 1, average: 0.5 });
    await trainer.step(batch, 1);
    // The decay starts at 1/10.
    expect(trainer.shipped[KERNEL]![0]).toBeCloseTo(0.1 * 1 + 0.9 * 0, 5);
    expect(trainer.shipped[MEAN]![0]).toBeCloseTo(0.1 * 10 + 0.9 * 11, 5);
    expect(new Trainer({ program, source: gradients, optimiser: plain, seed: 1 }).averaged).toBeUndefined();
  });

  it('refuses a loss that is not a number before it touches the weights', async () => {
    const { source: gradients } = source([{ loss: Number.NaN, gradient: [9, 9] }]);
    const trainer = new Trainer({ program, source: gradients, optimiser: plain, seed: 1 });
    await expect(trainer.step(batch, 0.25)).rejects.toMatchObject({
      code: 'invalid-data',
      message: expect.stringMatching(/step 0 is NaN.*now 0.25/),
    });
    expect([...trainer.weights[KERNEL]!]).toEqual([1, -2]);
  });

  it('counts the rows whose highest logit is that of the target', async () => {
    const target = { dims: [4, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0.2, 0.1, 0.7) };
    const rows = [Float32Array.of(5, 1, 1, 5, 1, 1), Float32Array.of(0, 0, 5, 0, 1, 0)];
    const { source: gradients } = source([{}, {}]);
    const told: GradientSource = {
      ...gradients,
      run: async (weights, parts) =>
        (await gradients.run(weights, parts)).map((part, i) => ({ ...part, logits: { dims: [2, 3], data: rows[i]! } })),
    };
    const trainer = new Trainer({ program, source: told, optimiser: plain, seed: 1 });
    const report = await trainer.step({ size: 4, feeds: { target } }, 0.1);
    expect(report.correct).toBe(2);
  });

  it('counts over all parts and rows, a tie going to the first class, and none where nothing is classified', async () => {
    // Truths 0, 1, 2, 2, 0, 1; called 0, 1, 2, 0, 0, 1: the last wrong one ties between 0 and 2.
    const target = { dims: [6, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0) };
    const rows = [Float32Array.of(9, 1, 8, 1, 9, 8, 1, 2, 9), Float32Array.of(7, 1, 7, 6, 5, 5, 2, 3, 1)];
    const { source: gradients } = source([{}, {}]);
    const told = (count: number): GradientSource => ({
      ...gradients,
      run: async (weights, parts) =>
        (await gradients.run(weights, parts)).map((part, i) =>
          i < count ? { ...part, logits: { dims: [3, 3], data: rows[i]! } } : part,
        ),
    });
    const correct = async (count: number) => {
      const trainer = new Trainer({ program, source: told(count), optimiser: plain, seed: 1 });
      return (await trainer.step({ size: 6, feeds: { target } }, 0.1)).correct;
    };
    expect(await correct(2)).toBe(5);
    expect(await correct(0)).toBe(0);
  });
});

describe('the parts of a batch', () => {
  it('share the rows in order; what has no row for each sample goes to all', () => {
    const anchor = { dims: [3, 1], data: Float32Array.of(7, 8, 9) };
    const parts = splitFeeds({ size: 2, feeds: { ...batch.feeds, anchor } }, 2);
    expect(parts.map(({ input }) => ({ dims: input!.dims, data: [...input!.data] }))).toEqual([
      { dims: [1, 3], data: [1, 2, 3] },
      { dims: [1, 3], data: [4, 5, 6] },
    ]);
    for (const part of parts) expect(part.anchor).toEqual(anchor);
  });

  it('hold as many rows as there are samples in each', () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => i);
    const parts = splitFeeds({ size: 6, feeds: { input: { dims: [6, 2], data } } }, 3);
    expect(parts.map(({ input }) => [input!.dims, [...input!.data]])).toEqual([
      [
        [2, 2],
        [0, 1, 2, 3],
      ],
      [
        [2, 2],
        [4, 5, 6, 7],
      ],
      [
        [2, 2],
        [8, 9, 10, 11],
      ],
    ]);
  });

  it('are equal, or there are none', () => {
    expect(() => splitFeeds(batch, 3)).toThrow(/batch of 2 cannot be cut into 3/);
  });
});

describe('batch normalisation in training', () => {
  it("hands out the batch's own mean and variance, with the momentum to take them up by", async () => {
    const scope = new Scope({ mode: 'train' });
    const x = scope.graph.input('x', [3, 2]);
    scope.graph.output(batchNorm({ momentum: 0.75 })(scope, x), 'y');
    batchNorm()(scope, x);
    expect(scope.statistics.map(({ parameter, momentum }) => [parameter, momentum])).toEqual([
      ['norm1.mean', 0.75],
      ['norm1.variance', 0.75],
      ['norm2.mean', 0.9],
      ['norm2.variance', 0.9],
    ]);
    const session = await (await createNodeEngine({ threads: 1 })).load(encodeModel(scope.graph));
    const ones = { dims: [2], data: Float32Array.of(1, 1) };
    const zeros = { dims: [2], data: Float32Array.of(0, 0) };
    const given = Object.fromEntries(
      scope.parameters.filter(({ trainable }) => trainable).map(({ name }) => [name, name.endsWith('scale') ? ones : zeros]),
    );
    const out = await session.run({ x: { dims: [3, 2], data: Float32Array.of(1, 10, 2, 20, 6, 60) }, ...given });
    expect([...out['batch.norm1.mean']!.data]).toEqual([3, 30]);
    expect(out['batch.norm1.variance']!.data[0]).toBeCloseTo(14 / 3, 4);
    expect(out['batch.norm1.variance']!.data[1]).toBeCloseTo(1400 / 3, 2);
    await session.dispose();
  });
});
