import { describe, expect, it } from 'vitest';
import { createAttributeClassifier } from '#dist/attributes/attribute.js';
import { emotion } from '#dist/attributes/emotion/index.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { createClassifier } from '#dist/classify/classifier.js';
import { faceMap } from '#dist/classify/crop.js';
import { softmax } from '#dist/classify/softmax.js';
import type { ModelCard } from '#dist/core/card.js';
import type { Engine } from '#dist/core/engine.js';
import { LANDMARK_ORDER, type Landmarks, landmarksOf } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { Tensor } from '#dist/core/tensor.js';
import { cardOf } from './fixtures/cards.js';

const landmarks = {
  leftEye: { x: 2, y: 3 },
  rightEye: { x: 6, y: 3 },
  nose: { x: 4, y: 5 },
  leftMouth: { x: 3, y: 6 },
  rightMouth: { x: 5, y: 6 },
};
const face = { box: { x: 0, y: 0, width: 8, height: 8 }, landmarks };

/** An image of one colour. */
function plain(rgb: readonly [number, number, number], size = 8): Image {
  return { width: size, height: size, channels: 3, data: Uint8Array.from({ length: size * size * 3 }, (_, i) => rgb[i % 3]!) };
}

/** An engine whose network is a function from one sample's values to its logits; it notes the batches it ran. */
function fakeEngine(network: (sample: Float32Array) => readonly number[]) {
  const batches: Tensor[] = [];
  let open = 0;
  const engine: Engine = {
    device: 'cpu',
    async load() {
      open++;
      return {
        inputNames: ['input'],
        outputNames: ['logits'],
        async run(feeds) {
          const input = feeds.input as Tensor;
          batches.push(input);
          const count = input.dims[0]!;
          const size = input.data.length / count;
          const rows = Array.from({ length: count }, (_, i) => network(input.data.subarray(i * size, (i + 1) * size)));
          return { logits: { dims: [count, rows[0]!.length], data: Float32Array.from(rows.flat()) } };
        },
        async dispose() {
          open--;
        },
      };
    },
  };
  return { engine, batches, open: () => open };
}

const model = (changes: Partial<ModelCard> = {}) => ({ card: cardOf(changes), bytes: new Uint8Array() });

describe('createClassifier', () => {
  it('normalises as the card says: mean, scale, and the order of the colours', async () => {
    for (const [order, expected] of [
      ['RGB', [10, 20, 30]],
      ['BGR', [30, 20, 10]],
    ] as const) {
      const { engine, batches } = fakeEngine(() => [0, 1]);
      const input = { name: 'input', channels: 3, width: 2, height: 2, order, mean: 5, scale: 0.5 } as const;
      const classifier = await createClassifier({ engine, model: model({ input, labels: ['a', 'b'] }) });
      await classifier.logits([classifier.crop(plain([10, 20, 30]), face)]);
      const fed = expected.flatMap((v) => [0, 0, 0, 0].map(() => (v - 5) * 0.5));
      expect([...batches.at(-1)!.data]).toEqual(fed);
      expect(batches.at(-1)!.dims).toEqual([1, 3, 2, 2]);
    }
  });

  it('takes the mean of a crop and its mirror image where the card says so, for each face its own', async () => {
    // The network tells left from right: a row's first pixel against its last.
    const { engine, batches } = fakeEngine((x) => [x[0]!, x[1]!]);
    const input = { name: 'input', channels: 3, width: 2, height: 2, order: 'RGB', mean: 0, scale: 1 } as const;
    const crop = { margin: 1, shift: 0, alignment: 'none' } as const;
    const half = (left: number, right: number): Image => ({
      width: 8,
      height: 8,
      channels: 1,
      data: Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? left : right)),
    });
    const images = [half(10, 30), half(100, 200)];
    const logits = async (mirror: boolean) => {
      const classifier = await createClassifier({ engine, model: model({ input, crop, labels: ['a', 'b'], mirror }) });
      return (await classifier.logits(images.map((image) => classifier.crop(image, face)))).map((row) => [...row]);
    };
    const plainly = await logits(false);
    expect(plainly).toEqual([
      [10, 30],
      [100, 200],
    ]);
    expect(await logits(true)).toEqual([
      [20, 20],
      [150, 150],
    ]);
    expect(batches.at(-1)!.dims).toEqual([4, 3, 2, 2]);
  });

  it('feeds grey by the BT.601 weights', async () => {
    const { engine, batches } = fakeEngine(() => [0, 1]);
    const classifier = await createClassifier({ engine, model: model({ labels: ['a', 'b'] }) });
    await classifier.logits([classifier.crop(plain([100, 0, 0]), face)]);
    expect(batches.at(-1)!.data[0]).toBeCloseTo(29.9, 3);
  });

  it('runs all faces as one batch, 64 at most, and keeps their order', async () => {
    const { engine, batches } = fakeEngine((sample) => [sample[0]!, 0]);
    const classifier = await createClassifier({ engine, model: model({ labels: ['a', 'b'] }) });
    batches.length = 0;
    const crops = Array.from({ length: 130 }, (_, i) => classifier.crop(plain([i, i, i]), face));
    const rows = await classifier.logits(crops);
    expect(batches.map(({ dims }) => dims[0])).toEqual([64, 64, 2]);
    expect(rows.map((row) => Math.round(row[0]!))).toEqual(Array.from({ length: 130 }, (_, i) => i));
    expect(await classifier.logits([])).toEqual([]);
  });

  it('divides by the temperature before the soft-max', async () => {
    const { engine } = fakeEngine(() => [2, 0]);
    const [row] = await createClassifier({ engine, model: model({ labels: ['a', 'b'], temperature: 2 }) }).then((c) =>
      c.classify([c.crop(plain([0, 0, 0]), face)]),
    );
    expect(row![0]).toBeCloseTo(Math.E / (Math.E + 1), 12);
    expect(row![0]! + row![1]!).toBeCloseTo(1, 15);
  });

  it('refuses a card that does not fit the network, and closes the session', async () => {
    const { engine, open } = fakeEngine(() => [0, 1, 2]);
    const input = { name: 'input', channels: 1, width: 4, height: 4, order: 'grey', mean: 0, scale: 1 } as const;
    for (const [changes, message] of [
      [{ labels: ['a', 'b'] }, /'tiny'.*2 labels, but logits of shape \[1, 3\]/],
      [{ labels: ['a', 'b', 'c'], input: { ...input, name: 'x' } }, /feeds 'x', the network wants 'input'/],
      [{ labels: ['a', 'b', 'c'], input: { ...input, order: 'RGB' as const } }, /order 'RGB' with 1 channels/],
      [{ labels: ['a', 'b', 'c'], input: { ...input, width: undefined } }, /no input width/],
      [{ labels: ['a', 'b', 'c'], crop: undefined }, /crop/],
    ] as const) {
      const attempt = createClassifier({ engine, model: model(changes as Partial<ModelCard>) });
      await expect(attempt).rejects.toMatchObject({ code: 'model-mismatch', message: expect.stringMatching(message) });
    }
    expect(open()).toBe(0);
  });

  it('does not pass on what is not a number', () => {
    expect(() => softmax([1, Number.NaN])).toThrow(/NaN/);
    expect([...softmax([1000, 0])]).toEqual([1, 0]);
  });
});

