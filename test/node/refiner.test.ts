/** The second look at a detector's candidates: what it is shown, and what becomes of its answers. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '#dist/core/card.js';
import type { Engine } from '#dist/core/engine.js';
import type { Image } from '#dist/core/image.js';
import type { Tensor } from '#dist/core/tensor.js';
import { createAnchorFreeDetector } from '#dist/detect/anchor-free.js';
import type { MarkedFace } from '#dist/detect/decode.js';
import type { HalfOptions } from '#dist/detect/detector.js';
import { POINT_CHANNELS } from '#dist/detect/points.js';
import { createRefiner } from '#dist/detect/refiner.js';
import { modelHashes } from '#dist/node/models/model-hashes.js';
import { loadModel } from '#dist/node/models/models.js';
import { cardOf } from './fixtures/cards.js';

const SIZE = 64;
const card = cardOf({
  name: 'refiner',
  task: 'refiner',
  labels: ['face'],
  input: { name: 'input', channels: 3, width: SIZE, height: SIZE, order: 'RGB', mean: 0, scale: 1 },
  refiner: { margin: 1.6, weight: 0.5, boxWeight: 1 },
});
const model: Model = { card, bytes: new Uint8Array() };
const image: Image = {
  width: 300,
  height: 200,
  channels: 3,
  data: Uint8Array.from({ length: 300 * 200 * 3 }, (_, i) => (i % 3 === 0 ? Math.floor(i / 3) % 300 : 10)),
};

/** An engine whose network answers each square by a function of its pixels. */
function answering(answer: (square: Float32Array, input: Tensor) => readonly number[], seen: Tensor[] = []): Engine {
  return {
    load: async () => ({
      inputNames: ['input'],
      outputNames: ['prediction'],
      async run({ input }: Readonly<Record<string, Tensor>>) {
        seen.push(input!);
        const count = input!.dims[0]!;
        const each = input!.data.length / count;
        const rows = Array.from({ length: count }, (_, i) =>
          answer(input!.data.subarray(i * each, (i + 1) * each) as Float32Array, input!),
        );
        return { prediction: { dims: [count, 1, rows[0]!.length], data: Float32Array.from(rows.flat()) } };
      },
      dispose: async () => {},
    }),
  } as unknown as Engine;
}

const logit = (p: number) => Math.log(p / (1 - p));
/** A row: probability of a face and of its overlap, then offsets and log sizes in strides, then landmarks. */
const row = (score: number, box: readonly [number, number, number, number] = [0, 0, 0, 0], mark = 0.1): readonly number[] => [
  logit(score),
  logit(score),
  ...box,
  ...Array.from({ length: 10 }, () => mark),
];
const marks = Object.fromEntries(
  ['leftEye', 'rightEye', 'nose', 'leftMouth', 'rightMouth'].map((name) => [name, { x: 0, y: 0 }]),
) as unknown as MarkedFace['landmarks'];
const candidate = (x: number, y: number, side: number, score: number): MarkedFace => ({
  box: { x, y, width: side, height: side },
  landmarks: marks,
  score,
});

