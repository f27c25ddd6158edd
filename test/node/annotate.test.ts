import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AGE_RANGES } from '#dist/attributes/age/ranges.js';
import { UNCLEAR } from '#dist/attributes/classes/classes.js';
import { EMOTION_COLOURS } from '#dist/attributes/emotion/colours.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { blurFaces } from '#dist/media/blur.js';
import { type FaceMark, layoutMarks, type MarkedFace } from '#dist/media/label-layout.js';
import { annotateImage } from '#dist/node/images/annotate.js';

/** Numbers in [0, 1), the same ones every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function face(box: BoundingBox, n = 0): MarkedFace {
  const probabilities = { angry: 0, disgust: 0, fear: 0, happy: 0, sad: 0, surprise: 0, neutral: 0 };
  const ages = { '1-2': 0, '3-9': 0, '10-20': 0, '21-27': 0, '28-45': 0, '46-65': 0, '66-116': 0 };
  return {
    box,
    emotion: { label: EMOTIONS[n % 7]!, confidence: 0.3 + (n % 70) / 100, reliable: n % 70 >= 20, probabilities },
    age: { range: AGE_RANGES[(n * 3) % 7]!, years: 30, interval: [20, 40], reliable: true, probabilities: ages },
  };
}

function picture(width: number, height: number, colour: (x: number, y: number) => readonly number[]): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 3);
  return { width, height, channels: 3, data };
}

const plain = (value: number) => () => [value, value, value];
const measure = (text: string) => text.length * 0.55;

/** Faces anywhere, also beyond the edges, of any size. */
function crowd(random: () => number, count: number, width: number, height: number): MarkedFace[] {
  return Array.from({ length: count }, (_, i) => {
    const side = Math.max(width, height) * 0.01 + random() ** 2 * Math.max(width, height) * 0.6;
    const box = { x: random() * width - side / 2, y: random() * height - side / 2, width: side, height: side * 1.2 };
    return face(box, i);
  }).sort((a, b) => b.box.width - a.box.width);
}

