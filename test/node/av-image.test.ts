/** Images that FFmpeg's libraries decode: JPEG XL, JPEG 2000, BMP, Netpbm. Files are written here, by hand or by node-av. */
import * as av from 'node-av';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { avImageSize } from '#dist/node/images/av-image-size.js';
import { imageFormat } from '#dist/node/images/image-format.js';
import { readImage } from '#dist/node/images/read-image.js';

const [WIDTH, HEIGHT] = [300, 180];
/** Dark red left, bright blue right, green below. */
const colourAt = (x: number, y: number): readonly [number, number, number] =>
  y >= HEIGHT / 2 ? [20, 160, 40] : x < WIDTH / 2 ? [140, 10, 20] : [30, 60, 230];

function pixels(): Buffer {
  const data = Buffer.alloc(3 * WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) data.set(colourAt(x, y), 3 * (y * WIDTH + x));
  return data;
}

/** Encoded by FFmpeg. */
async function encoded(
  encoder: string,
  { format = av.AV_PIX_FMT_RGB24 as number, primaries = 0, data = pixels() } = {},
): Promise<Buffer> {
  const codec = av.Codec.findEncoderByName(encoder as never)!;
  using context = new av.CodecContext();
  context.allocContext3(codec);
  [context.width, context.height, context.pixelFormat] = [WIDTH, HEIGHT, format as never];
  context.timeBase = new av.Rational(1, 1);
  using frame = new av.Frame();
  frame.alloc();
  [frame.width, frame.height, frame.format] = [WIDTH, HEIGHT, format as never];
  if (primaries) [frame.colorPrimaries, frame.colorTrc] = [primaries as never, av.AVCOL_TRC_IEC61966_2_1];
  if (primaries) [context.colorPrimaries, context.colorTrc] = [primaries as never, av.AVCOL_TRC_IEC61966_2_1];
  expect(frame.getBuffer()).toBe(0);
  expect(frame.fromBuffer(data)).toBe(data.length);
  expect(await context.open2(codec)).toBe(0);
  using packet = new av.Packet();
  packet.alloc();
  expect(await context.sendFrame(frame)).toBe(0);
  await context.sendFrame(null);
  expect(await context.receivePacket(packet)).toBe(0);
  return Buffer.from(packet.data!);
}

/** 24 bits a pixel, rows from the bottom up unless `down`. */
function bmp({ down = false } = {}): Buffer {
  const row = Math.ceil((3 * WIDTH) / 4) * 4;
  const file = Buffer.alloc(54 + row * HEIGHT);
  file.write('BM', 0, 'latin1');
  for (const [at, value] of [
    [2, file.length],
    [10, 54],
    [14, 40],
    [18, WIDTH],
    [22, down ? -HEIGHT : HEIGHT],
    [34, row * HEIGHT],
  ] as const)
    file.writeInt32LE(value, at);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) file.set([...colourAt(x, y)].reverse(), 54 + (down ? y : HEIGHT - 1 - y) * row + 3 * x);
  return file;
}

const ppm = (head = `P6 # a comment\n# another\n${WIDTH} ${HEIGHT}\n255\n`) =>
  Buffer.concat([Buffer.from(head, 'latin1'), pixels()]);
const pam = () => ppm(`P7\nWIDTH ${WIDTH}\nHEIGHT ${HEIGHT}\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n`);
/** The boxes that hold the codestream of a JPEG XL in a file (ISO/IEC 18181-2). */
function boxed(stream: Buffer): Buffer {
  const head = Buffer.from('\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl \0\0\0\0jxlc', 'latin1');
  head.writeUInt32BE(stream.length + 8, head.length - 8);
  return Buffer.concat([head, stream]);
}

/** A JPEG XL whose header asks for an orientation: its one bit for "nothing of note" becomes the fields that say so (18181-1, annex D). */
function oriented(stream: Buffer, orientation: number): Buffer {
  const bits = [...stream.subarray(2, 6)].flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1));
  expect(bits.slice(26)).toEqual([1, 1, 0, 0, 0, 0]);
  const asked = [0, 1, 2].map((i) => ((orientation - 1) >> i) & 1);
  const all = [...bits.slice(0, 26), 0, 1, ...asked, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1];
  const head = Buffer.alloc(Math.ceil(all.length / 8));
  for (const [i, bit] of all.entries()) head[i >> 3]! |= bit << (i & 7);
  return Buffer.concat([stream.subarray(0, 2), head, stream.subarray(6)]);
}

