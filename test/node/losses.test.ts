/** What the losses are worth, against numbers worked out by hand; their gradients are in gradients.test.ts. */
import { describe, expect, it } from 'vitest';
import type { Tensor } from '#dist/core/tensor.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { encodeModel } from '#dist/onnx/encode.js';
import type { Value } from '#dist/onnx/graph.js';
import { Arithmetic } from '#dist/train/arithmetic.js';
import { type CrossEntropyOptions, crossEntropy } from '#dist/train/losses/cross-entropy.js';
import {
  type DetectionLossOptions,
  detectionLosses,
  detectionTargets,
  overlaps,
  smoothL1,
} from '#dist/train/losses/detection.js';
import { Scope } from '#dist/train/scope.js';

const engine = await createNodeEngine({ threads: 1 });

type Feeds = Readonly<Record<string, Tensor>>;

/** Runs what `build` makes of a scope, and gives each output's numbers. */
async function run(build: (scope: Scope) => Readonly<Record<string, Value>>, feeds: Feeds): Promise<Record<string, number[]>> {
  const scope = new Scope({ mode: 'train' });
  for (const [name, value] of Object.entries(build(scope))) scope.graph.output(value, `${name}.value`);
  const session = await engine.load(encodeModel(scope.graph));
  const outputs = await session.run(feeds);
  await session.dispose();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name.replace('.value', ''), Array.from(data as Float32Array)]),
  );
}

const tensor = (dims: readonly number[], data: readonly number[]): Tensor => ({ dims, data: Float32Array.from(data) });

describe('cross-entropy', () => {
  /** Of probabilities, whose logarithms are logits. */
  async function of(probabilities: readonly number[][], targets: readonly number[][], options?: CrossEntropyOptions) {
    const dims = [probabilities.length, probabilities[0]!.length];
    const { loss } = await run(
      (scope) => ({ loss: crossEntropy(scope, scope.graph.input('x', dims), scope.graph.input('target', dims), options) }),
      {
        x: tensor(dims, probabilities.flat().map(Math.log)),
        target: tensor(dims, targets.flat()),
      },
    );
    return loss![0]!;
  }

  it('is the mean surprise over the batch', async () => {
    expect(await of([[0.25, 0.5, 0.25]], [[1, 0, 0]])).toBeCloseTo(Math.log(4), 5);
    const both = await of(
      [
        [0.25, 0.5, 0.25],
        [0.1, 0.1, 0.8],
      ],
      [
        [1, 0, 0],
        [0, 0.5, 0.5],
      ],
    );
    expect(both).toBeCloseTo((Math.log(4) - 0.5 * Math.log(0.1) - 0.5 * Math.log(0.8)) / 2, 5);
  });

  it('spreads a share of the target evenly over the classes', async () => {
    const smoothed = -(0.7 + 0.3 / 3) * Math.log(0.7) - 0.1 * Math.log(0.2) - 0.1 * Math.log(0.1);
    expect(await of([[0.7, 0.2, 0.1]], [[1, 0, 0]], { labelSmoothing: 0.3 })).toBeCloseTo(smoothed, 5);
  });

  it('weighs the part of each class, after the smoothing', async () => {
    const weighed = -2 * 0.9 * Math.log(0.8) - 0.5 * 0.1 * Math.log(0.2);
    expect(await of([[0.8, 0.2]], [[1, 0]], { labelSmoothing: 0.2, classWeights: [2, 0.5] })).toBeCloseTo(weighed, 5);
  });
});

describe('smooth-L1', () => {
  it('is quadratic within its corner, linear beyond, and even', async () => {
    const of = (beta?: number) =>
      run((scope) => ({ y: smoothL1(new Arithmetic(scope), scope.graph.input('x', [1, 1, 6]), beta) }), {
        x: tensor([1, 1, 6], [0, 0.05, -0.05, 0.1, 1, -1]),
      });
    const { y } = await of();
    for (const [i, wanted] of [0, 0.0125, 0.0125, 0.05, 0.95, 0.95].entries()) expect(y![i]).toBeCloseTo(wanted, 6);
    const { y: wide } = await of(2);
    for (const [i, wanted] of [0, 0.000625, 0.000625, 0.0025, 0.25, 0.25].entries()) expect(wide![i]).toBeCloseTo(wanted, 6);
  });
});

