/** That --blur leaves nobody recognisable: what the close look finds, and what is left of faces in clips and photos. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import { lookClosely, piecesOf } from '#dist/analyze/close-look.js';
import { plannedLooks } from '#dist/analyze/detect-scales.js';
import type { FindOptions } from '#dist/analyze/options.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { clipMaker, readAll } from './fixtures/clips.js';
import { runPhiz } from './fixtures/phiz.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { needs } from './needs.js';

const samples = fileURLToPath(new URL('../../samples', import.meta.url));
const FACES = join(samples, 'faces.png');
let folder: string;
let analyzer: Analyzer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-blur-'));
  analyzer = await createAnalyzer({ threads: 1 });
});
afterAll(async () => {
  await analyzer.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function pixels(image: Sharp): Promise<Image> {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: 3, data };
}

/** Whether the middle of a face lies well within the patch that hides a box. */
const hides = (box: BoundingBox, face: BoundingBox): boolean => {
  const dx = (face.x + face.width / 2 - box.x - box.width / 2) / box.width;
  const dy = (face.y + face.height / 2 - box.y - box.height / 2) / box.height;
  return Math.hypot(dx, dy) < 0.35 && box.width > 0.6 * face.width;
};

describe('piecesOf', () => {
  it.each([
    [1, 1],
    [480, 270],
    [640, 640],
    [641, 20],
    [1280, 1281],
    [4000, 3000],
  ])('covers a image of %i × %i, margins overlapping, and stays small', (width, height) => {
    const pieces = piecesOf({ width, height });
    for (const [x, y] of [0, 0.3, 0.5, 0.77, 1].flatMap((u) => [0, 0.41, 1].map((v) => [u * (width - 1), v * (height - 1)])))
      expect(
        pieces.some(
          ({ left, top, width: w, height: h, scale }) =>
            // 30 pixels about each point are in one piece.
            x! - left >= 30 / scale && left + w - x! > 30 / scale && y! - top >= 30 / scale && top + h - y! > 30 / scale,
        ),
        `${x}, ${y}`,
      ).toBe(true);
    for (const piece of pieces) expect(Math.max(piece.width, piece.height) * piece.scale).toBeLessThanOrEqual(1280 + 2 * 64 + 1);
  });
});

describe('lookClosely', () => {
  it('finds faces too small, too faint or too many for the analysis, and those at the edge', async () => {
    const { width = 0, height = 0 } = await sharp(FACES).metadata();
    const known = (await analyzer.analyze(await pixels(sharp(FACES)))).faces.map(({ box }) => box);
    expect(known).toHaveLength(7);
    const side = Math.max(...known.map((box) => box.width));
    // All seven at about 12 pixels.
    const scale = 12 / side;
    const small = await pixels(sharp(FACES).resize(Math.round(width * scale), Math.round(height * scale)));
    expect((await analyzer.analyze(small, { minConfidence: 0.9, maxFaces: 1 })).faces).toHaveLength(0);
    const found = await lookClosely(analyzer, small);
    for (const { x, y, width: w, height: h } of known) {
      const face = { x: x * scale, y: y * scale, width: w * scale, height: h * scale };
      expect(
        found.some((box) => hides(box, face)),
        JSON.stringify(face),
      ).toBe(true);
    }
    // One face, a third of it beyond the edge of an image.
    const [face] = known as [BoundingBox];
    const left = Math.round(face.x + face.width / 3);
    const cut = await pixels(sharp(FACES).extract({ left, top: 0, width: width - left, height }));
    const box = { ...face, x: face.x - left };
    expect((await lookClosely(analyzer, cut)).some((own) => hides(own, box))).toBe(true);
  });

  it('never looks at all of a huge image at a size that takes gigabytes', async () => {
    const image: Image = { width: 12_000, height: 16, channels: 1, data: new Uint8Array(12_000 * 16) };
    const looks: number[] = [];
    const detect = async ({ width, height }: Image, options: FindOptions = {}) => {
      looks.push(...plannedLooks({ width, height }, options).flatMap(({ tiles }) => tiles.map(({ detectSize }) => detectSize)));
      return [];
    };
    await lookClosely({ detect, defaults: { maxFaces: 1, minConfidence: 0.5 } } as unknown as Analyzer, image);
    expect(looks.length).toBeGreaterThan(2);
    expect(Math.max(...looks)).toBeLessThanOrEqual(2048);
  });

  it('finds small faces anywhere in a large image', async () => {
    const face = await sharp(FACES).resize(200).png().toBuffer();
    const places = [
      [10, 10],
      [1240, 900],
      [2500, 1700],
    ] as const;
    const large = await pixels(
      sharp({ create: { width: 2800, height: 1800, channels: 3, background: '#556' } }).composite(
        places.map(([left, top]) => ({ input: face, left, top })),
      ),
    );
    const known = (await analyzer.analyze(await pixels(sharp(face)), { minFace: 8 })).faces;
    expect(known.length).toBeGreaterThan(3);
    const found = await lookClosely(analyzer, large);
    for (const [x, y] of places)
      for (const { box } of known)
        expect(
          found.some((own) => hides(own, { ...box, x: box.x + x, y: box.y + y })),
          `${x}, ${y}`,
        ).toBe(true);
  });
});