const jxl = await encoded('libjxl');
const FILES: Readonly<Record<string, readonly [format: string, file: Buffer, tolerance: number]>> = {
  bmp: ['BMP', bmp(), 0],
  'bmp, top down': ['BMP', bmp({ down: true }), 0],
  ppm: ['PPM', ppm(), 0],
  pam: ['PAM', pam(), 0],
  'jpeg xl': ['JPEG XL', jxl, 8],
  'jpeg xl in boxes': ['JPEG XL', boxed(jxl), 8],
  'jpeg 2000': ['JPEG 2000', await encoded('jpeg2000'), 8],
};

describe.each(Object.entries(FILES))('%s', (_, [format, file, tolerance]) => {
  it('is told by its first bytes, and has its size in its header', () => {
    expect([imageFormat(file), avImageSize(file, format)]).toEqual([format, { width: WIDTH, height: HEIGHT }]);
  });

  it('shows what was put in', async () => {
    const image = await readImage(file);
    expect(image).toMatchObject({ width: WIDTH, height: HEIGHT, channels: 3 });
    for (const [x, y] of [
      [5, 5],
      [200, 20],
      [100, 150],
      [299, 179],
    ] as const)
      for (const [i, value] of colourAt(x, y).entries())
        expect(Math.abs(image.data[3 * (y * WIDTH + x) + i]! - value), `${x}, ${y}`).toBeLessThanOrEqual(tolerance);
  });

  it('is refused by name where it is cut off, damaged in its header, or larger than allowed', async () => {
    for (const share of [0.02, 0.5, 0.97])
      await expect(readImage(file.subarray(0, Math.floor(share * file.length)), { name: 'x' })).rejects.toMatchObject({
        code: 'not-an-image',
        message: expect.stringMatching(`^x is a damaged or truncated ${format} image: `),
      });
    await expect(readImage(file, { maxPixels: WIDTH * HEIGHT - 1 })).rejects.toMatchObject({
      code: 'image-too-large',
      message: expect.stringContaining(`${WIDTH}×${HEIGHT}`),
    });
  });
});

it.each([
  ['P1\n3 2\n1 0 1\n0 1 0\n', 'PBM', [0, 255, 0, 255, 0, 255]],
  ['P2\n3 2\n10\n0 5 10\n10 5 0\n', 'PGM', [0, 128, 255, 255, 128, 0]],
  ['P5 3 2 255\n\x00\x10\x20\x30\x40\x50', 'PGM', [0, 16, 32, 48, 64, 80]],
])('%j', async (text, format, grey) => {
  const file = Buffer.from(text, 'latin1');
  expect(imageFormat(file)).toBe(format);
  const { width, height, data } = await readImage(file);
  expect([width, height]).toEqual([3, 2]);
  expect([...data].filter((_, i) => i % 3 === 1).map((value, i) => Math.abs(value - grey[i]!) <= 1)).toEqual(Array(6).fill(true));
});

describe('a JPEG XL', () => {
  it.each([
    [3, [299, 179], [0, 0]],
    [6, [0, 179], [0, 0]],
    [8, [299, 0], [0, 0]],
  ] as const)('is turned as it asks (%i)', async (orientation, [x, y], [left, top]) => {
    const image = await readImage(oriented(jxl, orientation));
    expect([image.width, image.height]).toEqual(orientation > 4 ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT]);
    for (const [i, value] of colourAt(x, y).entries())
      expect(Math.abs(image.data[3 * (top * image.width + left) + i]! - value)).toBeLessThanOrEqual(8);
  });

  it('of 16 bits, and transparent over white', async () => {
    const wide = Buffer.alloc(6 * WIDTH * HEIGHT);
    for (const [i, value] of pixels().entries()) wide.writeUInt16LE(value * 257, 2 * i);
    const deep = await readImage(await encoded('libjxl', { format: av.AV_PIX_FMT_RGB48LE, data: wide }));
    expect(Math.abs(deep.data[0]! - 140)).toBeLessThan(8);
    const half = Buffer.alloc(4 * WIDTH * HEIGHT, Buffer.from([0, 0, 0, 128]));
    const light = await readImage(await encoded('libjxl', { format: av.AV_PIX_FMT_RGBA, data: half }));
    expect(Math.abs(light.data[0]! - 127)).toBeLessThan(4);
  });

  it('in Display P3 comes in sRGB', async () => {
    const file = await encoded('libjxl', { primaries: av.AVCOL_PRI_SMPTE432 });
    const [r, g, b] = (await readImage(file)).data;
    const tagged = await sharp(pixels(), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .png()
      .withIccProfile('p3')
      .toBuffer();
    // libvips turns sRGB to P3 there; back again it is what was put in, and as P3 redder.
    expect((await readImage(tagged)).data[0]).toBe(140);
    expect(r! - 140).toBeGreaterThan(5);
    expect([g! < 10, b! < 25]).toEqual([true, true]);
  });
});
