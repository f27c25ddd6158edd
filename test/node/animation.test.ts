/** Animated GIF and WebP as clips: the frames that are seen, within the work and the memory that a file may ask for. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';
import { codedShare, gifLayout } from '#dist/node/video/gif-layout.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { webpLayout } from '#dist/node/video/webp-layout.js';
import { framesOfTorn } from './fixtures/torn-clip.js';

const [WIDTH, HEIGHT] = [48, 36];

/** Frames in which squares wander about, some of them half transparent: small changes, as encoders like them. */
function wandering(pages: number, channels: 3 | 4): Uint8Array {
  const chance = random(11);
  const all = new Uint8Array(pages * WIDTH * HEIGHT * channels).fill(channels === 4 ? 0 : 90);
  const places = Array.from({ length: 4 }, () => ({ x: chance.uniform(0, 30), y: chance.uniform(0, 20) }));
  for (let page = 0; page < pages; page++)
    for (const [i, place] of places.entries()) {
      place.x += chance.uniform(-3, 3);
      place.y += chance.uniform(-3, 3);
      for (let dy = 0; dy < 12; dy++)
        for (let dx = 0; dx < 12; dx++) {
          const [x, y] = [Math.floor(place.x) + dx, Math.floor(place.y) + dy];
          if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT) continue;
          const at = channels * ((page * HEIGHT + y) * WIDTH + x);
          all.set([60 * i + 30, 255 - 60 * i, 20 * i, 255].slice(0, channels), at);
        }
    }
  return all;
}

const raw = (pages: number, channels: 3 | 4) => ({ width: WIDTH, height: pages * HEIGHT, channels, pageHeight: HEIGHT });
const animated = (pages: number, channels: 3 | 4) => sharp(wandering(pages, channels), { raw: raw(pages, channels) });

/** All frames at once by libvips, as pixels on white. */
async function reference(file: Uint8Array): Promise<Buffer> {
  return sharp(file, { animated: true }).flatten({ background: '#ffffff' }).toColourspace('srgb').raw().toBuffer();
}

async function framesOf(file: Uint8Array, options = {}) {
  await using clip = await openClip(file, options);
  const frames: { data: Image['data']; timestamp: number; duration: number }[] = [];
  for await (const { image, timestamp, duration } of clip.frames()) frames.push({ data: image.data, timestamp, duration });
  return { facts: clip.facts, frames };
}

/** A GIF of several, of one image each: where it stands, and what becomes of it. */
function join(images: readonly { file: Buffer; left?: number; after?: number; delay?: number }[]): Buffer {
  const blocks = images.map(({ file, left = 0, after = 0, delay = 10 }) => {
    const at = file.indexOf(Buffer.from([0x21, 0xf9, 4]));
    const image = at < 0 ? file.indexOf(0x2c, 13 + 3 * 2 ** ((file[10]! & 7) + 1)) : at + 8;
    const control = Buffer.from([
      0x21,
      0xf9,
      4,
      (after << 2) | (at < 0 ? 0 : file[at + 3]! & 1),
      delay,
      0,
      at < 0 ? 0 : file[at + 6]!,
      0,
    ]);
    const descriptor = Buffer.from(file.subarray(image, image + 10));
    descriptor.writeUInt16LE(left, 1);
    // Its global colours become its own.
    descriptor[9] = 0x80 | (file[10]! & 7);
    const colours = file.subarray(13, 13 + 3 * 2 ** ((file[10]! & 7) + 1));
    return Buffer.concat([control, descriptor, colours, file.subarray(image + 10, file.length - 1)]);
  });
  const head = Buffer.from('GIF89a\0\0\0\0\0\0\0', 'latin1');
  head.writeUInt16LE(8, 6);
  head.writeUInt16LE(4, 8);
  return Buffer.concat([head, ...blocks, Buffer.from([0x3b])]);
}

const plain = (width: number, background: string) =>
  sharp({ create: { width, height: 4, channels: 3, background } })
    .gif()
    .toBuffer();

