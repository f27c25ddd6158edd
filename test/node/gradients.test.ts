/** Every layer and loss against central finite differences, run on ONNX Runtime as training does. */
import { describe, expect, it } from 'vitest';
import { random } from '#dist/core/random.js';
import type { Tensor } from '#dist/core/tensor.js';
import { sizeOf } from '#dist/core/tensor.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { encodeModel } from '#dist/onnx/encode.js';
import type { Value } from '#dist/onnx/graph.js';
import { Arithmetic } from '#dist/train/arithmetic.js';
import { initialise } from '#dist/train/initialise.js';
import { dropout, relu } from '#dist/train/layers/activation.js';
import { conv } from '#dist/train/layers/conv.js';
import { dense, flatten } from '#dist/train/layers/dense.js';
import { excite } from '#dist/train/layers/excite.js';
import { type Layer, residual, sequence } from '#dist/train/layers/layer.js';
import { batchNorm } from '#dist/train/layers/normalise.js';
import { averagePool, globalAveragePool, maxPool, upsample } from '#dist/train/layers/pool.js';
import { concatRows, rows } from '#dist/train/layers/rows.js';
import { separableConv } from '#dist/train/layers/separable.js';
import { crossEntropy } from '#dist/train/losses/cross-entropy.js';
import { detectionLosses, detectionTargets, overlaps, smoothL1 } from '#dist/train/losses/detection.js';
import { dropoutMasks } from '#dist/train/mask.js';
import { Scope } from '#dist/train/scope.js';

const engine = await createNodeEngine({ threads: 1 });

interface Case {
  readonly dims: readonly number[];
  /** Builds a scalar from the watched input. */
  readonly build: (scope: Scope, x: Value) => Value;
  readonly feeds?: Readonly<Record<string, Tensor>> | undefined;
  readonly input?: Float32Array | undefined;
  readonly step?: number | undefined;
}

/** Compares gradients of input and weights with (f(v + h) − f(v − h)) / 2h at up to 24 places each. */
async function check({ dims, build, feeds = {}, input, step = 1e-2 }: Case): Promise<number> {
  const scope = new Scope({ mode: 'train' });
  const x = scope.watch(scope.graph.input('x', dims));
  const loss = build(scope, x);
  const gradients = scope.backward([loss]);
  scope.graph.output(loss, 'loss');
  for (const [name, value] of gradients) scope.graph.output(value, `gradient.${name}`);
  const session = await engine.load(encodeModel(scope.graph));
  const stream = random(7);
  const weights = initialise(scope.parameters, 3);
  const values: Record<string, Tensor> = {
    x: { dims, data: input ?? Float32Array.from({ length: sizeOf(dims) }, () => stream.normal(0, 1)) },
  };
  for (const { name, dims: shape, trainable } of scope.parameters)
    if (trainable) values[name] = { dims: shape, data: weights[name]!.map((w) => w + stream.normal(0, 0.1)) };
  const all = { ...feeds, ...dropoutMasks(scope.masks, 5), ...values };
  const names = Object.keys(values).filter((name) => gradients.has(name));
  expect(names).toContain('x');
  expect(names.length).toBe(Object.keys(values).length);
  const analytic = await session.run(all);
  const at = async () => (await session.run(all, ['loss'])).loss!.data[0]!;
  let compared = 0;
  for (const name of names) {
    const { data } = values[name]!;
    const gradient = analytic[`gradient.${name}`]!;
    expect(gradient.dims, name).toEqual(values[name]!.dims);
    const scale = Math.max(...gradient.data.map(Math.abs), 1e-3);
    const places =
      data.length <= 24 ? data.map((_, i) => i) : Float32Array.from({ length: 24 }, () => stream.integer(data.length));
    for (const place of places) {
      const start = data[place]!;
      data[place] = start + step;
      const above = await at();
      data[place] = start - step;
      const below = await at();
      data[place] = start;
      const numeric = (above - below) / (2 * step);
      expect(
        Math.abs(numeric - gradient.data[place]!) / scale,
        `${name}[${place}]: ${numeric} ${gradient.data[place]}`,
      ).toBeLessThan(0.02);
      compared++;
    }
  }
  await session.dispose();
  return compared;
}

/** A layer under Σ y·r with fixed random r, so that every output counts differently. */
function weighed(layer: Layer) {
  return (scope: Scope, x: Value): Value => {
    const y = layer(scope, x);
    const stream = random(11);
    const dims = y.dims as number[];
    const r = scope.graph.constant(
      Float32Array.from({ length: sizeOf(dims) }, () => stream.normal(0, 1)),
      dims,
    );
    const m = new Arithmetic(scope);
    return m.sum(m.multiply(y, r));
  };
}

