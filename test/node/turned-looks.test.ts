/** Photos that lie on their side: quarter turns, what an analyzer looks at, and faces of the sample found and read in every position. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleAnalyzer } from '#dist/analyze/analyzer.js';
import { type BoundingBox, clipBox, iou } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { turnBack, turnBox, turnImage, turnPoint } from '#dist/core/turn.js';
import type { Detection, FaceDetector } from '#dist/detect/detector.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import { runPhiz } from './fixtures/phiz.js';

const TURNS = [90, 180, 270] as const;

describe('a quarter turn', () => {
  const size = { width: 70, height: 45 };
  const image: Image = { ...size, channels: 3, data: Uint8Array.from({ length: 70 * 45 * 3 }, (_, i) => (i * 7919) % 251) };

  it.each(TURNS)('of %i° moves every pixel where it moves its point, and back', (turn) => {
    const turned = turnImage(image, turn);
    expect([turned.width, turned.height]).toEqual(turn === 180 ? [70, 45] : [45, 70]);
    for (let y = 0; y < 45; y++)
      for (let x = 0; x < 70; x++) {
        const to = turnPoint({ x: x + 0.5, y: y + 0.5 }, turn, size);
        const at = (Math.floor(to.y) * turned.width + Math.floor(to.x)) * 3;
        const from = (y * 70 + x) * 3;
        if (turned.data[at] !== image.data[from] || turned.data[at + 2] !== image.data[from + 2])
          expect.fail(`pixel ${x}, ${y} went elsewhere`);
      }
    expect(turnImage(turned, turnBack(turn)).data).toEqual(image.data);
    const box = { x: 3, y: 5, width: 20, height: 10 };
    expect(turnBox(turnBox(box, turn, size), turnBack(turn), turned)).toEqual(box);
  });

  it('is clockwise', () => {
    const row: Image = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) };
    expect(turnImage(row, 90)).toEqual({ width: 1, height: 2, channels: 1, data: Uint8Array.of(1, 2) });
    expect(turnImage(row, 270).data).toEqual(Uint8Array.of(2, 1));
    expect(turnBox({ x: 0, y: 0, width: 1, height: 1 }, 270, row)).toEqual({ x: 0, y: 1, width: 1, height: 1 });
  });
});

describe('an analyzer that finds no sure face', () => {
  const blank: Image = { width: 200, height: 100, channels: 1, data: new Uint8Array(20_000) };
  /** Sees in the nth look what is listed there. */
  const seeing = (...looks: (readonly Detection[])[]) => {
    let taken = 0;
    const sizes: string[] = [];
    const detector: FaceDetector = {
      name: 'finder',
      version: '1',
      scoreThreshold: 0.5,
      fixedSize: true,
      async detect({ width, height }) {
        sizes.push(`${width}×${height}`);
        return looks[taken++] ?? [];
      },
      dispose: async () => {},
    };
    return { analyzer: assembleAnalyzer({ detector }), sizes };
  };
  const found = (x: number, y: number, score: number): Detection => ({
    box: { x, y, width: 30, height: 40 },
    landmarks: null,
    score,
  });

  it('looks at the photo turned in the three other ways, and takes the one that shows the surest face', async () => {
    const { analyzer, sizes } = seeing([found(9, 9, 0.79)], [found(10, 20, 0.9)], [], [found(50, 150, 0.91), found(5, 5, 0.6)]);
    const faces = await analyzer.detect(blank);
    expect(sizes).toEqual(['200×100', '100×200', '200×100', '100×200']);
    expect(faces.map(({ turn, score }) => [turn, score])).toEqual([
      [270, 0.91],
      [270, 0.6],
    ]);
    expect(faces.map(({ box }) => box)).toEqual([
      { x: 10, y: 50, width: 40, height: 30 },
      { x: 155, y: 5, width: 40, height: 30 },
    ]);
  });

  it('looks first with a border where it finds none, for one that fills the photo', async () => {
    const filling: Detection = { box: { x: 75, y: 75, width: 100, height: 110 }, landmarks: null, score: 0.9 };
    const { analyzer, sizes } = seeing([], [found(100, 100, 0.95), filling]);
    const near = (value: number) => expect.closeTo(value, 6);
    // The photo is shrunk to 112 pixels, with a border of 45 all round.
    const box = { x: near(30 / 0.56), y: near(30 / 0.56), width: near(100 / 0.56), height: near(110 / 0.56) };
    expect(await analyzer.detect(blank)).toEqual([{ ...filling, box }]);
    expect(sizes).toEqual(['200×100', '202×146']);
    const large = seeing([], [{ ...filling, box: { x: 75, y: 75, width: 60, height: 60 } }]);
    const [face] = await large.analyzer.detect({ width: 2000, height: 2000, channels: 1, data: new Uint8Array(4_000_000) });
    expect(large.sizes.slice(0, 2)).toEqual(['2000×2000', '202×202']);
    expect(face).toBeUndefined();
  });

  it('is not content with less sure faces than that, nor turns where one is found or nobody asks for it', async () => {
    const unsure = seeing([], [], [found(10, 20, 0.6)], [found(10, 20, 0.79)]);
    expect(await unsure.analyzer.detect(blank)).toEqual([]);
    const hardly = seeing([found(10, 20, 0.75)], [found(10, 20, 0.84)]);
    expect(await hardly.analyzer.detect(blank)).toEqual([found(10, 20, 0.75)]);
    expect([unsure, hardly].map(({ sizes }) => sizes.length)).toEqual([5, 4]);
    const upright = seeing([found(10, 20, 0.8)], [found(10, 20, 0.95)]);
    expect(await upright.analyzer.detect(blank)).toEqual([found(10, 20, 0.8)]);
    const off = seeing([], [found(10, 20, 0.9)]);
    expect(await off.analyzer.detect(blank, { turn: false })).toEqual([]);
    const frames = seeing([], [found(10, 20, 0.9)]);
    for await (const { faces } of frames.analyzer.stream(
      (async function* () {
        yield { image: blank, timestamp: 0, duration: 1 };
      })(),
    ))
      expect(faces).toEqual([]);
    expect([upright, off, frames].map(({ sizes }) => sizes.length)).toEqual([1, 1, 1]);
    await expect(off.analyzer.detect(blank, { turn: 'no' as never })).rejects.toThrow(/turn must be true or false; got no/);
  });
});

