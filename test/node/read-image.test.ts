import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PhizError } from '#dist/core/error.js';
import type { Image } from '#dist/core/image.js';
import { readImage } from '#dist/node/images/read-image.js';

const WIDTH = 40;
const HEIGHT = 24;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Pixel = readonly [number, number, number];

/** An image whose every pixel says where it is. */
const place = (x: number, y: number): Pixel => [x * 6, y * 10, 128];

function paint(width: number, height: number, colour: (x: number, y: number) => readonly number[]): Buffer {
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixels.push(...colour(x, y));
  return Buffer.from(pixels);
}

const rgb = (width: number, height: number, colour: (x: number, y: number) => Pixel) =>
  sharp(paint(width, height, colour), { raw: { width, height, channels: 3 } });

function pixel(image: Image, x: number, y: number): readonly number[] {
  const at = (y * image.width + x) * 3;
  return [...image.data.subarray(at, at + 3)];
}

function expectPlaces(image: Image, tolerance: number): void {
  expect([image.width, image.height, image.channels]).toEqual([WIDTH, HEIGHT, 3]);
  expect(image.data).toHaveLength(WIDTH * HEIGHT * 3);
  let worst = 0;
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      pixel(image, x, y).forEach((v, i) => {
        worst = Math.max(worst, Math.abs(v - place(x, y)[i]!));
      });
  expect(worst).toBeLessThanOrEqual(tolerance);
}

/** Where EXIF orientation `o` stores the pixel displayed at (x, y): column and row. */
const STORED: Record<number, (x: number, y: number) => readonly [number, number]> = {
  1: (x, y) => [x, y],
  2: (x, y) => [WIDTH - 1 - x, y],
  3: (x, y) => [WIDTH - 1 - x, HEIGHT - 1 - y],
  4: (x, y) => [x, HEIGHT - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [y, WIDTH - 1 - x],
  7: (x, y) => [HEIGHT - 1 - y, WIDTH - 1 - x],
  8: (x, y) => [HEIGHT - 1 - y, x],
};

function stored(orientation: number): Sharp {
  const [width, height] = orientation > 4 ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const [column, row] = STORED[orientation]!(x, y);
      data.set(place(x, y), (row * width + column) * 3);
    }
  return sharp(data, { raw: { width, height, channels: 3 } }).withMetadata({ orientation });
}

describe('EXIF orientation', () => {
  for (const o of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`${o} is obeyed in JPEG, PNG, WebP and TIFF`, async () => {
      expectPlaces(await readImage(await stored(o).png().toBuffer()), 0);
      expectPlaces(await readImage(await stored(o).webp({ lossless: true }).toBuffer()), 0);
      expectPlaces(await readImage(await stored(o).tiff({ compression: 'none' }).toBuffer()), 0);
      expectPlaces(await readImage(await stored(o).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()), 6);
    });
  }

  it('is obeyed in AVIF, which says it by itself', async () => {
    expectPlaces(await readImage(await stored(6).avif({ lossless: true, chromaSubsampling: '4:4:4' }).toBuffer()), 12);
  });
});