describe.each(['gif', 'webp'] as const)('%s', (format) => {
  it.each([3, 4] as const)('shows what libvips shows, %i channels', async (channels) => {
    const pages = 12;
    const delay = Array.from({ length: pages }, (_, i) => (i === 3 ? 0 : 40 + 10 * i));
    const file = await (format === 'gif'
      ? animated(pages, channels).gif({ delay })
      : animated(pages, channels).webp({ delay, lossless: true })
    ).toBuffer();
    const expected = await reference(file);
    const { facts, frames } = await framesOf(file);
    expect(facts).toMatchObject({ width: WIDTH, height: HEIGHT, frameCount: pages, container: format });
    const size = WIDTH * HEIGHT * 3;
    for (const [i, { data, duration }] of frames.entries()) {
      expect(Buffer.compare(Buffer.from(data), expected.subarray(i * size, (i + 1) * size)), `frame ${i}`).toBe(0);
      expect(duration).toBeCloseTo(i === 3 ? 0.1 : delay[i]! / 1000);
    }
    expect(frames).toHaveLength(pages);
  });

  it('hands each image to the decoder once', async () => {
    const pages = 60;
    const file = await animated(pages, 3)
      [format]({ delay: Array(pages).fill(100) })
      .toBuffer();
    const { patches } = (format === 'gif' ? gifLayout : webpLayout)(file)!;
    const bytes = [...patches].reduce((sum, patch) => sum + patch.alone().length, 0);
    expect([...patches]).toHaveLength(pages);
    // Headers and colours aside, no more than the file.
    expect(bytes).toBeLessThan(file.length + pages * 900);
  });

  it('is cut off: frames up to there, then an error that names it', async () => {
    const file = await animated(10, 3)
      [format]({ delay: Array(10).fill(100) })
      .toBuffer();
    const frames = await framesOfTorn(file.subarray(0, Math.floor(0.7 * file.length)));
    expect(frames).toBeGreaterThan(2);
    expect(frames).toBeLessThan(10);
  });

  it('of too many pixels, too long, or without an image', async () => {
    const file = await animated(3, 3)
      [format]({ delay: [5000, 5000, 5000] })
      .toBuffer();
    await expect(openClip(file, { maxPixels: WIDTH * HEIGHT - 1 })).rejects.toMatchObject({ code: 'image-too-large' });
    await expect(openClip(file, { maxDuration: 9 })).rejects.toMatchObject({ code: 'invalid-data' });
    await expect(openClip(file.subarray(0, 12), { name: 'bare' })).rejects.toMatchObject({
      code: 'invalid-data',
      message: expect.stringContaining('bare'),
    });
  });
});

describe('a GIF', () => {
  it('clears and restores places, and cuts what reaches beyond its edge', async () => {
    const [red, green, blue] = await Promise.all([plain(8, '#ff0000'), plain(4, '#00ff00'), plain(4, '#0000ff')]);
    const file = join([
      { file: red },
      { file: green, left: 2, after: 3 },
      { file: blue, left: 6, after: 2 },
      { file: green, left: 0 },
    ]);
    const { frames } = await framesOf(file);
    const row = ({ data }: { readonly data: Image['data'] }) =>
      Array.from(
        { length: 8 },
        (_, x) =>
          'rgbw'['ff0000 00ff00 0000ff ffffff'.split(' ').indexOf(Buffer.from(data.subarray(3 * x, 3 * x + 3)).toString('hex'))],
      ).join('');
    expect(frames.map(row)).toEqual(['rrrrrrrr', 'rrggggrr', 'rrrrrrbb', 'ggggrrww']);
  });

  it.each([
    [1, 1],
    [37, 5],
    [400, 300],
  ])('of %i by %i pixels has data for each of them', async (width, height) => {
    const chance = random(width);
    for (const colours of [1, 3, 200]) {
      const pixels = Uint8Array.from({ length: width * height * 3 }, () => Math.floor(chance.uniform(0, colours)));
      const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
        .gif()
        .toBuffer();
      expect(codedShare(file)).toBe(1);
    }
  });

  it('with an image far larger than the whole is refused', async () => {
    const file = join([{ file: await plain(8, '#ff0000') }]);
    file.writeUInt32LE(0xffff_ffff, file.indexOf(0x2c, 13) + 5);
    await expect(openClip(file, { name: 'vast' })).rejects.toMatchObject({
      code: 'image-too-large',
      message: expect.stringContaining('vast'),
    });
  });
});