function overlap(a: BoundingBox, b: BoundingBox): number {
  const w = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

/** The rectangles outside of which a mark leaves the image as it is: its label and the four sides of its box. */
function inkOf({ box, lineWidth, label }: FaceMark): readonly BoundingBox[] {
  const band = Math.min(lineWidth + 4, box.width, box.height);
  const { x, y, width, height } = box;
  return [
    { x, y, width, height: band },
    { x, y: y + height - band, width, height: band },
    { x, y, width: band, height },
    { x: x + width - band, y, width: band, height },
    ...(label ? [label.box] : []),
  ];
}

describe('layout', () => {
  it('keeps every mark inside the picture, whatever its size and wherever the faces are', () => {
    const random = numbers(7);
    for (let round = 0; round < 60; round++) {
      const width = Math.ceil(10 ** (1.3 + random() * 2.4));
      const height = Math.ceil(10 ** (1.3 + random() * 2.4));
      const faces = crowd(random, Math.ceil(random() * 40), width, height);
      const marks = layoutMarks(faces, { width, height, measure });
      expect(marks).toHaveLength(faces.length);
      for (const { box, label } of marks) {
        for (const part of label ? [box, label.box] : [box]) {
          expect(part.x).toBeGreaterThanOrEqual(0);
          expect(part.y).toBeGreaterThanOrEqual(0);
          expect(part.x + part.width).toBeLessThanOrEqual(width + 1e-9);
          expect(part.y + part.height).toBeLessThanOrEqual(height + 1e-9);
        }
        if (!label) continue;
        for (const { text } of label.lines) expect(measure(text) * label.fontSize).toBeLessThan(label.box.width);
      }
    }
  });

  it('says everything where there is room, and less where there is none', () => {
    const roomy = layoutMarks([face({ x: 200, y: 150, width: 150, height: 180 }, 3)], { width: 640, height: 480, measure });
    expect(roomy[0]!.label!.lines).toEqual([
      { text: 'happy? 33%', unclear: true },
      { text: 'age 10–20', unclear: false },
    ]);
    const tight = layoutMarks([face({ x: 0, y: 0, width: 30, height: 30 }, 5)], { width: 30, height: 30, measure });
    expect(tight[0]!.label!.lines.map(({ text }) => text).join('').length).toBeLessThan('surprise'.length);
    const none = layoutMarks([face({ x: 0, y: 0, width: 8, height: 8 })], { width: 8, height: 8, measure });
    expect(none[0]!.label).toBeUndefined();
  });

  it('lets text grow with the face', () => {
    const sizes = [60, 200, 500].map((side) => {
      const faces = [face({ x: 400, y: 300, width: side, height: side })];
      return layoutMarks(faces, { width: 1200, height: 1000, measure })[0]!.label!.fontSize;
    });
    expect(sizes[1]).toBeGreaterThan(sizes[0]!);
    expect(sizes[2]).toBeGreaterThan(sizes[1]!);
  });

  it('keeps labels of neighbours apart, up to 200 faces', () => {
    const spaced = Array.from({ length: 200 }, (_, i) =>
      face({ x: 10 + (i % 20) * 63, y: 30 + Math.floor(i / 20) * 95, width: 40, height: 50 }, i),
    );
    const labels = layoutMarks(spaced, { width: 1280, height: 980, measure }).map((mark) => mark.label!);
    expect(labels.every(Boolean)).toBe(true);
    let overlapping = 0;
    for (let i = 0; i < labels.length; i++)
      for (let j = i + 1; j < labels.length; j++) if (overlap(labels[i]!.box, labels[j]!.box) > 0) overlapping++;
    expect(overlapping).toBe(0);
    expect(labels.every((label) => label.lines[0]!.text.length >= 3)).toBe(true);
  });
});

describe('annotateImage', () => {
  it('draws each box in the colour of its emotion, grey where it is unclear', async () => {
    const image = picture(700, 300, (x, y) => [(x * 7) & 255, (y * 11) & 255, (x ^ y) & 255]);
    const faces = EMOTIONS.map((_, i) => face({ x: 10 + i * 98, y: 120, width: 80, height: 100 }, 17 + i));
    const { data } = await annotateImage(image, faces);
    for (const { box, emotion } of faces) {
      const hex = emotion!.reliable ? EMOTION_COLOURS[emotion!.label].mark : UNCLEAR.mark;
      const want = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
      for (const y of [140, 170, 200]) {
        const line = Array.from({ length: 6 }, (_, i) => (y * 700 + box.x + i) * 3);
        expect(line.some((at) => want.every((v, c) => Math.abs(data[at + c]! - v) < 4))).toBe(true);
      }
    }
  });

  it('leaves the picture as it is where there is no face, also grey and transparent ones', async () => {
    const image = picture(50, 40, (x, y) => [x, y, 9]);
    expect((await annotateImage(image, [])).data).toEqual(image.data);
    const grey: Image = { width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 200) };
    expect([...(await annotateImage(grey, [])).data]).toEqual([3, 3, 3, 200, 200, 200]);
    const rgba: Image = { width: 1, height: 1, channels: 4, data: Uint8Array.of(1, 2, 3, 0) };
    expect([...(await annotateImage(rgba, [])).data]).toEqual([1, 2, 3]);
  });

  for (const ground of [0, 128, 255])
    it(`writes text that stands out on a background of ${ground}`, async () => {
      const image = picture(400, 300, plain(ground));
      const faces = [face({ x: 120, y: 120, width: 100, height: 120 }, 3)];
      const { data } = await annotateImage(image, faces);
      let [light, dark] = [0, 0];
      for (let y = 95; y < 115; y++)
        for (let x = 130; x < 180; x++) {
          const values = data.subarray((y * 400 + x) * 3, (y * 400 + x) * 3 + 3);
          if (Math.min(...values) > 225) light++;
          if (Math.max(...values) < 70) dark++;
        }
      expect(light).toBeGreaterThan(100);
      expect(dark).toBeGreaterThan(400);
    });

  it('touches only what its marks cover', async () => {
    const image = picture(320, 240, (x, y) => [(x * 7) & 255, (y * 11) & 255, (x + y) & 255]);
    const faces = [
      face({ x: 100.4, y: 100.7, width: 60.3, height: 70.9 }, 1),
      face({ x: 290, y: -10, width: 50, height: 60 }, 2),
    ];
    const { data } = await annotateImage(image, faces);
    // Whatever the font measures, a mark lies in the box's sides or within a label's reach of the box.
    const reach = faces.flatMap(({ box }) => [
      { x: box.x - 110, y: box.y - 45, width: box.width + 220, height: 45 },
      { x: box.x - 110, y: box.y + box.height, width: box.width + 220, height: 45 },
      { x: box.x - 110, y: box.y, width: 110, height: box.height },
      { x: box.x + box.width, y: box.y, width: 110, height: box.height },
    ]);
    const allowed = [...reach, ...layoutMarks(faces, { width: 320, height: 240, measure }).flatMap(inkOf)];
    let outside = 0;
    let inside = 0;
    for (let y = 0; y < 240; y++)
      for (let x = 0; x < 320; x++) {
        const at = (y * 320 + x) * 3;
        const changed = [0, 1, 2].some((c) => data[at + c] !== image.data[at + c]);
        if (!changed) continue;
        if (allowed.some((box) => x >= box.x - 1 && x < box.x + box.width + 1 && y >= box.y - 1 && y < box.y + box.height + 1))
          inside++;
        else outside++;
      }
    expect(outside).toBe(0);
    expect(inside).toBeGreaterThan(500);
  });

  it('draws a picture taller than a strip without a seam', async () => {
    // Strips of a 300 px wide image are 3333 px high: box and label of the first face cross that line.
    const image = picture(300, 7000, plain(200));
    const rows = async (top: number) => {
      const { data } = await annotateImage(image, [face({ x: 80, y: top, width: 150, height: 180 }, 4)]);
      return Buffer.from(data.subarray((top - 200) * 900, (top + 400) * 900));
    };
    const whole = await rows(1000);
    expect(new Set(whole).size).toBeGreaterThan(20);
    for (const top of [3330, 3355]) {
      // Only the canvas' own anti-aliasing of curves cut by a strip's edge may differ.
      const crossing = await rows(top);
      const differences = crossing.map((v, i) => Math.abs(v - whole[i]!)).filter((d) => d > 0);
      expect(differences.length).toBeLessThan(200);
      expect(Math.max(0, ...differences)).toBeLessThan(40);
    }
  });

  const isolate = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/usr/share/fonts']).status === 0;
  it.skipIf(!isolate)('draws the same text on a machine without fonts', async () => {
    const script = `
      const { annotateImage } = await import('${new URL('../../dist/node/images/annotate.js', import.meta.url)}');
      const { svgToPng } = await import('${new URL('../../dist/node/images/rasterise.js', import.meta.url)}');
      const { createHash } = await import('node:crypto');
      const faces = ${JSON.stringify([face({ x: 60, y: 80, width: 90, height: 110 }, 3)])};
      const image = { width: 240, height: 240, channels: 3, data: new Uint8Array(240 * 240 * 3).fill(120) };
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><text x="4" y="20" font-family="Arial">Labels 12</text></svg>';
      for (const bytes of [(await annotateImage(image, faces)).data, await svgToPng(svg)])
        console.log(createHash('sha256').update(bytes).digest('hex'));`;
    const node = [process.execPath, '--input-type=module', '-e', script] as const;
    const run = promisify(execFile);
    const here = await run(node[0], node.slice(1));
    const mounts = 'mount -t tmpfs none /usr/share/fonts; exec "$@"';
    const there = await run('unshare', ['-m', 'sh', '-c', mounts, 'sh', ...node], {
      env: { ...process.env, HOME: '/nonexistent' },
    });
    expect(here.stdout.trim().split('\n')).toHaveLength(2);
    expect(there.stdout).toBe(here.stdout);
  });
});