describe('formats', () => {
  const picture = () => rgb(WIDTH, HEIGHT, place);

  it('reads JPEG, progressive JPEG, WebP, AVIF and TIFF', async () => {
    const chromaSubsampling = '4:4:4';
    expectPlaces(await readImage(await picture().jpeg({ quality: 100, chromaSubsampling }).toBuffer()), 6);
    expectPlaces(await readImage(await picture().jpeg({ quality: 100, chromaSubsampling, progressive: true }).toBuffer()), 6);
    expectPlaces(await readImage(await picture().webp({ lossless: true }).toBuffer()), 0);
    expectPlaces(await readImage(await picture().avif({ lossless: true, chromaSubsampling }).toBuffer()), 12);
    expectPlaces(await readImage(await picture().tiff({ compression: 'lzw' }).toBuffer()), 0);
  });

  it('reads paths, file URLs and views into larger buffers', async () => {
    const png = await picture().png().toBuffer();
    const path = join(folder, 'a picture, 100%#.png');
    await writeFile(path, png);
    expectPlaces(await readImage(path), 0);
    expectPlaces(await readImage(pathToFileURL(path)), 0);
    const padded = new Uint8Array(png.length + 20).fill(7);
    padded.set(png, 10);
    expectPlaces(await readImage(padded.subarray(10, 10 + png.length)), 0);
  });

  it('reads buffers, views, Blobs, streams and data: URIs, and says shortly what it does not take', async () => {
    const png = await stored(1).png().toBuffer();
    const buffer = png.buffer.slice(png.byteOffset, png.byteOffset + png.length) as ArrayBuffer;
    const uri = `data:image/png;base64,${png.toString('base64')}`;
    const escaped = `data:image/png,${[...png].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`;
    const chunks = async function* () {
      for (let at = 0; at < png.length; at += 7) yield png.subarray(at, at + 7);
    };
    const sources = { buffer, clamped: new Uint8ClampedArray(buffer), view: new DataView(buffer), blob: new Blob([buffer]) };
    for (const source of [...Object.values(sources), new Blob([buffer]).stream(), chunks(), uri, new URL(uri), escaped])
      expectPlaces(await readImage(source as never), 0);

    const long = 'x'.repeat(400_000);
    for (const source of [null, undefined, 7, {}, [png], 'https://example.com/a.jpg', new URL('https://example.com/a.jpg')])
      await expect(readImage(source as never)).rejects.toMatchObject({ code: 'invalid-option' });
    for (const source of [long, `data:image/png;base64,${long}`, `data:${long}`, { [long]: 1 }]) {
      const error = await readImage(source as never).catch((cause: Error) => cause);
      expect(error).toBeInstanceOf(PhizError);
      expect((error as Error).message.length).toBeLessThan(300);
    }
    for (const source of [new Blob([buffer]), uri, escaped, chunks(), buffer])
      await expect(readImage(source, { maxBytes: 10 })).rejects.toMatchObject({ code: 'image-too-large' });
  });

  it('takes the first frame of an animated GIF and WebP', async () => {
    const frame = (r: number, g: number) => ({
      create: { width: 20, height: 10, channels: 3 as const, background: { r, g, b: 0 } },
    });
    const frames = [await sharp(frame(255, 0)).png().toBuffer(), await sharp(frame(0, 255)).png().toBuffer()];
    for (const encode of ['gif', 'webp'] as const) {
      const bytes = await sharp(frames, { join: { animated: true } })
        [encode]()
        .toBuffer();
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      const image = await readImage(bytes);
      expect([image.width, image.height]).toEqual([20, 10]);
      expect(pixel(image, 5, 5)[0]).toBeGreaterThan(240);
      expect(pixel(image, 5, 5)[1]).toBeLessThan(15);
    }
  });

  it('reads CMYK', async () => {
    const bytes = await rgb(WIDTH, HEIGHT, () => [200, 60, 40])
      .toColourspace('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const [r, g, b] = pixel(await readImage(bytes), 8, 8);
    expect(Math.abs(r! - 200) + Math.abs(g! - 60) + Math.abs(b! - 40)).toBeLessThan(40);
  });

  it('reads 16 bits a sample, in colour and grey', async () => {
    const colour = await picture().toColourspace('rgb16').png().toBuffer();
    expect((await sharp(colour).metadata()).depth).toBe('ushort');
    expectPlaces(await readImage(colour), 0);
    const grey = await readImage(png({ width: 2, height: 1, depth: 16, type: 0, rows: [[0, 0xff, 0xff, 0x80, 0x00]] }));
    expect(pixel(grey, 0, 0)).toEqual([255, 255, 255]);
    expect(pixel(grey, 1, 0)).toEqual([128, 128, 128]);
  });

  it('reads palettes, grey and single bits', async () => {
    const palette = await rgb(WIDTH, HEIGHT, (x) => (x < 20 ? [250, 10, 10] : [10, 10, 250]))
      .png({ palette: true })
      .toBuffer();
    expect((await sharp(palette).metadata()).isPalette).toBe(true);
    const image = await readImage(palette);
    expect(pixel(image, 3, 3)).toEqual([250, 10, 10]);
    expect(pixel(image, 30, 3)).toEqual([10, 10, 250]);

    const grey = png({ width: 3, height: 1, depth: 8, type: 0, rows: [[0, 0, 90, 255]] });
    expect([...(await readImage(grey)).data]).toEqual([0, 0, 0, 90, 90, 90, 255, 255, 255]);
    const bits = png({ width: 3, height: 1, depth: 1, type: 0, rows: [[0, 0b0101_0000]] });
    expect([...(await readImage(bits)).data]).toEqual([0, 0, 0, 255, 255, 255, 0, 0, 0]);
  });

  it('lays transparency over white, in every form of it', async () => {
    const half = await picture().ensureAlpha(0.5).png().toBuffer();
    pixel(await readImage(half), 10, 10).forEach((v, i) => {
      expect(Math.abs(v - (255 + place(10, 10)[i]!) / 2)).toBeLessThanOrEqual(1);
    });
    const clear = await picture().ensureAlpha(0).webp({ lossless: true }).toBuffer();
    expect(pixel(await readImage(clear), 4, 4)).toEqual([255, 255, 255]);
    const greyAlpha = png({ width: 2, height: 1, depth: 8, type: 4, rows: [[0, 0, 0, 100, 255]] });
    expect([...(await readImage(greyAlpha)).data]).toEqual([255, 255, 255, 100, 100, 100]);
    const gif = await picture().ensureAlpha(0).gif().toBuffer();
    expect(pixel(await readImage(gif), 4, 4)).toEqual([255, 255, 255]);
  });

  it('turns an embedded profile to sRGB', async () => {
    const bytes = await rgb(WIDTH, HEIGHT, () => [200, 60, 40])
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    expect(Math.abs(stored[0]! - 200)).toBeGreaterThan(8);
    const [r, g, b] = pixel(await readImage(bytes), 8, 8);
    expect(Math.abs(r! - 200)).toBeLessThanOrEqual(3);
    expect(Math.abs(g! - 60)).toBeLessThanOrEqual(3);
    expect(Math.abs(b! - 40)).toBeLessThanOrEqual(3);
  });

  it('reads HEIC, with its rotation and its profile', async () => {
    for (const name of ['quadrants.heic', 'quadrants-p3-rotated.heic']) {
      const image = await readImage(new URL(`../fixtures/${name}`, import.meta.url));
      expect([image.width, image.height, image.channels]).toEqual([64, 48, 3]);
      const near = (x: number, y: number, want: Pixel) =>
        pixel(image, x, y).forEach((v, i) => {
          expect(Math.abs(v - want[i]!)).toBeLessThanOrEqual(12);
        });
      near(10, 10, [230, 30, 30]);
      near(50, 10, [30, 200, 30]);
      near(10, 40, [30, 30, 230]);
      near(50, 40, [240, 240, 240]);
    }
  });
});

describe('bad input', () => {
  const failure = async (source: string | Uint8Array, options = {}): Promise<PhizError> => {
    const error = await readImage(source, options).then(
      () => undefined,
      (cause) => cause,
    );
    expect(error?.name).toBe('PhizError');
    expect(error.message).not.toContain('\n');
    return error;
  };

  it('says what is not there, is a folder, is empty, is not an image', async () => {
    const missing = await failure(join(folder, 'missing.jpg'));
    expect(missing.code).toBe('file-not-found');
    expect(missing.message).toContain('missing.jpg');
    const dir = await failure(folder);
    expect(dir.code).toBe('unreadable-file');
    expect(dir.message).toMatch(/is a folder/);
    await writeFile(join(folder, 'empty.png'), '');
    expect(await failure(join(folder, 'empty.png'))).toMatchObject({
      code: 'not-an-image',
      message: expect.stringMatching(/empty\.png is empty/),
    });
    await writeFile(join(folder, 'notes.jpg'), 'Dear diary');
    expect(await failure(join(folder, 'notes.jpg'))).toMatchObject({
      code: 'not-an-image',
      message: expect.stringMatching(/notes\.jpg is not an image/),
    });
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    expect((await failure(svg, { name: 'x.svg' })).message).toMatch(/x\.svg is not an image/);
  });

  it('refuses every truncated format instead of returning half a picture', async () => {
    const noise = rgb(200, 150, (x, y) => [(x * 73 + y * 151) & 255, (x * y) & 255, (x * 31) & 255]);
    for (const format of ['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'] as const) {
      const bytes = await noise.clone()[format]().toBuffer();
      expect((await readImage(bytes)).width).toBe(200);
      // A JPEG that lacks a few rows is read.
      for (const share of [0.02, 0.5, format === 'jpeg' ? 0.8 : 0.95]) {
        const error = await failure(bytes.subarray(0, Math.ceil(bytes.length * share)), { name: `cut.${format}` });
        expect(error.code).toBe('not-an-image');
        expect(error.message).toContain(`cut.${format}`);
      }
    }
  });

  it('reads a JPEG that lacks only its end marker or a few rows, with a warning, and says how much of others is there', async () => {
    const picture = rgb(160, 400, (x, y) => [(x * 73 + y * 151) & 255, (x * 31) & 255, y & 255]);
    const whole = await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const expected = await readImage(whole);
    const warned = async (bytes: Uint8Array) => {
      const warnings: string[] = [];
      const image = await readImage(bytes, { onWarning: (warning) => warnings.push(warning) });
      return { image, warnings };
    };
    for (const lacking of [1, 2]) {
      const { image, warnings } = await warned(whole.subarray(0, -lacking));
      expect(Buffer.from(image.data).equals(Buffer.from(expected.data))).toBe(true);
      expect(warnings).toEqual(['the JPEG lacks its end marker; every pixel is there']);
    }
    const { image, warnings } = await warned(whole.subarray(0, Math.ceil(0.985 * whole.length)));
    expect(image).toMatchObject({ width: expected.width, height: expected.height });
    expect(warnings).toEqual([
      expect.stringMatching(/^the JPEG is cut off: up to [123] % of the image, at its end, is missing$/),
    ]);
    const { message } = await failure(whole.subarray(0, Math.ceil(whole.length / 2)));
    expect(Math.abs(Number(/cut off: about (\d+) % of the image is there/.exec(message)![1]) - 50)).toBeLessThan(6);
    const progressive = await picture.clone().jpeg({ progressive: true }).toBuffer();
    expect((await warned(progressive.subarray(0, -2))).warnings).toEqual(['the JPEG lacks its end marker; every pixel is there']);
    expect((await failure(progressive.subarray(0, Math.ceil(0.9 * progressive.length)))).message).toContain('is cut off');
  });

  it.each([
    ['QOI', 'qoif\0\0\0\x04\0\0\0\x04'],
    ['Photoshop', '8BPS\0\x01'],
  ])('names %s, which it does not read', async (format, head) => {
    expect((await failure(Buffer.from(head, 'latin1'), { name: 'x' })).message).toContain(
      `x is a ${format} image, which phiz does not read`,
    );
  });

  it('refuses images whose headers promise what is not there, end marker or not', async () => {
    const noise = rgb(400, 300, (x, y) => [(x * 7919) & 255, (y * 104_729) & 255, (x * y) & 255]);
    // As large as a thumbnail or a profile makes it, so that the number of bytes alone says nothing.
    const comment = Buffer.alloc(65_537, 0x20);
    comment.writeUInt32BE(0xfffeffff, 0);
    for (const progressive of [false, true]) {
      const jpeg = await noise.clone().jpeg({ progressive }).toBuffer();
      const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
      const head = jpeg.subarray(2, scan + 2 + jpeg.readUInt16BE(scan + 2));
      const hollow = Buffer.concat([jpeg.subarray(0, 2), comment, head, Buffer.from([0xff, 0xd9])]);
      await expect(readImage(hollow, { name: 'hollow.jpg' })).rejects.toMatchObject({
        code: 'not-an-image',
        message: expect.stringContaining('hollow.jpg is cut off'),
      });
    }
    const gif = await noise.clone().gif().toBuffer();
    const data = gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0])) + 11;
    for (const kept of [0, 2 * 256]) {
      const hollow = Buffer.concat([gif.subarray(0, data + kept), Buffer.from([0, 0x3b])]);
      await expect(readImage(hollow, { name: 'hollow.gif' })).rejects.toMatchObject({
        code: 'not-an-image',
        message: expect.stringContaining('hollow.gif is cut off'),
      });
    }
  });

  it('refuses truncated HEIC and keeps its decoder from printing', async () => {
    const whole = await (await import('node:fs/promises')).readFile(new URL('../fixtures/quadrants.heic', import.meta.url));
    const log = vi.spyOn(console, 'log').mockReturnValue(undefined);
    const write = vi.spyOn(process.stdout, 'write');
    for (const n of [30, 200, 600, whole.length - 10])
      expect((await failure(whole.subarray(0, n))).message).toMatch(/damaged or truncated HEIC/);
    expect(log).not.toHaveBeenCalled();
    expect(write.mock.calls.filter(([chunk]) => String(chunk).includes('Decoding'))).toEqual([]);
    vi.restoreAllMocks();
  });

  it('refuses a zero-size image', async () => {
    expect((await failure(png({ width: 0, height: 5, depth: 8, type: 2, rows: [] }))).code).toBe('not-an-image');
  });

  it('refuses 30,000×30,000 pixels by the header alone', async () => {
    const bomb = png({ width: 30_000, height: 30_000, depth: 8, type: 2, rows: [[0, 1, 2, 3]] });
    const error = await failure(bomb, { name: 'bomb.png' });
    expect(error.code).toBe('image-too-large');
    expect(error.message).toMatch(/bomb\.png has 30000×30000 pixels/);
  });

  it('obeys maxPixels and maxBytes, HEIC included, and checks them', async () => {
    const bytes = await rgb(WIDTH, HEIGHT, place).png().toBuffer();
    expect((await readImage(bytes, { maxPixels: WIDTH * HEIGHT })).width).toBe(WIDTH);
    expect((await failure(bytes, { maxPixels: WIDTH * HEIGHT - 1 })).code).toBe('image-too-large');
    expect((await failure(bytes, { maxBytes: 100 })).code).toBe('image-too-large');
    const heic = new URL('../fixtures/quadrants.heic', import.meta.url);
    expect((await failure(heic.pathname, { maxPixels: 64 * 48 - 1 })).code).toBe('image-too-large');
    expect((await failure(bytes, { maxPixels: 0 })).code).toBe('invalid-option');
    expect((await failure(bytes, { maxBytes: Number.NaN })).code).toBe('invalid-option');
    await expect(readImage(new URL('http://localhost/a.png'))).rejects.toMatchObject({ code: 'invalid-option' });
  });
});

interface RawPng {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** 0 grey, 2 RGB, 4 grey and alpha. */
  readonly type: number;
  /** Each with its filter byte. */
  readonly rows: readonly (readonly number[])[];
}

/** A PNG made by hand, for forms that sharp does not write. */
function png({ width, height, depth, type, rows }: RawPng): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
