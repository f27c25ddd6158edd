/** Damaged images, many at once: what is said of each, and whether it is read, depends on itself alone. */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '#dist/node/images/read-image.js';
import { sharpReason } from '#dist/node/images/sharp.js';
import { rgbaToTiff } from '#dist/node/images/tiff.js';

const sample = fileURLToPath(new URL('../../samples/faces.png', import.meta.url));

/** What comes of an image: `ok`, what is said of one that is read all the same, or why not. */
async function read(bytes: Uint8Array): Promise<string> {
  const warnings: string[] = [];
  try {
    await readImage(bytes, { onWarning: (warning) => warnings.push(warning) });
  } catch (error) {
    return (error as Error).message;
  }
  return warnings.join('; ') || 'ok';
}

const NO_END = /^the JPEG lacks its end marker; every pixel is there$/;

describe('damaged images', () => {
  let cases: readonly (readonly [name: string, bytes: Uint8Array, says: RegExp])[];
  beforeAll(async () => {
    const picture = sharp(sample);
    const jpeg = await picture.clone().jpeg({ quality: 90 }).toBuffer();
    const progressive = await picture.clone().jpeg({ progressive: true }).toBuffer();
    const grey = await picture.clone().greyscale().toColourspace('b-w').jpeg().toBuffer();
    const cmyk = await picture.clone().toColourspace('cmyk').jpeg().toBuffer();
    const png = await picture.clone().png().toBuffer();
    const gif = await picture.clone().gif().toBuffer();
    const { data, info } = await picture.clone().ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    const tiff = rgbaToTiff(info.width, info.height, data);
    const part = (bytes: Uint8Array, share: number) => bytes.subarray(0, Math.floor(share * bytes.length));
    const behind = (bytes: Uint8Array, end: Uint8Array) => Buffer.concat([bytes, end]);
    cases = [
      ['a whole JPEG', jpeg, /^ok$/],
      ['a JPEG without its end marker', jpeg.subarray(0, -2), NO_END],
      ['with half of it', jpeg.subarray(0, -1), NO_END],
      ['a progressive JPEG without it', progressive.subarray(0, -2), NO_END],
      ['a grey one', grey.subarray(0, -2), NO_END],
      ['one in CMYK', cmyk.subarray(0, -2), NO_END],
      ['with zeros in its place', behind(jpeg.subarray(0, -2), Buffer.alloc(512)), /^ok$|^the JPEG lacks its end marker/],
      ['with fill bytes in its place', behind(jpeg.subarray(0, -2), Buffer.alloc(64, 0xff)), NO_END],
      ['with a line end in its place', behind(jpeg.subarray(0, -2), Buffer.from('\r\n')), NO_END],
      ['with something behind it', behind(jpeg, Buffer.from('and more')), /^ok$/],
      ['nine tenths of a JPEG', part(jpeg, 0.9), /^the image is cut off: about (8|9)\d % of the image is there/],
      ['half a JPEG, ended', behind(part(jpeg, 0.5), Buffer.of(0xff, 0xd9)), /about [45]\d % of the image is there/],
      ['nine tenths of a progressive one', part(progressive, 0.9), /^the image is cut off: its finer details are missing/],
      ['a PNG without its last chunk', png.subarray(0, -12), /^ok$/],
      ['most of a PNG', part(png, 0.99), /^the image is a damaged or truncated PNG image: (libpng|the decoder)/],
      ['a GIF without its trailer', gif.subarray(0, -1), /^ok$/],
      ['most of a GIF', part(gif, 0.99), /^the image is a damaged or truncated GIF image: (Unexpected end of GIF|the decoder)/],
      [
        'half a TIFF, directory first',
        part(tiff, 0.5),
        /^the image is a damaged or truncated TIFF image: (tiff2vips|the decoder)/,
      ],
      [
        'a TIFF that lacks a byte',
        tiff.subarray(0, -1),
        /^the image is a damaged or truncated TIFF image: (tiff2vips|the decoder)/,
      ],
      ['a whole TIFF', tiff, /^ok$/],
    ];
  });

  it('one by one', async () => {
    for (const [name, bytes, says] of cases) expect(await read(bytes), name).toMatch(says);
  });

  it('all at once, five times over', async () => {
    const at = Array.from({ length: 5 * cases.length }, (_, i) => cases[(7 * i) % cases.length]!);
    const said = await Promise.all(at.map(([, bytes]) => read(bytes)));
    for (const [i, [name, , says]] of at.entries()) expect(said[i], name).toMatch(says);
  });
});

it.each([
  ['Input buffer has corrupt header: gifload_buffer: Unexpected end of GIF', 'Unexpected end of GIF'],
  ['Input buffer has corrupt header: \ntiff2vips: read error', 'the decoder does not say why'],
  ['Input buffer has corrupt header: \nUnexpected end of GIF', 'Unexpected end of GIF'],
  ['VipsJpeg: out of order\nUnexpected end of GIF', 'Unexpected end of GIF'],
])('what libvips says of a GIF among others: %j', (text, reason) => {
  expect(sharpReason(new Error(text), 'GIF')).toBe(reason);
});
