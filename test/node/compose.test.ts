import { describe, expect, it } from 'vitest';
import { area, clipBox, LANDMARK_ORDER, type Point } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';
import { pointsOf } from '#dist/detect/points.js';
import { assignFaces, createTargets } from '#dist/train/data/assign.js';
import { createComposer, type FacePool, type ImageKind } from '#dist/train/data/compose.js';
import { distort } from '#dist/train/data/distort.js';
import { cropImage, halveImage } from '#dist/train/data/reduce.js';
import {
  type FaceRecord,
  faceLine,
  imageLine,
  type LabelledFace,
  mistakenLine,
  parseFaceLabels,
  scaleRecord,
} from '#dist/train/data/wider.js';

type Colour = readonly [number, number, number];
const SKIN: Colour = [220, 220, 0];
const GROUND: Colour = [20, 20, 90];
/** One colour per landmark, in LANDMARK_ORDER. */
const MARKS: readonly Colour[] = [
  [255, 0, 0],
  [0, 0, 255],
  [255, 255, 255],
  [0, 255, 0],
  [0, 255, 255],
];

function labelled(x: number, y: number, width: number, height: number): LabelledFace {
  const at = (u: number, v: number): Point => ({ x: x + u * width, y: y + v * height });
  const landmarks = {
    leftEye: at(0.3, 0.35),
    rightEye: at(0.7, 0.35),
    nose: at(0.5, 0.55),
    leftMouth: at(0.33, 0.75),
    rightMouth: at(0.67, 0.75),
  };
  return { box: { x, y, width, height }, landmarks, ignore: false };
}

/** An image of a yellow ellipse that fills the face's box, with a coloured disc at each landmark. */
function paint(width: number, height: number, faces: readonly LabelledFace[]): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let colour = GROUND;
      for (const { box, landmarks } of faces) {
        const u = (x + 0.5 - box.x) / box.width - 0.5;
        const v = (y + 0.5 - box.y) / box.height - 0.5;
        if (u * u + v * v < 0.25) colour = SKIN;
        for (const [k, name] of LANDMARK_ORDER.entries()) {
          const mark = landmarks![name];
          if (Math.hypot(x + 0.5 - mark.x, y + 0.5 - mark.y) < 0.09 * box.width) colour = MARKS[k]!;
        }
      }
      data.set(colour, (y * width + x) * 3);
    }
  return { width, height, channels: 3, data };
}

const stream = random(5);
const records: FaceRecord[] = Array.from({ length: 8 }, (_, i) => {
  const width = 150 + 30 * i;
  const height = 260 - 20 * i;
  const size = stream.uniform(30, 90);
  const face = labelled(stream.uniform(2, width - size - 2), stream.uniform(2, height - 1.25 * size - 2), size, 1.25 * size);
  return { path: `${i}.png`, width, height, faces: [face] };
});
records.push({ path: 'none.png', width: 60, height: 50, faces: [] });
const images = records.map(({ width, height, faces }) => paint(width, height, faces));
const pool: FacePool = { records, image: (index) => images[index]! };

const NONE = { soften: 0, sharpen: 0, tone: 0, dark: 0, gamma: 0, tint: 0, grey: 0, grain: 0 };
const SIZE = 160;
const only = (kind: ImageKind) => ({ [kind]: 1 });

function compose(kind: ImageKind, sample: number) {
  const out = new Float32Array(3 * SIZE * SIZE);
  const faces = createComposer(pool, { size: SIZE, shares: only(kind), distortion: NONE }).compose(random(9, sample), out);
  const at = ({ x, y }: Point): Colour | undefined => {
    const [u, v] = [Math.floor(x), Math.floor(y)];
    if (u < 0 || v < 0 || u >= SIZE || v >= SIZE) return undefined;
    return [0, 1, 2].map((c) => out[(c * SIZE + v) * SIZE + u]!) as unknown as Colour;
  };
  return { out, faces, at };
}

const near = (a: Colour, b: Colour) => Math.max(...a.map((value, c) => Math.abs(value - b[c]!))) < 90;