describe('a candidate', () => {
  it('is shown as a square about its box, from the image itself', async () => {
    const seen: Tensor[] = [];
    const refiner = await createRefiner({ engine: answering(() => row(0.9), seen), model });
    await refiner.refine(image, [candidate(100, 80, 40, 0.8)], 0.1, 0.4);
    expect(seen[0]!.dims).toEqual([1, 3, SIZE, SIZE]);
    // 64 pixels from x = 88 on at the image's own scale: red is the column, green is 10.
    expect(seen[0]!.data[0]).toBeCloseTo(88, 3);
    expect(seen[0]!.data[SIZE - 1]).toBeCloseTo(151, 3);
    expect(seen[0]!.data[SIZE * SIZE]).toBeCloseTo(10, 3);
  });

  it('gets box and landmarks where the network sees them, and both scores in one', async () => {
    const refiner = await createRefiner({ engine: answering(() => row(0.64, [0.25, -0.5, Math.log(0.5), Math.log(2)])), model });
    const [face] = await refiner.refine(image, [candidate(100, 80, 80, 0.81)], 0.1, 0.4);
    // A stride is the candidate's side: 80 pixels about (140, 120).
    expect(face!.box.width).toBeCloseTo(40, 4);
    expect(face!.box.height).toBeCloseTo(160, 4);
    expect(face!.box.x + 20).toBeCloseTo(160, 4);
    expect(face!.box.y + 80).toBeCloseTo(80, 4);
    expect(face!.landmarks.nose.x).toBeCloseTo(148, 4);
    expect(face!.landmarks.nose.y).toBeCloseTo(128, 4);
    expect(face!.score).toBeCloseTo(Math.sqrt(0.64 * 0.81), 5);
  });

  it('gets a box between both where its card says so', async () => {
    const between = { ...model, card: { ...card, refiner: { ...card.refiner!, boxWeight: 0.75 } } };
    const refiner = await createRefiner({ engine: answering(() => row(0.64, [0.25, 0, Math.log(0.5), 0])), model: between });
    const [face] = await refiner.refine(image, [candidate(100, 80, 80, 0.81)], 0.1, 0.4);
    // The network's: 140 to 180.
    expect(face!.box.x).toBeCloseTo(130, 4);
    expect(face!.box.width).toBeCloseTo(50, 4);
    expect(face!.box.height).toBeCloseTo(80, 4);
  });

  describe('whose card asks for a mirrored look, too,', () => {
    const mirrored = { ...model, card: { ...card, refiner: { ...card.refiner!, mirror: true } } };

    it('is shown mirrored about its new box', async () => {
      const seen: Tensor[] = [];
      // Half a side to the right in both looks: in the mirror that is half a side to the left of the image.
      const refiner = await createRefiner({ engine: answering(() => row(0.9, [0.5, 0, 0, 0]), seen), model: mirrored });
      await refiner.refine(image, [candidate(100, 80, 40, 0.8)], 0.1, 0.4);
      expect(seen).toHaveLength(2);
      // The new box lies 20 pixels further right, and its square is read from the right.
      expect(seen[1]!.data[0]).toBeCloseTo(88 + 20 + 63, 3);
      expect(seen[1]!.data[SIZE - 1]).toBeCloseTo(88 + 20, 3);
    });

    it('gets the mean of both looks, its right eye staying its right eye', async () => {
      // The left eye a quarter of a side left of the middle, the right eye an eighth right of it.
      const answers = row(0.64, [0, 0, 0, 0], 0);
      const turned = answers.map((value, i) => (i === 6 ? -0.25 : i === 8 ? 0.125 : value));
      let looks = 0;
      const refiner = await createRefiner({
        engine: answering(() => (looks++ === 0 ? turned : row(0.25, [0, 0, 0, 0], 0))),
        model: mirrored,
      });
      const [face] = await refiner.refine(image, [candidate(100, 80, 80, 0.81)], 0.1, 0.4);
      // Middle (140, 120). In the first look the eyes are at 120 and 150, in the second all is at 140.
      expect(face!.landmarks.leftEye.x).toBeCloseTo(130, 4);
      expect(face!.landmarks.rightEye.x).toBeCloseTo(145, 4);
      expect(face!.score).toBeCloseTo(Math.sqrt(0.81 * Math.sqrt(0.64 * 0.25)), 5);
      expect(Object.keys(face!)).toEqual(['box', 'landmarks', 'score']);

      looks = -1;
      const [swapped] = await (
        await createRefiner({
          engine: answering(() => (looks++ === 0 ? turned : row(0.64, [0, 0, 0, 0], 0))),
          model: mirrored,
        })
      ).refine(image, [candidate(100, 80, 80, 0.81)], 0.1, 0.4);
      // Seen in the mirror only: what is a quarter left there is the right eye, a quarter right.
      expect(swapped!.landmarks.rightEye.x).toBeCloseTo(150, 4);
      expect(swapped!.landmarks.leftEye.x).toBeCloseTo(135, 4);
    });

    it('is none where the mirrored look says so', async () => {
      let looks = 0;
      const refiner = await createRefiner({ engine: answering(() => row(looks++ === 0 ? 0.9 : 0.01)), model: mirrored });
      expect(await refiner.refine(image, [candidate(100, 80, 40, 0.9)], 0.5, 0.4)).toEqual([]);
    });
  });

  it('is dropped below the threshold, and where another now lies on it', async () => {
    let i = 0;
    const scores = [0.9, 0.01, 0.8, 0.9];
    const refiner = await createRefiner({ engine: answering(() => row(scores[i++]!)), model });
    const candidates = [
      candidate(100, 80, 40, 0.81),
      candidate(10, 10, 40, 0.9),
      candidate(104, 80, 40, 0.9),
      candidate(200, 80, 40, 0.6),
    ];
    const found = await refiner.refine(image, candidates, 0.5, 0.4);
    expect(found.map(({ box }) => Math.round(box.x))).toEqual([100, 200]);
    expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a));
  });

  it('that cannot come to the threshold any more is none, and no other is lost', async () => {
    const refiner = await createRefiner({ engine: answering(() => row(0.999999)), model });
    const least = refiner.candidateThreshold(0.6);
    expect(least).toBeCloseTo(0.36, 6);
    const just = candidate(100, 80, 40, least + 0.001);
    expect(await refiner.refine(image, [just], 0.6, 0.4)).toHaveLength(1);
    expect(await refiner.refine(image, [{ ...just, score: least - 0.001 }], 0.6, 0.4)).toHaveLength(0);
  });

  it.each([0, 1, 63, 64, 65, 150])('is looked at with up to 63 others: %d of them', async (count) => {
    const seen: Tensor[] = [];
    const refiner = await createRefiner({ engine: answering(() => row(0.9), seen), model });
    const candidates = Array.from({ length: count }, (_, i) => candidate((i % 20) * 15, Math.floor(i / 20) * 15, 10, 0.8));
    expect(await refiner.refine(image, candidates, 0.5, 0.4)).toHaveLength(count);
    expect(seen).toHaveLength(Math.ceil(count / 64));
  });
});