describe('overlaps of boxes', () => {
  it('are those of their areas and of their common hull', async () => {
    // Centre and size: the same; half over; inside; beside; diagonal and far; a corner in common; without area.
    const pairs = [
      [5, 5, 4, 2, 5, 5, 4, 2],
      [5, 5, 4, 2, 7, 5, 4, 2],
      [5, 5, 4, 4, 5, 5, 2, 2],
      [2, 5, 2, 2, 6, 5, 2, 2],
      [1, 1, 2, 2, 9, 9, 2, 2],
      [5, 5, 4, 4, 8, 7, 4, 2],
      [1, 1, 0, 0, 1, 1, 0, 0],
    ];
    const dims = [pairs.length, 1, 8];
    const { iou, giou } = await run(
      (scope) => {
        const m = new Arithmetic(scope);
        const columns = m.split(scope.graph.input('x', dims), [1, 1, 1, 1, 1, 1, 1, 1]);
        type Box = Parameters<typeof overlaps>[1];
        return overlaps(m, columns.slice(0, 4) as Box, columns.slice(4) as Box);
      },
      { x: tensor(dims, pairs.flat()) },
    );
    const wanted = [
      [1, 1],
      [1 / 3, 1 / 3],
      [1 / 4, 1 / 4],
      [0, -(12 - 8) / 12],
      [0, -(100 - 8) / 100],
      // 1 × 1 in common, together 23; the hull is 7 × 5.
      [1 / 23, 1 / 23 - (35 - 23) / 35],
      [0, 0],
    ];
    for (const [i, [overlap, generalised]] of wanted.entries()) {
      expect(iou![i], `IoU of pair ${i}`).toBeCloseTo(overlap!, 5);
      expect(giou![i], `generalised IoU of pair ${i}`).toBeCloseTo(generalised!, 5);
    }
  });
});

