/** Clips whose tables promise more than can be: an error that names the file, at once; and threads that are stuck are given up. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '#dist/node/images/read-image.js';
import { openBytes } from '#dist/node/video/byte-source.js';
import { openClipThread } from '#dist/node/video/clip-thread.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { checkSampleTables } from '#dist/node/video/sample-tables.js';
import { fault } from './fixtures/faults.js';

const SAMPLE = fileURLToPath(new URL('../../samples/expressions.mp4', import.meta.url));
let folder: string;
let whole: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-tables-'));
  whole = await readFile(SAMPLE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const check = (bytes: Uint8Array): void => checkSampleTables(openBytes(bytes, 'clip.mp4'), 'clip.mp4');

/** A copy in which a number of the first table of this type is another; `at` counts from the type's name. */
function changed(type: string, at: number, value: number): Buffer {
  const copy = Buffer.from(whole);
  const place = copy.indexOf(type);
  expect(place).toBeGreaterThan(0);
  copy.writeUInt32BE(value, place + at);
  return copy;
}

describe('sample tables', () => {
  it('of a clip in order are no matter', () => {
    expect(() => check(whole)).not.toThrow();
    expect(() => check(whole.subarray(0, 1000))).not.toThrow();
    expect(() => check(Buffer.alloc(100))).not.toThrow();
  });

  it.each([
    ['stts', 8, 'has 4294967295 entries'],
    ['stts', 12, 'tells of 4294967295 samples'],
    ['stsc', 8, 'has 4294967295 entries'],
    ['stsc', 12, 'names chunk 4294967295'],
    ['stsz', 12, 'has 4294967295 entries'],
    ['stco', 8, 'has 4294967295 entries'],
  ])('%s with a huge number at byte %i are refused', async (type, at, says) => {
    const damaged = changed(type, at, 0xffffffff);
    expect(() => check(damaged)).toThrow(
      expect.objectContaining({ code: 'invalid-data', message: expect.stringContaining(says) }),
    );
    await expect(openClip(damaged, { name: 'clip.mp4' })).rejects.toMatchObject({ code: 'invalid-data' });
  });

  it('of one size for all samples are refused where the file is too small for them', () => {
    const damaged = changed('stsz', 12, 0xffffffff);
    damaged.writeUInt32BE(1, damaged.indexOf('stsz') + 8);
    expect(() => check(damaged)).toThrow('4294967295 samples');
  });

  it('in runs of fragments are refused', () => {
    const box = (type: string, ...parts: Buffer[]): Buffer => {
      const body = Buffer.concat(parts);
      const head = Buffer.alloc(8);
      head.writeUInt32BE(8 + body.length);
      head.write(type, 4);
      return Buffer.concat([head, body]);
    };
    const words = (...values: number[]): Buffer => {
      const bytes = Buffer.alloc(4 * values.length);
      for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
      return bytes;
    };
    const fragment = (flags: number, samples: number) => box('moof', box('traf', box('trun', words(flags, samples, 1, 2))));
    expect(() => check(fragment(0x100, 2))).not.toThrow();
    expect(() => check(fragment(0x100, 3))).toThrow('room for 2');
    expect(() => check(fragment(0, 0xffffffff))).toThrow('4294967295 entries');
  });

  it('are read about once at most, however the file is made', () => {
    // A million empty boxes, and boxes within boxes as deep as it goes.
    const flat = Buffer.alloc(8_000_000, Buffer.from([0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65]));
    const deep = Buffer.alloc(8_000_000);
    for (let at = 0; at < deep.length; at += 8) {
      deep.writeUInt32BE(deep.length - at, at);
      deep.write('moov', at + 4, 'latin1');
    }
    for (const bytes of [flat, deep]) {
      let read = 0;
      const source = openBytes(bytes, 'clip.mp4');
      const counting = {
        ...source,
        read(position: number, length: number) {
          const given = source.read(position, length);
          read += given.length;
          return given;
        },
      };
      checkSampleTables(counting, 'clip.mp4');
      expect(read).toBeGreaterThan(0);
      expect(read).toBeLessThan(2 * bytes.length);
    }
  });

  it.each(['vmp4-atom-stsc-7821-rand.mp4', 'hmov-atom-ctts-4179-rand.mov', 'hmov-atom-stts-4111-rand.mov'])(
    '%s fails before it is decoded',
    async (name) => {
      const path = fault(name);
      if (path === undefined) return;
      await expect(openClip(path)).rejects.toMatchObject({ code: 'invalid-data', message: expect.stringContaining(name) });
    },
  );
});

it('a thread that gives no image for a while is given up', async () => {
  // No thread starts as quickly as this one is expected to.
  const job = { source: SAMPLE, container: 'mp4', called: 'clip.mp4', maxPixels: 1e8, maxDuration: 100 } as const;
  await expect(openClipThread(job, { ahead: 3, patience: 0.001 })).rejects.toMatchObject({
    code: 'invalid-data',
    message: expect.stringMatching(/^clip\.mp4 gave no image for/),
  });
});

describe('a JPEG nearly without data', () => {
  it('is refused before its pixels are made', async () => {
    const path = fault('jpeg-9999-short.jpg');
    if (path !== undefined)
      await expect(readImage(path)).rejects.toMatchObject({ message: expect.stringContaining('is cut off') });
    const jpeg = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: '#888888' } })
      .jpeg()
      .toBuffer();
    const short = Buffer.concat([jpeg.subarray(0, 2000), Buffer.from([0xff, 0xd9])]);
    await writeFile(join(folder, 'short.jpg'), short);
    await expect(readImage(join(folder, 'short.jpg'))).rejects.toMatchObject({
      code: 'not-an-image',
      message: expect.stringMatching(/short\.jpg is cut off/),
    });
  });

  it('is not one of a single colour', async () => {
    const jpeg = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: '#888888' } })
      .toColourspace('b-w')
      .jpeg({ mozjpeg: true, quality: 1 })
      .toBuffer();
    expect((await readImage(jpeg)).width).toBe(3000);
  });
});