describe('createAttributeClassifier', () => {
  it('reads labels by name: a permuted card gives the same result', async () => {
    const scores = { angry: 0, disgust: 1, fear: 2, happy: 5, sad: 3, surprise: 4, neutral: 2.5 };
    const results = [];
    for (const labels of [[...EMOTIONS], [...EMOTIONS].reverse(), [...EMOTIONS].sort()]) {
      const { engine } = fakeEngine(() => labels.map((label) => scores[label]));
      const classifier = await createAttributeClassifier(emotion, { engine, model: model({ labels }) });
      results.push((await classifier.classify(plain([0, 0, 0]), [face]))[0]!);
    }
    expect(results[0]!.label).toBe('happy');
    expect(results[0]!.confidence).toBe(results[0]!.probabilities.happy);
    expect(Object.keys(results[0]!.probabilities)).toEqual(EMOTIONS);
    for (const result of results) {
      expect(result.label).toBe('happy');
      for (const label of EMOTIONS) expect(result.probabilities[label]).toBeCloseTo(results[0]!.probabilities[label], 12);
    }
  });

  it('refuses the same labels with one more, or one twice', async () => {
    for (const labels of [
      [...EMOTIONS, 'bored'],
      [...EMOTIONS.slice(1), EMOTIONS[1]!],
    ]) {
      const { engine } = fakeEngine(() => labels.map(() => 0));
      await expect(createAttributeClassifier(emotion, { engine, model: model({ labels }) })).rejects.toMatchObject({
        code: 'model-mismatch',
      });
    }
  });

  it('frees its network', async () => {
    const { engine, open } = fakeEngine(() => EMOTIONS.map(() => 0));
    const classifier = await createAttributeClassifier(emotion, { engine, model: model({ labels: [...EMOTIONS] }) });
    expect(open()).toBe(1);
    await classifier.dispose();
    expect(open()).toBe(0);
  });

  it('refuses other labels', async () => {
    const { engine } = fakeEngine(() => [0, 1]);
    await expect(createAttributeClassifier(emotion, { engine, model: model({ labels: ['cat', 'dog'] }) })).rejects.toMatchObject({
      code: 'model-mismatch',
      message: expect.stringContaining('cat, dog'),
    });
  });
});