describe("the detector's losses", () => {
  const points = 3;
  /** Two faces' points and one without: each predicts the box that is wanted unless told otherwise. */
  const prediction = (change: (row: number[], point: number) => void = () => {}) =>
    Array.from({ length: points }, (_, point) => {
      const row = [0, 0, 0.5, -0.25, Math.log(2), Math.log(3), ...Array.from({ length: 10 }, () => 0)];
      change(row, point);
      return row;
    }).flat();
  const anchors = [
    [20, 40, 8],
    [28, 40, 8],
    [36, 40, 16],
  ];
  /** Offsets and sizes are in strides from the anchor. */
  const wantedBoxes = anchors.map(([x, y, s]) => [x! + 0.5 * s!, y! - 0.25 * s!, 2 * s!, 3 * s!]);
  const wantedLandmarks = anchors.map(([x, y]) => Array.from({ length: 5 }, () => [x!, y!]).flat());
  const targets = {
    cls: [1, 1, 0],
    clsWeight: [1, 1, 1],
    iouWeight: [1, 1, 0],
    box: wantedBoxes.flat(),
    boxWeight: [1, 1, 0],
    landmark: wantedLandmarks.flat(),
    landmarkWeight: [1, 1, 0],
  };

  async function losses(
    change?: (row: number[], point: number) => void,
    given: Partial<typeof targets> = {},
    options?: DetectionLossOptions,
  ): Promise<Record<'score' | 'overlap' | 'box' | 'landmark', number>> {
    const all = { ...targets, ...given };
    const feeds: Feeds = {
      x: tensor([1, points, 16], prediction(change)),
      anchor: tensor([points, 3], anchors.flat()),
      ...Object.fromEntries(Object.entries(all).map(([name, data]) => [name, tensor([1, points, data.length / points], data)])),
    };
    const found = await run(
      (scope) => ({
        ...detectionLosses(scope, scope.graph.input('x', [1, points, 16]), detectionTargets(scope, 1, points), options),
      }),
      feeds,
    );
    const { score, overlap, box, landmark } = found;
    return { score: score![0]!, overlap: overlap![0]!, box: box![0]!, landmark: landmark![0]! };
  }

  it('are divided by the number of the points of faces', async () => {
    const { score, overlap, box, landmark } = await losses();
    // At logits of 0 each costs ln 2, whatever is wanted.
    expect(score).toBeCloseTo((3 * Math.LN2) / 2, 5);
    expect(overlap).toBeCloseTo(Math.LN2, 5);
    expect(box).toBeCloseTo(0, 5);
    expect(landmark).toBeCloseTo(0, 5);
    const nobody = await losses(undefined, {
      cls: [0, 0, 0],
      iouWeight: [0, 0, 0],
      boxWeight: [0, 0, 0],
      landmarkWeight: [0, 0, 0],
    });
    expect(nobody).toEqual({ score: expect.closeTo(3 * Math.LN2, 5), overlap: 0, box: 0, landmark: 0 });
  });

  it('cost more where a face is not seen, and where one is seen that is none', async () => {
    const sure = (score: number) => (row: number[], point: number) => {
      row[0] = point === 2 ? -score : score;
    };
    expect((await losses(sure(4))).score).toBeCloseTo((3 * Math.log1p(Math.exp(-4))) / 2, 5);
    expect((await losses(sure(-4))).score).toBeCloseTo((3 * (4 + Math.log1p(Math.exp(-4)))) / 2, 4);
    expect((await losses(sure(-4), { clsWeight: [1, 0, 0.5] })).score).toBeCloseTo((1.5 * (4 + Math.log1p(Math.exp(-4)))) / 2, 4);
  });

  it('ask for the overlap that the box has', async () => {
    // The box of the first point is moved by half its width: an IoU of 1/3, a hull that it fills with the other.
    const moved = (row: number[], point: number) => {
      row[1] = 2;
      if (point === 0) row[2] = 1.5;
    };
    const cost = (wanted: number) => 2 + Math.log1p(Math.exp(-2)) - 2 * wanted;
    const { overlap, box } = await losses(moved);
    expect(overlap).toBeCloseTo((cost(1 / 3) + cost(1)) / 2, 5);
    expect(box).toBeCloseTo((2 * (1 - 1 / 3)) / 2, 5);
    expect((await losses(moved, {}, { boxFactor: 5 })).box).toBeCloseTo((5 * (1 - 1 / 3)) / 2, 5);
    expect((await losses(moved, { boxWeight: [0.5, 1, 0] })).box).toBeCloseTo((2 * 0.5 * (1 - 1 / 3)) / 1.5, 5);
  });

  it('measure landmarks in strides from the anchor, each coordinate by smooth-L1', async () => {
    const off = (row: number[], point: number) => {
      if (point === 1) row.splice(6, 2, 1, -0.05);
      if (point === 2) row.splice(6, 10, ...Array.from({ length: 10 }, () => 9));
    };
    expect((await losses(off)).landmark).toBeCloseTo((0.95 + 0.0125) / 2, 5);
    expect((await losses(off, {}, { landmarkFactor: 10 })).landmark).toBeCloseTo((10 * (0.95 + 0.0125)) / 2, 5);
    // What is wanted lies a stride further right, which is 16 pixels at the third anchor.
    const wanted = wantedLandmarks.map((row, point) =>
      point === 2 ? row.map((value, i) => (i === 0 ? value + 16 : value)) : row,
    );
    const third = { landmark: wanted.flat(), landmarkWeight: [0, 0, 1] };
    expect((await losses(undefined, third)).landmark).toBeCloseTo(0.95 / 2, 5);
  });

  it('stay finite where a prediction is wild', async () => {
    const wild = (row: number[]) => row.splice(4, 2, 500, 500);
    const { box } = await losses((row) => void wild(row));
    expect(box).toBeGreaterThan(1.9);
    expect(box).toBeLessThan(4);
  });
});