/** Values far enough apart that a small step changes no comparison. */
function spaced(dims: readonly number[], gap = 0.1): Float32Array {
  const order = random(3).shuffle(Array.from({ length: sizeOf(dims) }, (_, i) => i));
  return Float32Array.from(order, (v) => (v - order.length / 2 + 0.5) * gap);
}

const layers: Record<string, { layer: Layer; dims: readonly number[]; input?: Float32Array }> = {
  'conv 3×3': { layer: conv(4), dims: [2, 3, 6, 5] },
  'conv 3×3 on few pixels (transposed products)': { layer: conv(24), dims: [2, 24, 3, 3] },
  'conv 5×5 with bias': { layer: conv(3, { kernel: 5, bias: true }), dims: [2, 2, 7, 6] },
  'conv 7×7': { layer: conv(2, { kernel: 7 }), dims: [1, 2, 8, 8] },
  'conv 1×1': { layer: conv(5, { kernel: 1 }), dims: [2, 3, 4, 4] },
  'conv 1×1 on few pixels': { layer: conv(32, { kernel: 1, bias: true }), dims: [2, 32, 2, 2] },
  'conv 3×3 stride 2, even side': { layer: conv(4, { stride: 2 }), dims: [2, 3, 8, 6] },
  'conv 3×3 stride 2, odd side': { layer: conv(4, { stride: 2 }), dims: [2, 3, 7, 5] },
  'conv 1×1 stride 2': { layer: conv(4, { kernel: 1, stride: 2 }), dims: [2, 3, 6, 6] },
  'conv 3×3 without padding': { layer: conv(4, { pads: [0, 0, 0, 0] }), dims: [2, 3, 6, 6] },
  'conv 3×3 padded on two sides': { layer: conv(4, { stride: 2, pads: [0, 0, 1, 1] }), dims: [2, 3, 6, 6] },
  'conv in two groups': { layer: conv(6, { groups: 2 }), dims: [2, 4, 5, 5] },
  'conv in two groups, stride 2': { layer: conv(4, { groups: 2, stride: 2 }), dims: [2, 4, 6, 6] },
  'depthwise conv': { layer: conv(4, { groups: 4 }), dims: [2, 4, 6, 6] },
  'depthwise conv, stride 2': { layer: conv(4, { groups: 4, stride: 2 }), dims: [2, 4, 6, 6] },
  'depthwise conv that widens': { layer: conv(8, { groups: 4 }), dims: [2, 4, 5, 5] },
  'separable conv': { layer: separableConv(5), dims: [2, 3, 6, 5] },
  'separable conv with bias, stride 2': { layer: separableConv(4, { kernel: 5, stride: 2, bias: true }), dims: [2, 3, 7, 6] },
  'batch normalisation of maps': { layer: batchNorm(), dims: [3, 4, 3, 3] },
  'batch normalisation of vectors': { layer: batchNorm({ epsilon: 1e-3 }), dims: [6, 5] },
  'conv then batch normalisation': { layer: sequence(conv(4), batchNorm()), dims: [3, 2, 4, 4] },
  relu: { layer: relu(), dims: [2, 3, 4, 4], input: spaced([2, 3, 4, 4]) },
  'max-pool': { layer: maxPool(2), dims: [2, 2, 4, 6], input: spaced([2, 2, 4, 6]) },
  'max-pool, sides that do not divide': { layer: maxPool(2), dims: [2, 2, 5, 5], input: spaced([2, 2, 5, 5]) },
  'max-pool, overlapping': {
    layer: maxPool(3, { stride: 2, pads: [1, 1, 1, 1] }),
    dims: [2, 2, 6, 6],
    input: spaced([2, 2, 6, 6]),
  },
  'max-pool, overlapping, padded unevenly': {
    layer: maxPool(3, { stride: 2, pads: 'same' }),
    dims: [2, 2, 6, 7],
    input: spaced([2, 2, 6, 7]),
  },
  'average pool': { layer: averagePool(2), dims: [2, 2, 4, 6] },
  'average pool, sides that do not divide': { layer: averagePool(2), dims: [2, 2, 5, 7] },
  'global average pool': { layer: globalAveragePool(), dims: [2, 3, 4, 5] },
  dropout: { layer: dropout(0.25), dims: [4, 3, 4, 4] },
  'dropout at another rate': { layer: dropout(0.4), dims: [4, 12] },
  'squeeze and excitation': { layer: excite(2), dims: [2, 8, 3, 4] },
  'dense and flatten': { layer: sequence(flatten(), dense(4)), dims: [3, 2, 3, 3] },
  'dense without bias': { layer: dense(4, { bias: false }), dims: [3, 5] },
  'residual add': { layer: residual(conv(3), conv(3, { kernel: 1 })), dims: [2, 3, 4, 4] },
  'residual add of the input itself': { layer: residual(conv(3)), dims: [2, 3, 4, 4] },
  'nearest upsampling': { layer: upsample(2), dims: [2, 3, 3, 4] },
  'rows of points': {
    layer: (scope, x) => concatRows(scope, [rows(scope, x), rows(scope, averagePool(2)(scope, x))]),
    dims: [2, 3, 4, 4],
  },
};