describe('createComposer', () => {
  it.each(['zoom', 'plain'] as const)('puts the box of a %s image round the face’s pixels', (kind) => {
    let checked = 0;
    for (let sample = 0; sample < 60; sample++) {
      const { faces, at } = compose(kind, sample);
      for (const { box, ignore } of faces) {
        if (ignore || box.width < 14) continue;
        let [x0, y0, x1, y1] = [SIZE, SIZE, 0, 0];
        // Colours beyond the image are drawn at random, so look round the box only.
        const reach = 0.25 * box.width;
        for (let y = Math.max(0, Math.floor(box.y - reach)); y < Math.min(SIZE, box.y + box.height + reach); y++)
          for (let x = Math.max(0, Math.floor(box.x - reach)); x < Math.min(SIZE, box.x + box.width + reach); x++)
            if (near(at({ x, y })!, SKIN)) {
              x0 = Math.min(x0, x);
              y0 = Math.min(y0, y);
              x1 = Math.max(x1, x + 1);
              y1 = Math.max(y1, y + 1);
            }
        const tolerance = 1.5 + 0.03 * box.width;
        // Where an edge of the frame cuts the ellipse its extremes may be outside: compare only those that are well inside.
        const inner = (value: number) => value > 1 && value < SIZE - 1;
        const whole = [box.x, box.y, box.x + box.width, box.y + box.height].every(inner);
        if (!whole) continue;
        checked++;
        for (const [seen, said] of [
          [x0, box.x],
          [y0, box.y],
          [x1, box.x + box.width],
          [y1, box.y + box.height],
        ] as const)
          expect(Math.abs(seen - said), `sample ${sample}`).toBeLessThan(tolerance);
      }
    }
    expect(checked).toBeGreaterThan(15);
  });

  it.each(['zoom', 'plain', 'mosaic', 'portrait'] as const)('keeps the landmarks of a %s image on their pixels', (kind) => {
    let checked = 0;
    let mirrored = 0;
    for (let sample = 0; sample < 60; sample++) {
      const { faces, at } = compose(kind, sample);
      for (const { box, landmarks, ignore } of faces) {
        // A face cut by a mosaic's seam or a portrait's edge leaves landmarks outside its part: look at whole ones.
        if (ignore || box.width < 24) continue;
        const colours = LANDMARK_ORDER.map((name) => at(landmarks![name]));
        if (colours.some((colour) => colour === undefined) || !near(colours[2]!, MARKS[2]!)) continue;
        const flipped = near(colours[0]!, MARKS[1]!);
        const wanted = flipped ? [1, 0, 2, 4, 3] : [0, 1, 2, 3, 4];
        const matches = wanted.map((mark, k) => near(colours[k]!, MARKS[mark]!));
        if (kind === 'mosaic' || kind === 'portrait') {
          if (matches.filter(Boolean).length < 3) continue;
        } else expect(matches, `sample ${sample}`).toEqual([true, true, true, true, true]);
        expect(landmarks!.leftEye.x).toBeLessThan(landmarks!.rightEye.x);
        checked++;
        mirrored += Number(flipped);
      }
    }
    expect(checked).toBeGreaterThan(15);
    expect(mirrored).toBeGreaterThan(3);
    expect(mirrored).toBeLessThan(checked - 3);
  });

  it('shows faces from small to as large as the image', () => {
    const sizes = Array.from({ length: 120 }, (_, sample) => compose('zoom', sample))
      .flatMap(({ faces }) => faces)
      .filter((face) => !face.ignore)
      .map((face) => Math.sqrt(face.box.width * face.box.height));
    expect(Math.min(...sizes)).toBeLessThan(30);
    expect(Math.max(...sizes)).toBeGreaterThan(0.8 * SIZE);
  });

  it('is a function of the random stream alone and shows negatives without faces', () => {
    const [first, again, other] = [compose('mosaic', 3), compose('mosaic', 3), compose('mosaic', 4)];
    const same = (a: Float32Array, b: Float32Array) => a.every((value, i) => value === b[i]);
    expect(same(again.out, first.out)).toBe(true);
    expect(again.faces).toEqual(first.faces);
    expect(same(other.out, first.out)).toBe(false);
    expect(compose('negative', 1).faces).toEqual([]);
  });

  it('makes barely visible and tiny faces regions to ignore', () => {
    const composer = createComposer(pool, { size: SIZE, shares: only('plain'), minFace: 1000 });
    const faces = composer.compose(random(1), new Float32Array(3 * SIZE * SIZE));
    expect(faces.every((face) => face.ignore)).toBe(true);
    let cut = 0;
    for (let sample = 0; sample < 80; sample++)
      for (const { box, ignore } of compose('plain', sample).faces) {
        const seen = clipBox(box, SIZE, SIZE);
        if (ignore) expect(seen).toEqual(box);
        else expect(area(seen) / area(box)).toBeGreaterThanOrEqual(0.4);
        cut += Number(ignore);
      }
    expect(cut).toBeGreaterThan(0);
  });

  it('shows again what was taken for a face, about as large, in the image it was in', () => {
    // A mistaken region filled with a colour that no image has otherwise.
    const strange: Colour = [0, 255, 0];
    const box = { x: 90, y: 40, width: 24, height: 30 };
    const image = paint(200, 120, []);
    for (let y = box.y; y < box.y + box.height; y++)
      for (let x = box.x; x < box.x + box.width; x++) image.data.set(strange, (y * 200 + x) * 3);
    const record: FaceRecord = { path: 'wrong.png', width: 200, height: 120, faces: [], mistaken: [box] };
    const with1: FacePool = { records: [...records, record], image: (i) => images[i] ?? image };
    const composer = createComposer(with1, { size: SIZE, shares: only('mistaken'), distortion: NONE });
    const sizes: number[] = [];
    for (let sample = 0; sample < 21; sample++) {
      const out = new Float32Array(3 * SIZE * SIZE);
      expect(composer.compose(random(3, sample), out)).toEqual([]);
      let seen = 0;
      for (let i = 0; i < SIZE * SIZE; i++)
        seen += Number(near([out[i]!, out[i + SIZE * SIZE]!, out[i + 2 * SIZE * SIZE]!], strange));
      expect(seen).toBeGreaterThan(0.25 * 24 * 30);
      sizes.push(seen);
    }
    // The colour around may happen to be the same, so the middle one of them.
    expect(sizes.sort((x, y) => x - y)[10]).toBeLessThan(3.3 * 24 * 30);
  });

  it('keeps the faces of a stretch of background that has some, and paints images without any', () => {
    const found = Array.from({ length: 80 }, (_, sample) => compose('background', sample).faces.filter((face) => !face.ignore));
    expect(found.some((faces) => faces.length > 0)).toBe(true);
    expect(found.some((faces) => faces.length === 0)).toBe(true);
    const painted = Array.from({ length: 12 }, (_, sample) => compose('painted', sample));
    for (const { faces, out } of painted) {
      expect(faces).toEqual([]);
      expect(out.every((value) => value >= 0 && value <= 255)).toBe(true);
      expect(new Set(out.slice(0, SIZE * SIZE).map(Math.round)).size).toBeGreaterThan(5);
    }
  });

  it('refuses a pool without faces', () => {
    const empty = { records: records.slice(-1), image: pool.image };
    expect(() => createComposer(empty, { size: SIZE })).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });
});

