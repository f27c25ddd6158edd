import { describe, expect, it } from 'vitest';
import { type Model, parseCard } from '#dist/core/card.js';
import type { Engine } from '#dist/core/engine.js';
import { type BoundingBox, LANDMARK_ORDER } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';
import { halvePlanes, shrink } from '#dist/core/shrink.js';
import type { Tensor } from '#dist/core/tensor.js';
import { createAnchorFreeDetector } from '#dist/detect/anchor-free.js';
import { decode } from '#dist/detect/decode.js';
import type { Detection } from '#dist/detect/detector.js';
import { letterbox } from '#dist/detect/letterbox.js';
import { suppress } from '#dist/detect/nms.js';
import { POINT_CHANNELS, type Points, pointsOf } from '#dist/detect/points.js';
import { assignFaces, createTargets } from '#dist/train/data/assign.js';
import type { LabelledFace } from '#dist/train/data/wider.js';

const plain = { order: 'RGB', mean: 0, scale: 1 } as const;

function noise(width: number, height: number, channels: 1 | 3 | 4, seed = 1): Image {
  const stream = random(seed);
  const data = Uint8Array.from({ length: width * height * channels }, () => stream.integer(256));
  return { width, height, channels, data };
}

/** The mean of channel c over an area with fractional edges, the slow way. */
function areaMean(image: Image, c: number, x0: number, y0: number, x1: number, y1: number): number {
  let sum = 0;
  for (let y = Math.floor(y0); y < Math.min(image.height, y1); y++)
    for (let x = Math.floor(x0); x < Math.min(image.width, x1); x++) {
      const w = Math.min(x + 1, x1) - Math.max(x, x0);
      const h = Math.min(y + 1, y1) - Math.max(y, y0);
      if (w > 0 && h > 0) sum += w * h * image.data[(y * image.width + x) * image.channels + c]!;
    }
  return sum / ((x1 - x0) * (y1 - y0));
}

describe('shrink', () => {
  it.each([
    [97, 53, 31, 17],
    [64, 48, 16, 12],
    [50, 40, 49, 40],
    [33, 21, 33, 21],
    [7, 90, 1, 3],
  ])('averages %i×%i pixels to %i×%i by area', (w, h, width, height) => {
    let worst = 0;
    for (const channels of [1, 3, 4] as const) {
      const image = noise(w, h, channels);
      const out = shrink(image, { width, height, input: plain });
      for (let c = 0; c < 3; c++)
        for (let v = 0; v < height; v++)
          for (let u = 0; u < width; u++) {
            const source = channels === 1 ? 0 : c;
            const x = w / width;
            const y = h / height;
            const wanted = areaMean(image, source, u * x, v * y, (u + 1) * x, (v + 1) * y);
            worst = Math.max(worst, Math.abs(out[(c * height + v) * width + u]! - wanted));
          }
    }
    expect(worst).toBeLessThan(0.01);
  });

  it('orders channels, normalises and pads with the mean as it is told', () => {
    const image: Image = { width: 2, height: 1, channels: 4, data: Uint8Array.of(10, 20, 30, 0, 50, 60, 70, 255) };
    const input = { order: 'BGR', mean: 10, scale: 0.5 } as const;
    const out = shrink(image, { width: 2, height: 1, canvasWidth: 4, canvasHeight: 2, left: 1, top: 1, input });
    expect([...out]).toEqual([0, 0, 0, 0, 0, 10, 30, 0, 0, 0, 0, 0, 0, 5, 25, 0, 0, 0, 0, 0, 0, 0, 20, 0]);
    const grey = shrink(image, { width: 1, height: 1, input: { order: 'grey', mean: 0, scale: 1 } });
    expect(grey).toHaveLength(1);
    expect(grey[0]).toBeCloseTo(0.299 * 30 + 0.587 * 40 + 0.114 * 50, 4);
  });

  it('refuses to enlarge or to overflow', () => {
    const image = noise(8, 8, 3);
    for (const size of [
      { width: 9, height: 8 },
      { width: 0, height: 8 },
      { width: 8, height: 8, canvasWidth: 9, left: 2 },
    ])
      expect(() => shrink(image, { ...size, input: plain })).toThrow(expect.objectContaining({ code: 'invalid-option' }));
  });
});