describe('layers', () => {
  for (const [name, { layer, dims, input }] of Object.entries(layers))
    it(`${name} agrees with finite differences`, async () => {
      expect(await check({ dims, build: weighed(layer), input })).toBeGreaterThan(5);
    });
});

describe('losses', () => {
  const soft = Float32Array.from([0.7, 0.1, 0.2, 0, 1, 0, 0.3, 0.3, 0.4, 0, 0, 1]);
  for (const [name, options] of Object.entries({
    'with soft targets': {},
    'with label smoothing': { labelSmoothing: 0.1 },
    'with class weights': { classWeights: [1, 2.5, 0.5], labelSmoothing: 0.05 },
  }))
    it(`cross-entropy ${name} agrees with finite differences`, async () => {
      const build = (scope: Scope, x: Value) => crossEntropy(scope, x, scope.graph.input('target', [4, 3]), options);
      expect(await check({ dims: [4, 3], build, feeds: { target: { dims: [4, 3], data: soft } } })).toBe(12);
    });

  it('generalised IoU agrees with finite differences, for boxes that meet and boxes that do not', async () => {
    const input = Float32Array.from([10, 10, 8, 6, 30, 12, 5, 9, 50, 50, 20, 20]);
    const target = Float32Array.from([12, 11.5, 7, 8, 60, 40, 6, 6, 49, 52, 9, 7]);
    const build = (scope: Scope, x: Value) => {
      const m = new Arithmetic(scope);
      const wanted = scope.graph.constant(target, [3, 1, 4]);
      const columns = (v: Value) => m.split(v, [1, 1, 1, 1]) as [Value, Value, Value, Value];
      return m.sum(overlaps(m, columns(x), columns(wanted)).giou);
    };
    expect(await check({ dims: [3, 1, 4], build, input })).toBe(12);
  });

  it('smooth-L1 agrees with finite differences on both sides of its corner', async () => {
    const input = Float32Array.from([0.05, -0.12, 0.7, -3, 0.15, 1.2]);
    const build = (scope: Scope, x: Value) => {
      const m = new Arithmetic(scope);
      return m.sum(smoothL1(m, x));
    };
    expect(await check({ dims: [1, 2, 3], build, input })).toBe(6);
  });

  it("the detector's losses together agree with finite differences", async () => {
    const points = 5;
    const stream = random(21);
    const fill = (width: number, value: (i: number) => number): Tensor => ({
      dims: [2, points, width],
      data: Float32Array.from({ length: 2 * points * width }, (_, i) => value(i)),
    });
    const feeds: Record<string, Tensor> = {
      cls: fill(1, (i) => Number(i % 3 === 0)),
      clsWeight: fill(1, (i) => Number(i !== 4)),
      // The overlap's target follows the box, but no gradient flows through it: finite differences would see one.
      iouWeight: fill(1, () => 0),
      box: fill(4, (i) => (i % 4 < 2 ? 20 + stream.uniform(-4, 4) : 18)),
      boxWeight: fill(1, (i) => Number(i % 3 === 0)),
      landmark: fill(10, () => stream.uniform(10, 30)),
      landmarkWeight: fill(1, (i) => Number(i % 6 === 0)),
      anchor: { dims: [points, 3], data: Float32Array.from({ length: points * 3 }, (_, i) => (i % 3 === 2 ? 8 : 20)) },
    };
    const build = (scope: Scope, x: Value) => {
      const losses = detectionLosses(scope, x, detectionTargets(scope, 2, points));
      const m = new Arithmetic(scope);
      return m.add(m.add(losses.score, losses.overlap), m.add(losses.box, losses.landmark));
    };
    const input = Float32Array.from({ length: 2 * points * 16 }, () => stream.uniform(-0.8, 0.8));
    expect(await check({ dims: [2, points, 16], build, feeds, input, step: 3e-3 })).toBe(24);
  });
});