describe('distort', () => {
  it('stays within 0–255, differs by stream, and does nothing when told so', () => {
    const planes = Float32Array.from({ length: 3 * 20 * 30 }, (_, i) => (i * 37) % 256);
    const same = planes.slice();
    distort(same, 20, 30, random(1), 0, NONE);
    expect(same).toEqual(planes);
    for (let seed = 0; seed < 40; seed++) {
      const changed = planes.slice();
      distort(changed, 20, 30, random(seed), 0, { soften: 0.5, sharpen: 0.5, tone: 1, gamma: 1, tint: 1, grey: 0.5, grain: 1 });
      expect(changed).not.toEqual(planes);
      expect(changed.every((value) => value >= 0 && value <= 255)).toBe(true);
    }
  });

  it('turns a image grey', () => {
    const planes = Float32Array.from({ length: 12 }, (_, i) => 20 * i);
    distort(planes, 2, 2, random(1), 0, { ...NONE, grey: 1 });
    expect(planes.subarray(4, 8)).toEqual(planes.subarray(0, 4));
    expect(planes[0]).toBeCloseTo(0.587 * 80 + 0.114 * 160, 4);
  });
});

describe('reducing', () => {
  it('crops and halves exactly', () => {
    const image: Image = { width: 5, height: 4, channels: 1, data: Uint8Array.from({ length: 20 }, (_, i) => i) };
    expect(cropImage(image, { x: 1, y: 2, width: 3, height: 2 }).data).toEqual(Uint8Array.of(11, 12, 13, 16, 17, 18));
    expect(halveImage(image)).toEqual({ width: 2, height: 2, channels: 1, data: Uint8Array.of(3, 5, 13, 15) });
  });
});