describe('a model in the refiner’s place', () => {
  it.each([
    ['of another task', { ...card, task: 'age' }],
    ['without the rule for squares', { ...card, refiner: undefined }],
    ['that is not square', { ...card, input: { ...card.input, height: 32 } }],
  ])('%s is refused', async (_, other) => {
    const opened = createRefiner({ engine: answering(() => row(0.9)), model: { ...model, card: other } });
    await expect(opened).rejects.toMatchObject({ code: 'model-mismatch' });
  });

  it('that predicts something else is named', async () => {
    const refiner = await createRefiner({ engine: answering(() => [1, 2, 3]), model });
    await expect(refiner.refine(image, [candidate(1, 1, 20, 0.9)], 0.5, 0.4)).rejects.toMatchObject({
      code: 'model-mismatch',
      message: expect.stringContaining('predicts [1, 1, 3] for 1 candidates'),
    });
  });
});

describe('a detector with a refiner', () => {
  const STRIDE = 32;
  const settings = { kind: 'phiz' as const, strides: [STRIDE], scoreThreshold: 0.5, nmsIou: 0.4 };
  const detectorCard = cardOf({
    name: 'detector',
    version: '1',
    task: 'detector',
    labels: ['face'],
    input: { name: 'input', channels: 3, multiple: STRIDE, order: 'RGB', mean: 0, scale: 1 },
    detector: settings,
  });
  /** The detector sees a face of 32 px with 0.3 at its first point; the refiner says `second` of it. */
  const engine = (second: number): Engine => {
    const points = (input: Tensor) => (input.dims[2]! / STRIDE) * (input.dims[3]! / STRIDE);
    const first = {
      inputNames: ['input'],
      outputNames: ['prediction'],
      async run({ input }: Readonly<Record<string, Tensor>>) {
        const data = new Float32Array(points(input!) * POINT_CHANNELS).fill(-20);
        data.set(row(0.3));
        return { prediction: { dims: [1, points(input!), POINT_CHANNELS], data } };
      },
      dispose: async () => {},
    };
    let loads = 0;
    const later = answering(() => row(second));
    return { ...later, load: async (bytes: Uint8Array) => (loads++ === 0 ? first : later.load(bytes)) } as unknown as Engine;
  };
  const detector = (second: number) =>
    createAnchorFreeDetector({ engine: engine(second), model: { card: detectorCard, bytes: new Uint8Array(), refiner: model } });

  it('finds what the detector alone would have left out, and drops what is none', async () => {
    const sure = await detector(0.99);
    expect(sure.version).toBe('1+refiner.1.0.0');
    const [face] = await sure.detect(image);
    expect(face!.score).toBeCloseTo(Math.sqrt(0.3 * 0.99), 4);
    const both = await sure.detectWithHalf!(image);
    expect(both.whole).toHaveLength(1);
    expect(both.half).toHaveLength(1);
    expect(await (await detector(0.5)).detect(image)).toEqual([]);
  });

  it('refines a large face that both looks show once, elsewhere where another engine is given', async () => {
    // 32 px about (16, 16) in both looks.
    const atBoth = answering(() => []);
    const first = {
      ...(await atBoth.load(new Uint8Array())),
      async run({ input }: Readonly<Record<string, Tensor>>) {
        const [, , height, width] = input!.dims as [number, number, number, number];
        const data = new Float32Array((height / STRIDE) * (width / STRIDE) * POINT_CHANNELS).fill(-20);
        data.set(row(0.3, width < image.width ? [-0.25, -0.25, Math.log(0.5), Math.log(0.5)] : undefined));
        return { prediction: { dims: [1, data.length / POINT_CHANNELS, POINT_CHANNELS], data } };
      },
    };
    const refined = async (options: HalfOptions) => {
      const seen: Tensor[] = [];
      const found = await createAnchorFreeDetector({
        engine: { ...atBoth, load: async () => first } as unknown as Engine,
        model: { card: detectorCard, bytes: new Uint8Array(), refiner: model },
        refinerEngine: answering(() => row(0.99), seen),
      });
      const { whole, half } = await found.detectWithHalf!(image, options);
      return [whole.length, half.length, seen.length];
    };
    expect(await refined({})).toEqual([1, 1, 2]);
    expect(await refined({ mostAtWhole: 33 })).toEqual([1, 1, 2]);
    expect(await refined({ mostAtWhole: 31 })).toEqual([0, 1, 1]);
    // What half the size does not show stays.
    expect(await refined({ mostAtWhole: 31, leastAtHalf: 100 })).toEqual([1, 0, 1]);
  });
});