/** One face of the sample, half its size of grey about it. */
async function portrait(): Promise<Buffer> {
  const { faces } = JSON.parse(await readFile('samples/faces.truth.json', 'utf8')) as {
    readonly faces: readonly { readonly box: BoundingBox }[];
  };
  const { x, y, width, height } = faces[2]!.box;
  const [w, h] = [Math.round(width / 2), Math.round(height / 2)];
  return sharp('samples/faces.png')
    .extract({ left: Math.round(x), top: Math.round(y), width: 2 * w, height: 2 * h })
    .extend({ top: h, bottom: h, left: w, right: w, background: '#888' })
    .png()
    .toBuffer();
}

describe('a photo that a face fills', () => {
  it('shows it, where its outlines are cut off', async () => {
    await using analyzer = await createAnalyzer({ threads: 1 });
    const { faces } = JSON.parse(await readFile('samples/faces.truth.json', 'utf8')) as {
      readonly faces: readonly { readonly box: BoundingBox }[];
    };
    const shown = async (tight: Image) => {
      const found = await analyzer.detect(tight);
      expect(found).toHaveLength(1);
      // Of what lies beyond the edges nothing can be known: the face fills what is there.
      const { width, height } = tight;
      expect(iou(clipBox(found[0]!.box, width, height), { x: 0, y: 0, width, height })).toBeGreaterThan(0.6);
    };
    for (const { box } of faces.slice(1, 4)) await shown(await cutTightly(box, 0.26));
    // So tight that nothing but the look with a border shows it.
    const tighter = await cutTightly(faces[2]!.box, 0.28);
    expect(await analyzer.detect(tighter, { turn: false })).toEqual([]);
    await shown(tighter);
  });
});

/** The middle of a sample face; `cut`: how much of its box is cut away on each side, in units of the box's sides. */
async function cutTightly({ x, y, width, height }: BoundingBox, cut: number): Promise<Image> {
  const [left, top] = [Math.round(x + cut * width), Math.round(y + cut * height)];
  const inner = { left, top, width: Math.round((1 - 2 * cut) * width), height: Math.round((1 - 2 * cut) * height) };
  return readImage(await sharp('samples/faces.png').extract(inner).png().toBuffer());
}

describe('a photo on its side or head', () => {
  let folder: string;
  let photo: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-turn-'));
    photo = join(folder, 'upright.png');
    await writeFile(photo, await portrait());
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('gives the faces of the upright one, in its own coordinates and read alike', async () => {
    await using analyzer = await createAnalyzer({ threads: 1 });
    const upright = await readImage(photo);
    const expected = (await analyzer.analyze(upright)).faces;
    expect(expected).toHaveLength(1);
    for (const turn of TURNS) {
      const lying = turnImage(upright, turn);
      const { faces } = await analyzer.analyze(lying);
      expect(faces).toHaveLength(expected.length);
      for (const face of expected) {
        const place: BoundingBox = turnBox(face.box, turn, upright);
        const same = faces.find(({ box }) => iou(box, place) > 0.99)!;
        expect(same, `${turn}°`).toBeDefined();
        expect(same.emotion.probabilities.happy).toBeCloseTo(face.emotion.probabilities.happy, 5);
        expect(same.age.years).toBeCloseTo(face.age.years, 3);
        expect(same.quality.sharpness).toBeCloseTo(face.quality.sharpness, 5);
        const eye = turnPoint(face.landmarks!.leftEye, turn, upright);
        expect(Math.hypot(eye.x - same.landmarks!.leftEye.x, eye.y - same.landmarks!.leftEye.y)).toBeLessThan(0.01);
      }
    }
  });

  it('is looked at as it is with --no-turn', async () => {
    const lying = join(folder, 'lying.png');
    await sharp(photo).rotate(90).toFile(lying);
    const [turned, plain] = await Promise.all([
      runPhiz(['analyze', lying], { cwd: folder }),
      runPhiz(['analyze', lying, '--no-turn'], { cwd: folder }),
    ]);
    const surest = ({ out }: { readonly out: string }) =>
      Math.max(0, ...JSON.parse(out).faces.map(({ confidence }: { readonly confidence: number }) => confidence));
    expect(surest(turned)).toBeGreaterThan(0.9);
    expect(surest(plain)).toBeLessThan(0.8);
  });
});