describe('blur', () => {
  const box = { x: 60, y: 50, width: 80, height: 100 };

  it('covers the whole box and leaves what is far from it', () => {
    const random = numbers(5);
    const image = picture(200, 200, () => [random() * 255, random() * 255, random() * 255]);
    const blurred = blurFaces(image, [box]);
    expect(variance(image, box)).toBeGreaterThan(3000);
    expect(variance(blurred, box)).toBeLessThan(60);
    for (const [x, y] of [
      [0, 0],
      [199, 199],
      [5, 100],
      [100, 199],
    ] as const) {
      const at = (y * 200 + x) * 3;
      expect(blurred.data[at]).toBe(image.data[at]);
    }
  });

  it('leaves nothing by which two faces with the same mean colours could be told apart', () => {
    // Fine patterns, opposite to each other, of the same mean in every cell.
    const stripes = (phase: number) => picture(210, 210, (x, y) => ((x + y + phase) % 2 ? [250, 200, 180] : [10, 20, 30]));
    const a = blurFaces(stripes(0), [{ x: 55, y: 55, width: 100, height: 100 }]);
    const b = blurFaces(stripes(1), [{ x: 55, y: 55, width: 100, height: 100 }]);
    let worst = 0;
    for (let y = 56; y < 154; y++)
      for (let x = 56; x < 154; x++)
        for (let c = 0; c < 3; c++) {
          const at = (y * 210 + x) * 3 + c;
          worst = Math.max(worst, Math.abs(a.data[at]! - b.data[at]!));
        }
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('takes faces beyond the edge, outside the picture and smaller than a pixel', () => {
    const random = numbers(9);
    const image = picture(60, 60, () => [random() * 255, 0, 0]);
    const edge = blurFaces(image, [{ x: -30, y: -30, width: 60, height: 60 }]);
    expect(variance(edge, { x: 0, y: 0, width: 28, height: 28 })).toBeLessThan(100);
    expect(blurFaces(image, [{ x: 500, y: 500, width: 40, height: 40 }]).data).toEqual(image.data);
    expect(blurFaces(image, [{ x: 10, y: 10, width: 0.1, height: 0.1 }]).data).toHaveLength(image.data.length);
  });

  it('keeps labels readable over hidden faces', async () => {
    const random = numbers(11);
    const image = picture(300, 260, () => [random() * 255, random() * 255, random() * 255]);
    const faces = [face({ x: 100, y: 90, width: 90, height: 110 }, 3)];
    const drawn = await annotateImage(image, faces, { blur: true });
    const middle = { x: 112, y: 125, width: 66, height: 60 };
    expect(variance(drawn, middle)).toBeLessThan(60);
    let white = 0;
    for (let i = 0; i < drawn.data.length; i += 3)
      if (drawn.data[i]! > 250 && drawn.data[i + 1]! > 250 && drawn.data[i + 2]! > 250) white++;
    expect(white).toBeGreaterThan(100);
  });
});

/** Mean over the channels of the variance of the samples in a box. */
function variance({ width, channels, data }: Image, box: BoundingBox): number {
  let total = 0;
  for (let c = 0; c < channels; c++) {
    let [sum, square, n] = [0, 0, 0];
    for (let y = Math.ceil(box.y); y < box.y + box.height; y++)
      for (let x = Math.ceil(box.x); x < box.x + box.width; x++) {
        const v = data[(y * width + x) * channels + c]!;
        sum += v;
        square += v * v;
        n++;
      }
    total += square / n - (sum / n) ** 2;
  }
  return total / channels;
}