describe('halvePlanes', () => {
  it('gives the mean of 2×2, and the mean of the network beyond, also in memory used before', () => {
    const planes = Float32Array.from({ length: 3 * 4 * 2 }, (_, i) => i);
    const memory = new Float32Array(3 * 3 * 2).fill(7);
    const half = halvePlanes(planes, 4, 2, { width: 3, height: 2, memory });
    expect(half).toBe(memory);
    expect([...half]).toEqual([2.5, 4.5, 0, 0, 0, 0, 10.5, 12.5, 0, 0, 0, 0, 18.5, 20.5, 0, 0, 0, 0]);
    expect([...halvePlanes(planes, 4, 2, { width: 2, height: 1 })]).toEqual([2.5, 4.5, 10.5, 12.5, 18.5, 20.5]);
  });

  it('refuses odd sides and what does not fit', () => {
    for (const [width, height] of [
      [3, 2],
      [4, 3],
      [4, 2],
    ] as const) {
      const half = () => halvePlanes(new Float32Array(3 * width * height), width, height, { width: 1, height: 1 });
      expect(half).toThrow(expect.objectContaining({ code: 'invalid-option' }));
    }
  });
});

describe('pointsOf', () => {
  it('lays out finest map first, row by row, at the cells’ centres', () => {
    const points = pointsOf(64, 32);
    expect(points.count).toBe(8 * 4 + 4 * 2 + 2 * 1);
    expect(points.levels.map((level) => level.offset)).toEqual([0, 32, 40]);
    const at = (p: number) => [...points.anchors.subarray(3 * p, 3 * p + 3)];
    expect(at(0)).toEqual([4, 4, 8]);
    expect(at(9)).toEqual([12, 12, 8]);
    expect(at(32 + 5)).toEqual([24, 24, 16]);
    expect(at(41)).toEqual([48, 16, 32]);
  });

  it('refuses sides that leave part of a cell', () => {
    for (const side of [0, 48, 33, Number.NaN]) expect(() => pointsOf(side, 64)).toThrow(/multiples of 32/);
  });
});

describe('suppress', () => {
  const at = (x: number, score: number) => ({ box: { x, y: 0, width: 10, height: 10 }, score });

  it('keeps the best of what overlaps and everything else', () => {
    // 0 and 3 overlap by 7/13 = 0.538, 3 and 6 as well, 0 and 6 by 4/16.
    const kept = suppress([at(0, 0.5), at(3, 0.9), at(6, 0.7), at(30, 0.1)], 0.5);
    expect(kept.map((face) => [face.box.x, face.score])).toEqual([
      [3, 0.9],
      [30, 0.1],
    ]);
    expect(suppress([at(0, 0.5), at(3, 0.9), at(6, 0.7)], 0.6)).toHaveLength(3);
    expect(suppress([at(0, 0.6), at(3, 0.5), at(6, 0.4)], 0.5).map((face) => face.box.x)).toEqual([0, 6]);
    expect(suppress([at(0, 0.5), at(20, 0.9), at(40, 0.7)], 0.5, 2)).toHaveLength(2);
    expect(suppress([], 0.5)).toEqual([]);
  });

  it('takes a box inside a sure face, or round one, for the same face', () => {
    const square = (x: number, side: number, score: number) => ({ box: { x, y: x, width: side, height: side }, score });
    const scores = (boxes: ReturnType<typeof square>[]) => suppress(boxes, 0.5).map(({ score }) => score);
    expect(scores([square(0, 100, 0.6), square(30, 40, 0.9)])).toEqual([0.9]);
    expect(scores([square(0, 100, 0.9), square(30, 40, 0.6)])).toEqual([0.9]);
    expect(scores([square(0, 100, 0.4), square(30, 40, 0.3)])).toEqual([0.4, 0.3]);
    expect(scores([square(0, 100, 0.9), square(80, 40, 0.6)])).toEqual([0.9, 0.6]);
  });
});