/** How much fine detail a box holds: mean squared difference of each pixel from the mean of its neighbours. */
function detail({ data, width, channels }: Image, { x, y, width: w, height: h }: BoundingBox): number {
  let sum = 0;
  let count = 0;
  const at = (u: number, v: number) => data[(v * width + u) * channels + 1]!;
  for (let v = Math.ceil(y + 1); v < y + h - 1; v++)
    for (let u = Math.ceil(x + 1); u < x + w - 1; u++, count++)
      sum += (at(u, v) - (at(u - 1, v) + at(u + 1, v) + at(u, v - 1) + at(u, v + 1)) / 4) ** 2;
  return sum / count;
}

const media = needs.media();

describe.skipIf(!media)('phiz analyze --blur, on a clip of a class', () => {
  let source: string;
  beforeAll(async () => {
    source = join(folder, 'classroom.mp4');
    await writeShortClip(source, join(media!, 'classroom.mp4'), 1.6);
  });

  it.each([
    // Nobody is followed, so that no box and no label is drawn over what is looked at.
    ['the analysis keeps no small face', ['--min-face', '200']],
    ['it looks now and then and at sure faces only', ['--fps', '1', '--detect-every', '3', '--min-confidence', '1']],
  ])('leaves no face recognisable where %s', async (what, flags) => {
    const out = join(folder, what.replaceAll(' ', '-'));
    const { code, err } = await runPhiz(['analyze', source, '--blur', '--no-bars', '--out', out, ...flags], { cwd: folder });
    expect([code, err]).toEqual([0, '']);
    const framesOf = async (path: string) => (await readAll(await openClip(path))).frames;
    const [before, after] = [await framesOf(source), await framesOf(join(out, 'classroom.mp4.annotated.mp4'))];
    expect(after).toHaveLength(before.length);
    // Four people sit still: where each is found in any frame.
    for (const [i, { image }] of before.entries()) {
      if (i % 4 !== 0) continue;
      const faces = await analyzer.detect(image, { minFace: 12 });
      expect(faces.length).toBeGreaterThanOrEqual(3);
      for (const { box } of faces) {
        const left = detail(after[i]!.image, box) / detail(image, box);
        expect(left, `frame ${i}, face at ${box.x}, ${box.y}`).toBeLessThan(0.15);
      }
    }
    expect(await readFile(join(out, 'classroom.mp4.report.html'), 'utf8')).not.toContain('data:image/webp');
  });

  it('gives thumbnails where they are asked for, faces hidden', async () => {
    const thumbnails = async (name: string, ...flags: string[]): Promise<readonly Image[]> => {
      const args = ['analyze', source, '--no-annotated', '--fps', '2', '--out', name, ...flags];
      expect((await runPhiz(args, { cwd: folder })).code).toBe(0);
      const report = await readFile(join(folder, name, 'classroom.mp4.report.html'), 'utf8');
      const uris = [...report.matchAll(/src="data:image\/webp;base64,([^"]+)"[^>]* data-time=/g)];
      return Promise.all(uris.map(([, base64]) => pixels(sharp(Buffer.from(base64!, 'base64')).resize(480))));
    };
    const clear = await thumbnails('clear');
    const hidden = await thumbnails('hidden', '--blur', '--thumbnails');
    expect(hidden.length).toBeGreaterThan(2);
    expect(hidden).toHaveLength(clear.length);
    const { frames } = await readAll(await openClip(source));
    const people = await analyzer.detect(frames[0]!.image, { minFace: 12 });
    expect(people).toHaveLength(4);
    for (const { box } of people) expect(detail(hidden[0]!, box) / detail(clear[0]!, box)).toBeLessThan(0.6);
    expect(await thumbnails('none', '--no-thumbnails')).toEqual([]);
  });
});

const ffmpeg = needs.ffmpeg();

it.skipIf(!ffmpeg)('leaves the sound out where it is not wanted', async () => {
  const clips = clipMaker(ffmpeg!, folder);
  const args = ['-f', 'lavfi', '-i', 'sine=f=440:r=44100', '-t', '1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  clips.make('tone.mp4', '-i', join(samples, 'expressions.mp4'), ...args);
  const { code, err } = await runPhiz(['analyze', 'tone.mp4', '--no-sound', '--fps', '2', '--out', 'mute'], { cwd: folder });
  expect([code, err]).toEqual([0, '']);
  expect((await openClip(join(folder, 'tone.mp4'))).facts.audio).toBe(true);
  expect((await openClip(join(folder, 'mute/tone.mp4.annotated.mp4'))).facts.audio).toBe(false);
});