describe('assignFaces', () => {
  const points = pointsOf(320, 320);
  const assign = (faces: readonly LabelledFace[]) => {
    const targets = createTargets(1, points);
    const positives = assignFaces(faces, points, targets, 0);
    const owned = faces.map(
      ({ box }) =>
        Array.from({ length: points.count }, (_, p) => p).filter(
          (p) => targets.cls.data[p] && Math.abs(targets.box.data[4 * p + 2]! - box.width) < 1e-3,
        ).length,
    );
    return { targets, positives, owned };
  };

  it('gives every face at least one point, wherever it lies and however many share a place', () => {
    const stream = random(3);
    for (let round = 0; round < 40; round++) {
      const faces = Array.from({ length: 25 }, () => {
        const size = Math.exp(stream.uniform(Math.log(6), Math.log(300)));
        return labelled(
          stream.uniform(-0.4 * size, 320 - 0.6 * size),
          stream.uniform(-0.4 * size, 320 - 0.6 * size),
          size,
          size * 1.2,
        );
      });
      for (const [i, count] of assign(faces).owned.entries()) expect(count, JSON.stringify(faces[i]!.box)).toBeGreaterThan(0);
    }
  });

  it('uses the maps that a size belongs to, near the centre', () => {
    const small = assign([labelled(100, 100, 20, 20)]);
    const large = assign([labelled(20, 20, 200, 250)]);
    const levelsOf = ({ targets }: ReturnType<typeof assign>) =>
      points.levels.map(({ offset, columns, rows }) =>
        targets.cls.data.subarray(offset, offset + columns * rows).reduce((a, b) => a + b),
      );
    expect(levelsOf(small)).toEqual([small.positives, 0, 0]);
    expect(levelsOf(large)).toEqual([0, 0, 9]);
    for (let p = 0; p < points.count; p++)
      if (small.targets.cls.data[p])
        expect(Math.hypot(points.anchors[3 * p]! - 110, points.anchors[3 * p + 1]! - 110)).toBeLessThan(12 * Math.SQRT2);
  });

  it('lets the smaller of two faces have a shared point', () => {
    const { targets, owned } = assign([labelled(100, 100, 20, 24), labelled(96, 96, 30, 36)]);
    expect(owned.every((count) => count > 0)).toBe(true);
    // The point nearest the small face's centre.
    const p = Math.floor(112 / 8) * 40 + Math.floor(110 / 8);
    expect(targets.box.data[4 * p + 2]).toBe(20);
  });

  it('silences ignored regions and the surroundings of centres, nothing else', () => {
    const { targets, positives } = assign([{ box: { x: 80, y: 80, width: 80, height: 80 }, ignore: true }]);
    expect(positives).toBe(0);
    let wrong = 0;
    for (let p = 0; p < points.count; p++) {
      const [x, y] = [points.anchors[3 * p]!, points.anchors[3 * p + 1]!];
      const inside = x >= 76 && x <= 164 && y >= 76 && y <= 164;
      if (targets.clsWeight.data[p] !== (inside ? 0 : 1)) wrong++;
    }
    expect(wrong).toBe(0);
    const tiny = assign([{ box: { x: 83, y: 83, width: 2, height: 2 }, ignore: true }]);
    const silent = Array.from({ length: points.count }, (_, p) => p).filter((p) => tiny.targets.clsWeight.data[p] === 0);
    expect(silent.map((p) => [...points.anchors.subarray(3 * p, 3 * p + 3)])).toEqual([
      [84, 84, 8],
      [88, 88, 16],
      [80, 80, 32],
    ]);
    const one = assign([labelled(100, 100, 40, 40)]);
    for (let p = 0; p < points.count; p++) if (one.targets.cls.data[p]) expect(one.targets.clsWeight.data[p]).toBe(1);
    expect(one.targets.clsWeight.data.filter((weight) => weight === 0).length).toBeGreaterThan(0);
  });

  it('overwrites a sample and leaves its neighbours, and knows faces without landmarks', () => {
    const targets = createTargets(2, points);
    assignFaces([labelled(40, 40, 60, 60)], points, targets, 1);
    assignFaces([labelled(40, 40, 60, 60)], points, targets, 0);
    assignFaces([{ box: { x: 200, y: 200, width: 30, height: 30 }, ignore: false }], points, targets, 0);
    const sum = (data: Float32Array, sample: number) =>
      data.subarray(sample * points.count, (sample + 1) * points.count).reduce((a, b) => a + b);
    expect(sum(targets.cls.data, 0)).toBe(sum(targets.boxWeight.data, 0));
    expect(sum(targets.landmarkWeight.data, 0)).toBe(0);
    expect(sum(targets.landmarkWeight.data, 1)).toBe(sum(targets.cls.data, 1));
    expect(targets.box.data.subarray(0, 4)).toEqual(Float32Array.of(4, 4, 8, 8));
    expect(() => assignFaces([], points, targets, 0, { ranges: [[0, 1]] })).toThrow(/3 feature maps/);
  });
});