const face = (x: number, y: number, width: number, height: number): LabelledFace => ({
  box: { x, y, width, height },
  landmarks: {
    leftEye: { x: x + 0.3 * width, y: y + 0.4 * height },
    rightEye: { x: x + 0.7 * width, y: y + 0.4 * height },
    nose: { x: x + 0.5 * width, y: y + 0.6 * height },
    leftMouth: { x: x + 0.35 * width, y: y + 0.8 * height },
    rightMouth: { x: x + 0.65 * width, y: y + 0.8 * height },
  },
  ignore: false,
});

/** A prediction that a perfect network would make: the targets as raw numbers. */
function perfect(faces: readonly LabelledFace[], points: Points): Float32Array {
  const targets = createTargets(1, points);
  assignFaces(faces, points, targets, 0);
  const raw = new Float32Array(points.count * POINT_CHANNELS);
  for (let p = 0; p < points.count; p++) {
    const [x, y, stride] = points.anchors.subarray(3 * p, 3 * p + 3) as unknown as [number, number, number];
    const [cx, cy, w, h] = targets.box.data.subarray(4 * p, 4 * p + 4) as unknown as [number, number, number, number];
    const sure = targets.cls.data[p] ? 6 : -6;
    const marks = Array.from({ length: 10 }, (_, k) => (targets.landmark.data[10 * p + k]! - (k % 2 ? y : x)) / stride);
    raw.set([sure, 6, (cx - x) / stride, (cy - y) / stride, Math.log(w / stride), Math.log(h / stride), ...marks], p * 16);
  }
  return raw;
}

function expectFace(found: Pick<Detection, 'box' | 'landmarks'>, wanted: LabelledFace, digits: number): void {
  for (const key of ['x', 'y', 'width', 'height'] as const) expect(found.box[key]).toBeCloseTo(wanted.box[key], digits);
  for (const name of LANDMARK_ORDER)
    for (const key of ['x', 'y'] as const) expect(found.landmarks![name][key]).toBeCloseTo(wanted.landmarks![name][key], digits);
}

const order = <T extends { readonly box: BoundingBox }>(faces: readonly T[]) => [...faces].sort((a, b) => a.box.x - b.box.x);

describe('decode', () => {
  it('reads back the faces that the assigner wrote, from the smallest to the whole image', () => {
    const points = pointsOf(320, 256);
    const faces = [
      face(3, 5, 7, 8),
      face(20, 200, 18, 24),
      face(60, 10, 40, 52),
      face(105, -20, 95, 130),
      face(150, 90, 190, 200),
    ];
    const found = suppress(decode(perfect(faces, points), points, 0.5), 0.5);
    expect(found).toHaveLength(faces.length);
    for (const [i, one] of order(found).entries()) expectFace(one, faces[i]!, 3);
    expect(found[0]!.score).toBeCloseTo(1 / (1 + Math.exp(-6)), 6);
  });

  it('takes the geometric mean of both probabilities and keeps from the threshold up', () => {
    const points = pointsOf(32, 32);
    const raw = new Float32Array(points.count * 16).fill(-20);
    raw.set([Math.log(0.9 / 0.1), Math.log(0.4 / 0.6), 0, 0, 0, 0], 0);
    raw.set([Math.log(0.9 / 0.1), Math.log(0.1 / 0.9), 0, 0, 0, 0], 16);
    raw.set([Number.NaN, 3, 0, 0, 0, 0], 32);
    const found = decode(raw, points, 0.59);
    expect(found).toHaveLength(1);
    expect(found[0]!.score).toBeCloseTo(0.6, 6);
    expect(found[0]!.box).toEqual({ x: 0, y: 0, width: 8, height: 8 });
    expect(decode(raw, points, 0)).toHaveLength(points.count - 1);
    expect(decode(raw, points, 1)).toHaveLength(0);
  });

  it('keeps wild numbers finite', () => {
    const points = pointsOf(32, 32);
    const raw = new Float32Array(points.count * 16).fill(1000);
    for (const { box } of decode(raw, points, 0.5)) expect(Number.isFinite(box.width * box.height)).toBe(true);
  });
});

