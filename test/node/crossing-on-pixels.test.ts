/** Somebody who is hidden for a second by another who crosses, as a clip is analysed: drawn faces, through the detector of the house. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import { type Mask, paste } from './fixtures/crowd.js';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const [WIDTH, HEIGHT, SECONDS] = [560, 200, 5] as const;

interface Crossing {
  /** Frames a second. */
  readonly rate?: number;
  /** Pixels a second of the one behind. */
  readonly speed: number;
  /** Which of the sample's faces are behind and in front, and how wide. */
  readonly faces?: readonly [behind: number, front: number];
  readonly sides?: readonly [behind: number, front: number];
  /** The one in front stops before the other until this long after they met, then goes on. */
  readonly stop?: number;
}

const CROSSINGS: Readonly<Record<string, Crossing>> = {
  'who stands': { speed: 0 },
  'who walks on the same way': { speed: 30 },
  'who walks the other way': { speed: -30 },
  'by somebody hardly larger': { speed: 0, sides: [64, 70] },
  'by one who stops before them': { speed: 0, stop: 1 },
  'at ten frames a second': { speed: 0, rate: 10 },
  'two others': { speed: 20, faces: [3, 1] },
  'two more': { speed: -20, faces: [5, 4] },
};

/** Where both are at second t. */
function boxesAt(t: number, { speed, sides = [58, 78], stop = 0 }: Crossing): readonly [BoundingBox, BoundingBox] {
  const past = t - SECONDS / 2;
  const apart = 64 * (past < 0 ? past : Math.max(past - stop, 0));
  const behind = WIDTH / 2 + speed * past;
  return [behind, behind + apart].map((middle, i) => {
    const width = sides[i]!;
    return { x: middle - width / 2, y: HEIGHT / 2 - 0.575 * width, width, height: 1.15 * width };
  }) as unknown as readonly [BoundingBox, BoundingBox];
}

/** Share of the one behind that is to be seen. */
function visible([behind, front]: readonly [BoundingBox, BoundingBox]): number {
  const across = Math.min(behind.x + behind.width, front.x + front.width) - Math.max(behind.x, front.x);
  return 1 - Math.max(0, across) / behind.width;
}

function draw(boxes: readonly [BoundingBox, BoundingBox], faces: readonly [Mask, Mask]): Image {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 3);
  for (let y = 0, o = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, o += 3) {
      const light = 108 + 22 * Math.sin(x / 37) * Math.cos(y / 29) + 14 * Math.sin((x + 2 * y) / 61);
      data.set([light, light, 1.1 * light], o);
    }
  const image: Image = { width: WIDTH, height: HEIGHT, channels: 3, data };
  for (const [i, box] of boxes.entries()) paste(image, faces[i]!, box, 0, 1);
  return image;
}

describe('keeps the number, hidden for a second', () => {
  let analyzer: Analyzer<never>;
  let masks: readonly Mask[];
  beforeAll(async () => {
    analyzer = (await createAnalyzer({ emotion: null, age: null, threads: 1 })) as Analyzer<never>;
    const image = await readImage(root('samples/faces.png'));
    const truth = JSON.parse(await readFile(root('samples/faces.truth.json'), 'utf8')) as {
      readonly faces: readonly { readonly box: BoundingBox }[];
    };
    masks = truth.faces.map(({ box }) => ({ image, box }));
  });
  afterAll(() => analyzer?.dispose());

  it.each(Object.entries(CROSSINGS))('%s', { timeout: 180_000 }, async (_, crossing) => {
    const { rate = 15, faces: [one, other] = [0, 2] } = crossing;
    const pair = [masks[one]!, masks[other]!] as const;
    const frames = (async function* () {
      for (let k = 0; k < SECONDS * rate; k++)
        yield { image: draw(boxesAt(k / rate, crossing), pair), timestamp: k / rate, duration: 1 / rate };
    })();
    /** Whom each number was given to. */
    const given = new Map<number, Set<string>>();
    let alone = 0;
    for await (const { timestamp, faces } of analyzer.stream(frames)) {
      const boxes = boxesAt(timestamp, crossing);
      const measured = faces.filter((face) => face.measured);
      if (measured.length === 1) alone += 1 / rate;
      // Where less than half of the one behind is to be seen, nobody can say whose face it is.
      if (visible(boxes) < 0.6) continue;
      for (const { box, person } of measured) {
        const [behind, front] = boxes.map(({ x, width }) => Math.abs(x + width / 2 - box.x - box.width / 2));
        given.set(person, (given.get(person) ?? new Set()).add(behind! < front! ? 'behind' : 'front'));
      }
    }
    expect(alone).toBeGreaterThan(0.8);
    expect([...given].map(([person, who]) => [person, ...who])).toHaveLength(2);
    for (const who of given.values()) expect(who.size).toBe(1);
  });
});
