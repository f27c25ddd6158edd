/** Motion JPEG told from photos, in time that is linear in the bytes, whatever they are. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '#dist/node/video/byte-source.js';
import { isClip } from '#dist/node/video/clip-kind.js';
import { countJpegs, isJpegStream } from '#dist/node/video/jpeg-stream.js';

/** Counts what is read, as a file would have to be. */
function counted(bytes: Buffer): ByteSource & { taken: number } {
  return {
    taken: 0,
    size: bytes.length,
    read(position, length) {
      const part = bytes.subarray(Math.max(0, position), Math.max(0, position + length));
      this.taken += part.length;
      return part;
    },
    close() {},
  };
}

const hex = (text: string, times = 1): Buffer => Buffer.from(text.repeat(times), 'hex');
/** A JPEG by its markers: 16×8 pixels, one scan of `data`. */
const jpeg = (data = '1234ff00ffd05678', size = '00080010'): Buffer =>
  hex(`ffd8ffe00004abcdffc0000b08${size}01011100ffda0003aa${data}ffd9`);

describe('a bare stream of JPEGs', () => {
  it('is two pictures of one size or more', () => {
    expect(isJpegStream(counted(Buffer.concat([jpeg(), jpeg('ffd1')])))).toBe(true);
    expect(isJpegStream(counted(jpeg()))).toBe(false);
    expect(isJpegStream(counted(Buffer.concat([jpeg(), jpeg('00', '00090010')])))).toBe(false);
    expect(isJpegStream(counted(Buffer.concat([jpeg(), jpeg().subarray(0, 20)])))).toBe(false);
  });

  it('is the same where a marker lies across two blocks that are read', () => {
    for (const length of [65_534, 65_535, 65_536, 65_537, 131_000]) {
      const long = jpeg('00'.repeat(length - 33));
      expect(isJpegStream(counted(Buffer.concat([long, jpeg()])))).toBe(true);
    }
  });

  it.each([
    ['scans without data', Buffer.concat([hex('ffd8'), hex('ffda0002', 250_000)])],
    ['segments without data', Buffer.concat([hex('ffd8'), hex('ffe00002', 250_000)])],
    ['fill bytes', Buffer.concat([hex('ffd8'), hex('ff', 1_000_000)])],
    ['restarts', Buffer.concat([hex('ffd8ffda0002'), hex('ffd0', 500_000)])],
    ['starts', hex('ffd8', 500_000)],
    ['lengths of nothing', Buffer.concat([hex('ffd8'), hex('ffe00000', 250_000)])],
    ['one-byte segments of a scan', Buffer.concat([hex('ffd8'), hex('ffda000300', 200_000)])],
  ])('made of %s is read once', (_, bytes) => {
    const source = counted(bytes);
    isJpegStream(source);
    expect(source.taken).toBeLessThanOrEqual(2.2 * bytes.length + 65_536);
    source.taken = 0;
    countJpegs(source);
    expect(source.taken).toBeLessThanOrEqual(2.2 * bytes.length + 65_536);
  });
});

it('is a photo where the first of several JPEGs has XMP, as phones write it', async () => {
  const picture = sharp({ create: { width: 32, height: 24, channels: 3, background: '#846' } }).jpeg();
  const plain = await picture.toBuffer();
  const named = await picture.withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').toBuffer();
  expect(await isClip(Buffer.concat([plain, plain]))).toBe(true);
  expect(await isClip(Buffer.concat([named, plain]))).toBe(false);
});