const card = (input: object = {}) =>
  parseCard(
    {
      cardVersion: 1,
      name: 'fake',
      version: '1',
      task: 'detector',
      summary: '',
      file: 'fake.onnx',
      sha256: '0'.repeat(64),
      bytes: 1,
      parameters: 0,
      input: { name: 'input', channels: 3, multiple: 32, order: 'RGB', mean: 127.5, scale: 1 / 64, ...input },
      labels: [],
      detector: { kind: 'phiz', strides: [8, 16, 32], scoreThreshold: 0.5, nmsIou: 0.45 },
      licence: 'MIT',
      provenance: '',
    },
    'fake.json',
  );

/** An engine whose network sees `faces`, given in pixels of its input. */
function fakeEngine(faces: readonly LabelledFace[], seen: Tensor[] = []): Engine {
  return {
    device: 'cpu',
    load: async () => ({
      inputNames: ['input'],
      outputNames: ['prediction'],
      async run({ input }) {
        seen.push(input as Tensor);
        const points = pointsOf(input!.dims[3]!, input!.dims[2]!);
        return { prediction: { dims: [1, points.count, 16], data: perfect(faces, points) } };
      },
      dispose: async () => {},
    }),
  };
}

const model = (input?: object): Model => ({ card: card(input), bytes: new Uint8Array(1) });