describe('the card of a detector', () => {
  const write = async (refiner: string) => {
    const dir = await mkdtemp(join(tmpdir(), 'phiz-refiner-'));
    const put = async (name: string, changes: Parameters<typeof cardOf>[0]) => {
      const bytes = Buffer.from(name);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      await writeFile(join(dir, `${name}.onnx`), bytes);
      await writeFile(
        join(dir, `${name}.json`),
        JSON.stringify(cardOf({ ...changes, name, file: `${name}.onnx`, sha256, bytes: bytes.length })),
      );
    };
    await mkdir(dir, { recursive: true });
    await put('second', { ...card });
    const detector = { kind: 'phiz' as const, strides: [8], scoreThreshold: 0.5, nmsIou: 0.4, refiner };
    await put('finder', { task: 'detector', detector });
    return dir;
  };

  it('names its refiner, which is loaded and checked with it', async () => {
    const dir = await write('second.json');
    const loaded = await loadModel(join(dir, 'finder.onnx'));
    expect(loaded.refiner?.card.name).toBe('second');
    expect(Buffer.from(loaded.refiner!.bytes).toString()).toBe('second');
    // A refiner trained anew makes another model of the detector.
    const finder = join(dir, 'finder.onnx');
    const before = await modelHashes({ detector: finder });
    const other = cardOf({
      ...card,
      name: 'second',
      file: 'second.onnx',
      bytes: 5,
      sha256: createHash('sha256').update('newer').digest('hex'),
    });
    await writeFile(join(dir, 'second.onnx'), 'newer');
    await writeFile(join(dir, 'second.json'), JSON.stringify(other));
    expect(await modelHashes({ detector: finder })).not.toEqual(before);
    await writeFile(join(dir, 'second.onnx'), 'other!');
    await expect(loadModel('finder', { directory: dir })).rejects.toMatchObject({ code: 'model-damaged' });
    await rm(dir, { recursive: true });
  });

  it.each(['../second.json', 'sub/second.json', 'second.onnx'])('cannot name %s', async (refiner) => {
    const dir = await write(refiner);
    await expect(loadModel(join(dir, 'finder.json'))).rejects.toMatchObject({
      code: 'model-damaged',
      message: expect.stringContaining(`refiner '${refiner}' must be a card`),
    });
    await rm(dir, { recursive: true });
  });
});
