/** Where one face ends and the next begins: overlaps just below and just above each threshold. */
import { describe, expect, it } from 'vitest';
import type { Engine } from '#dist/core/engine.js';
import { type BoundingBox, iou } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { Tensor } from '#dist/core/tensor.js';
import { createAnchorFreeDetector } from '#dist/detect/anchor-free.js';
import { thin } from '#dist/detect/mtcnn-candidates.js';
import { suppress } from '#dist/detect/nms.js';
import { POINT_CHANNELS } from '#dist/detect/points.js';
import { createYuNet } from '#dist/detect/yunet.js';
import { cardOf } from './fixtures/cards.js';

const found = (box: BoundingBox, score: number) => ({ box, score });
const square = (x: number, side = 100): BoundingBox => ({ x, y: 0, width: side, height: side });

/** How far a square of 100 px is moved from another for an overlap of `share`: (100 − d) / (100 + d). */
const apart = (share: number) => (100 * (1 - share)) / (1 + share);

describe.each([0.3, 0.4, 0.45, 0.7])('at an overlap of %d', (threshold) => {
  const pair = (share: number) => [found(square(0), 0.4), found(square(apart(share)), 0.3)];

  it('what overlaps more is suppressed, what overlaps less is kept', () => {
    expect(iou(square(0), square(apart(threshold)))).toBeCloseTo(threshold, 12);
    expect(suppress(pair(threshold + 0.01), threshold)).toHaveLength(1);
    expect(suppress(pair(threshold - 0.01), threshold)).toHaveLength(2);
    expect(thin(pair(threshold + 0.01), threshold)).toHaveLength(1);
    expect(thin(pair(threshold - 0.01), threshold)).toHaveLength(2);
  });

  it('the better one stays, and what it suppressed suppresses nothing', () => {
    const step = apart(threshold + 0.05);
    const chain = [found(square(2 * step), 0.3), found(square(0), 0.5), found(square(step), 0.4)];
    expect(suppress(chain, threshold).map(({ score }) => score)).toEqual([0.5, 0.3]);
  });
});

describe('a box in a box', () => {
  /** A square of 40 px of which `share` lies in one of 100 px, scored `better`. */
  const inside = (share: number, better: number) => [
    found(square(0), better),
    found({ x: 100 - 40 * share, y: 30, width: 40, height: 40 }, 0.2),
  ];

  it('is the same face twice where nine tenths of it lie inside a sure one', () => {
    expect(suppress(inside(0.92, 0.6), 0.4)).toHaveLength(1);
    expect(suppress(inside(0.88, 0.6), 0.4)).toHaveLength(2);
    expect(suppress(inside(0.92, 0.5), 0.4)).toHaveLength(1);
    expect(suppress(inside(1, 0.49), 0.4)).toHaveLength(2);
  });

  it('counts the other way round too: a looser box round a face', () => {
    const [outer, inner] = [found(square(0), 0.2), found({ x: 20, y: 30, width: 40, height: 40 }, 0.6)];
    expect(suppress([outer, inner], 0.4)).toEqual([inner]);
  });
});

it('no more are kept than may be, the best ones', () => {
  const row = [0.1, 0.5, 0.3].map((score, i) => found(square(200 * i), score));
  expect(suppress(row, 0.4, 2).map(({ score }) => score)).toEqual([0.5, 0.3]);
});

const grey = (side: number): Image => ({ width: side, height: side, channels: 1, data: new Uint8Array(side * side) });

/** An engine whose network answers with these outputs, whatever it sees. */
const answering = (outputs: Record<string, Tensor>): Engine => ({
  device: 'cpu',
  load: async () => ({
    inputNames: ['input'],
    outputNames: Object.keys(outputs),
    run: async () => outputs,
    dispose: async () => {},
  }),
});

/** Two faces of 64 px in cells of 32, side by side, so that they overlap by `share`. */
const beside = (share: number) => (64 * (1 - share)) / (1 + share) / 32;

describe('the detectors', () => {
  it("of the house suppress by their card's threshold", async () => {
    const seen = async (share: number, nmsIou: number) => {
      const data = new Float32Array(4 * POINT_CHANNELS).fill(-20);
      for (const [p, dx] of [
        [0, 0],
        [1, beside(share) - 1],
      ] as const)
        data.set([p ? 3 : 4, p ? 3 : 4, dx, 0, Math.log(2), Math.log(2)], p * POINT_CHANNELS);
      const card = cardOf({
        task: 'detector',
        input: { name: 'input', channels: 3, multiple: 32, order: 'RGB', mean: 0, scale: 1 },
        detector: { kind: 'phiz', strides: [32], scoreThreshold: 0.5, nmsIou },
      });
      const engine = answering({ prediction: { dims: [1, 4, POINT_CHANNELS], data } });
      const detector = await createAnchorFreeDetector({ engine, model: { card, bytes: new Uint8Array() } });
      return (await detector.detect(grey(64))).length;
    };
    for (const threshold of [0.3, 0.5]) {
      expect(await seen(threshold + 0.02, threshold)).toBe(1);
      expect(await seen(threshold - 0.02, threshold)).toBe(2);
    }
  });

  it('of other people suppress as their authors do: YuNet at 0.45', async () => {
    const seen = async (share: number) => {
      const outputs: Record<string, Tensor> = {};
      for (const stride of [8, 16, 32]) {
        const cells = (64 / stride) ** 2;
        const put = (name: string, width: number, values: readonly number[] = []) => {
          const data = new Float32Array(cells * width);
          data.set(values);
          outputs[`${name}_${stride}`] = { dims: [1, cells, width], data };
        };
        const scores = stride === 32 ? [0.9, 0.8] : [];
        put('cls', 1, scores);
        put('obj', 1, scores);
        put('bbox', 4, stride === 32 ? [0, 0, Math.log(2), Math.log(2), beside(share) - 1, 0, Math.log(2), Math.log(2)] : []);
        put('kps', 10);
      }
      const detector = await createYuNet({ engine: answering(outputs), model: new Uint8Array() });
      return (await detector.detect(grey(64))).length;
    };
    expect(await seen(0.47)).toBe(1);
    expect(await seen(0.43)).toBe(2);
  });
});