describe('createAnchorFreeDetector', () => {
  it('shrinks a large image and maps the faces back', async () => {
    const seen: Tensor[] = [];
    const detector = await createAnchorFreeDetector({
      engine: fakeEngine([face(100, 50, 60, 80), face(400, 200, 20, 24)], seen),
      model: model(),
    });
    const image: Image = { width: 1600, height: 1001, channels: 3, data: new Uint8Array(1600 * 1001 * 3) };
    const found = await detector.detect(image);
    expect(seen[0]!.dims).toEqual([1, 3, 416, 640]);
    expect(found).toHaveLength(2);
    const [first, second] = order(found);
    const y = 1001 / 400;
    const scaled = (f: LabelledFace): LabelledFace => {
      const { box } = f;
      return face(box.x * 2.5, box.y * y, box.width * 2.5, box.height * y);
    };
    expectFace(first!, scaled(face(100, 50, 60, 80)), 2);
    expectFace(second!, scaled(face(400, 200, 20, 24)), 2);
    await detector.detect(image, { detectSize: 320 });
    expect(seen[1]!.dims).toEqual([1, 3, 224, 320]);
    await detector.dispose();
  });

  it('looks at half the size as well, from the same pixels, in memory that goes on being used', async () => {
    const seen: Tensor[] = [];
    const memory: number[] = [];
    const engine: Engine = {
      ...fakeEngine([face(100, 50, 60, 80)], seen),
      memory(length) {
        memory.push(length);
        return new Float32Array(length);
      },
    };
    const detector = await createAnchorFreeDetector({ engine, model: model() });
    const image = noise(1280, 900, 3);
    const { whole, half } = await detector.detectWithHalf!(image);
    expect(seen.map(({ dims }) => dims)).toEqual([
      [1, 3, 480, 640],
      [1, 3, 256, 320],
    ]);
    expectFace(whole[0]!, face(200, 100, 120, 160), 2);
    expectFace(half[0]!, face(400, 200, 240, 320), 2);
    const mean = (t: Tensor, c: number, x: number, y: number) => t.data[(c * t.dims[2]! + y) * t.dims[3]! + x]!;
    for (const [x, y] of [
      [0, 0],
      [319, 224],
      [120, 77],
    ] as const) {
      const area = (2 * 1280) / 640;
      const wanted = (areaMean(image, 1, x * area, y * area, (x + 1) * area, (y + 1) * area) - 127.5) / 64;
      expect(mean(seen[1]!, 1, x, y)).toBeCloseTo(wanted, 4);
    }
    expect(mean(seen[1]!, 0, 0, 225)).toBe(0);
    // A face half as large again as this one is of no use at half the size; at the whole size none is left out.
    const large = await detector.detectWithHalf!(image, { leastFace: 20, leastAtHalf: 420 });
    expect([large.whole.length, large.half.length]).toEqual([1, 0]);
    await Promise.all([detector.detectWithHalf!(image), detector.detectWithHalf!(image)]);
    await detector.detectWithHalf!(image, { scoreThreshold: 0.9 });
    expect(memory).toHaveLength(4);
    await expect(detector.detectWithHalf!(image, { detectSize: 3 })).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('leaves small images at their size, padded with the mean', async () => {
    const seen: Tensor[] = [];
    const detector = await createAnchorFreeDetector({ engine: fakeEngine([face(4, 4, 40, 40)], seen), model: model() });
    const [found] = await detector.detect({ width: 48, height: 48, channels: 1, data: new Uint8Array(48 * 48).fill(255) });
    expectFace(found!, face(4, 4, 40, 40), 3);
    const { dims, data } = seen[0]!;
    expect(dims).toEqual([1, 3, 64, 64]);
    expect(data[47]).toBeCloseTo(127.5 / 64, 6);
    expect(data[48]).toBe(0);
    expect(data[48 * 64]).toBe(0);
    await detector.detect(noise(1, 1, 4));
    expect(seen[1]!.dims).toEqual([1, 3, 32, 32]);
  });

  it('refuses other models, options and predictions', async () => {
    const engine = fakeEngine([]);
    const mismatch = expect.objectContaining({ code: 'model-mismatch' });
    const other: Model = { card: { ...card(), task: 'emotion' }, bytes: new Uint8Array(1) };
    await expect(createAnchorFreeDetector({ engine, model: other })).rejects.toThrow(mismatch);
    await expect(createAnchorFreeDetector({ engine, model: model({ channels: 1, order: 'grey' }) })).rejects.toThrow(mismatch);
    const detector = await createAnchorFreeDetector({ engine, model: model() });
    const image = noise(64, 64, 3);
    for (const options of [{ detectSize: 0 }, { detectSize: Number.NaN }, { scoreThreshold: 2 }])
      await expect(detector.detect(image, options)).rejects.toThrow(expect.objectContaining({ code: 'invalid-option' }));
    await expect(detector.detect({ ...image, width: 65 })).rejects.toThrow(expect.objectContaining({ code: 'invalid-data' }));
    const short: Engine = {
      device: 'cpu',
      load: async () => ({
        inputNames: ['input'],
        outputNames: ['prediction'],
        run: async () => ({ prediction: { dims: [1, 2, 16], data: new Float32Array(32) } }),
        dispose: async () => {},
      }),
    };
    const broken = await createAnchorFreeDetector({ engine: short, model: model() });
    await expect(broken.detect(image)).rejects.toThrow(mismatch);
  });
});

describe('fit', () => {
  it('never enlarges, and keeps at least a pixel of a thin image', () => {
    expect(letterbox({ width: 300, height: 200 })).toMatchObject({
      width: 300,
      height: 200,
      canvasWidth: 320,
      canvasHeight: 224,
    });
    expect(letterbox({ width: 10000, height: 3 })).toMatchObject({ width: 640, height: 1, canvasWidth: 640, canvasHeight: 32 });
  });

  it('puts an image inside a border when asked, and knows the way back', () => {
    const place = letterbox({ width: 200, height: 100 }, { detectSize: 100, multiple: 1, border: 0.2 });
    expect(place).toMatchObject({ width: 100, height: 50, canvasWidth: 140, canvasHeight: 90, left: 20, top: 20 });
    expect(place.box({ x: 20, y: 20, width: 100, height: 50 })).toEqual({ x: 0, y: 0, width: 200, height: 100 });
    expect(place.point({ x: 70, y: 45 })).toEqual({ x: 100, y: 50 });
  });
});