describe('parseFaceLabels', () => {
  const text = `# a/b c.webp 100 50
1 2 11 22  3 4 5 6 7 8 9 10 11 12 0.9
1.5 2.5 4 5 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 1
3 3 6 7 -2 -2 -2 -2 -2 -2 -2 -2 -2 -2 ignore

# none.webp 10 20
`;

  it('reads faces, faces without landmarks, ignored regions and negatives', () => {
    const records = parseFaceLabels(text);
    expect(records.map(({ path, width, height, faces }) => [path, width, height, faces.length])).toEqual([
      ['a/b c.webp', 100, 50, 3],
      ['none.webp', 10, 20, 0],
    ]);
    const [face, bare, ignored] = records[0]!.faces;
    expect(face).toEqual({
      box: { x: 1, y: 2, width: 10, height: 20 },
      landmarks: {
        leftEye: { x: 3, y: 4 },
        rightEye: { x: 5, y: 6 },
        nose: { x: 7, y: 8 },
        leftMouth: { x: 9, y: 10 },
        rightMouth: { x: 11, y: 12 },
      },
      ignore: false,
      score: 0.9,
    });
    expect(bare).toEqual({ box: { x: 1.5, y: 2.5, width: 2.5, height: 2.5 }, ignore: false, score: 1 });
    expect(ignored).toEqual({ box: { x: 3, y: 3, width: 3, height: 4 }, ignore: true });
  });

  it('reads back what its lines say', () => {
    const [first] = parseFaceLabels(text);
    const mistaken = { x: 7, y: 8.5, width: 2, height: 3 };
    const lines = [imageLine(first!), ...first!.faces.map(faceLine), mistakenLine(mistaken)].join('\n');
    expect(parseFaceLabels(lines)).toEqual([{ ...first, mistaken: [mistaken] }]);
  });

  it('names the line that it cannot read', () => {
    for (const [bad, line] of [
      ['1 2 3 4', 1],
      ['# a.webp 10', 1],
      ['# a.webp 10 10\n1 2 x 4 1 1 1 1 1 1 1 1 1 1 1', 2],
      ['# a.webp 10 10\n5 2 3 4 1 1 1 1 1 1 1 1 1 1 1', 2],
    ] as const)
      expect(() => parseFaceLabels(bad, 'some.txt')).toThrow(new RegExp(`^some.txt:${line}: `));
  });

  it('scales a record with its image', () => {
    const [record] = parseFaceLabels(text);
    const { faces, width, height } = scaleRecord(record!, 50, 100);
    expect([width, height]).toEqual([50, 100]);
    expect(faces[0]!.box).toEqual({ x: 0.5, y: 4, width: 5, height: 40 });
    expect(faces[0]!.landmarks!.rightMouth).toEqual({ x: 5.5, y: 24 });
    expect(faces[2]!.ignore).toBe(true);
  });
});