describe('faceMap', () => {
  const at = ([a, b, c, d, e, f]: readonly number[], u: number, v: number) => [a! * u + b! * v + c!, d! * u + e! * v + f!];

  it('puts the square around the box without alignment', () => {
    const map = faceMap(face, { margin: 1.5, shift: 0.25, alignment: 'none' }, 48, 48);
    expect(at(map, 24, 24)).toEqual([4, 6]);
    expect(at(map, 0, 0)).toEqual([-2, 0]);
  });

  it('needs no landmarks, but cannot turn a face without them', () => {
    const bare = { box: face.box, landmarks: null };
    expect(faceMap(bare, { margin: 1, shift: 0, alignment: 'none' }, 8, 8)).toEqual([1, 0, 0, 0, 1, 0]);
    expect(faceMap(bare, { margin: 1, shift: 0, alignment: 'eyes' }, 8, 8)).toEqual([1, 0, 0, 0, 1, 0]);
  });

  it('levels the eyes, and keeps centre and size', () => {
    // A quarter turn clockwise: the eyes stand above each other, "down" in the face points to the left of the image.
    const turned = { ...landmarks, leftEye: { x: 5, y: 2 }, rightEye: { x: 5, y: 6 } };
    const map = faceMap({ box: face.box, landmarks: turned }, { margin: 1, shift: 0.25, alignment: 'eyes' }, 8, 8);
    const close = (actual: readonly number[], expected: readonly number[]) =>
      expected.forEach((v, i) => {
        expect(actual[i]).toBeCloseTo(v, 9);
      });
    close(at(map, 4, 4), [2, 4]);
    close(at(map, 0, 4), [2, 0]);
    close(at(map, 8, 4), [2, 8]);
    close(at(map, 4, 0), [6, 4]);
  });

  it('equals no alignment where the eyes are level', () => {
    const rule = { margin: 1.3, shift: 0.1 };
    const eyes = faceMap(face, { ...rule, alignment: 'eyes' }, 40, 40);
    faceMap(face, { ...rule, alignment: 'none' }, 40, 40).forEach((v, i) => {
      expect(eyes[i]).toBeCloseTo(v, 9);
    });
  });
});

describe('faceMap with alignment points', () => {
  const box = { x: 100, y: 50, width: 80, height: 100 };
  const rule = { margin: 1, shift: 0, alignment: 'points' } as const;
  /** The template's points in a 112×112 output, as InsightFace publishes them. */
  const wanted = [
    [38.3, 51.7],
    [73.5, 51.5],
    [56, 71.7],
    [41.5, 92.4],
    [70.7, 92.2],
  ];
  /** Points of a face as the template has them, turned, enlarged and moved. */
  const points = (degrees: number, size: number): Landmarks => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180) * size, Math.sin((degrees * Math.PI) / 180) * size];
    return landmarksOf((k) => {
      const [x, y] = [wanted[k]![0]! - 56, wanted[k]![1]! - 72];
      return { x: 140 + cos * x - sin * y, y: 100 + sin * x + cos * y };
    });
  };

  it.each([0, 30, -45, 80])('shows a face turned by %d degrees upright, its points where the template has them', (degrees) => {
    const landmarks = points(degrees, 1.1);
    const [a, b, c, d, e, f] = faceMap({ box, landmarks }, rule, 112, 112);
    for (const [k, name] of LANDMARK_ORDER.entries()) {
      const [u, v] = wanted[k]!;
      expect(a * u! + b * v! + c).toBeCloseTo(landmarks[name].x, 0);
      expect(d * u! + e * v! + f).toBeCloseTo(landmarks[name].y, 0);
    }
  });

  it('shows more around with a margin, and lower with a shift', () => {
    const landmarks = points(0, 1);
    const near = faceMap({ box, landmarks }, rule, 112, 112);
    const far = faceMap({ box, landmarks }, { ...rule, margin: 2, shift: 0.25 }, 112, 112);
    expect(far[0] / near[0]).toBeCloseTo(2);
    const centre = (m: typeof near) => ({ x: m[0] * 56 + m[1] * 56 + m[2], y: m[3] * 56 + m[4] * 56 + m[5] });
    expect(centre(far).x).toBeCloseTo(centre(near).x);
    expect(centre(far).y - centre(near).y).toBeCloseTo(0.25 * 112 * near[4], 0);
  });

  it('goes by the box where there are no points, or points that cannot be', () => {
    const byBox = faceMap({ box, landmarks: null }, rule, 64, 64);
    const wrong = landmarksOf((k) => ({ x: 100 + k, y: 60 }));
    expect(faceMap({ box, landmarks: wrong }, rule, 64, 64)).toEqual(byBox);
    const [a, b, c, d, e, f] = byBox;
    expect([b, d]).toEqual([0, 0].map(() => expect.closeTo(0, 1)));
    // The face's middle is shown near the output's middle.
    expect(a * 32 + c).toBeCloseTo(140, 0);
    expect(Math.abs(e * 32 + f - 100)).toBeLessThan(15);
  });
});
