/** Motion JPEG told from photos, in time that is linear in the bytes, whatever they are. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteSource } from '#dist/node/video/byte-source.js';
import { isClip } from '#dist/node/video/clip-kind.js';
import { countJpegs, isJpegStream } from '#dist/node/video/jpeg-stream.js';
import { photoResultSchema } from '#dist/results/result.js';
import { runPhiz } from './fixtures/phiz.js';
import { serve } from './fixtures/service.js';
import { cellsImage, LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

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
  it('is two images of one size or more', () => {
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
  const image = sharp({ create: { width: 32, height: 24, channels: 3, background: '#846' } }).jpeg();
  const plain = await image.toBuffer();
  const named = await image.withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').toBuffer();
  expect(await isClip(Buffer.concat([plain, plain]))).toBe(true);
  expect(await isClip(Buffer.concat([named, plain]))).toBe(false);
});

describe('a portrait as Pixel phones write it, without a name', () => {
  let folder: string;
  let models: { detector: string; emotion: string; age: string };
  let portrait: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-portrait-'));
    models = await writeTinyModels(join(folder, 'models'));
    const raw = { width: 320, height: 192, channels: 3 } as const;
    const image = (cells: Parameters<typeof cellsImage>[2]) =>
      sharp(cellsImage(320, 192, cells), { raw }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' });
    // The image with its XMP, then the one it was made from and a depth map: all of one size, no index of them.
    const shown = image([
      [1, 1, WHITE],
      [6, 3, LIGHT_GREY],
    ]).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>');
    const others = [image([[1, 1, WHITE]]), image([])];
    portrait = Buffer.concat(await Promise.all([shown, ...others].map((one) => one.toBuffer())));
    expect(isJpegStream(counted(Buffer.concat(await Promise.all(others.map((one) => one.toBuffer())))))).toBe(true);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is a photo from standard input', async () => {
    const { detector, emotion, age } = models;
    const chosen = ['--detector', detector, '--emotion-model', emotion, '--age-model', age, '--threads', '1'];
    const { code, out, err } = await runPhiz(['analyze', '-q', '-', ...chosen], { cwd: folder, input: portrait });
    expect([code, err]).toEqual([0, '']);
    const { width, height, faces } = photoResultSchema.parse(JSON.parse(out));
    expect([width, height, faces.length]).toEqual([320, 192, 2]);
  });

  it('is a photo as an upload', async () => {
    await using service = await serve({ dataDir: join(folder, 'data'), models: { ...models, threads: 1 } });
    const headers = { 'Content-Type': 'image/jpeg' };
    const response = await fetch(`${service.url}/v1/images`, { method: 'POST', body: new Uint8Array(portrait), headers });
    expect(response.status).toBe(200);
    const { width, height, faces } = photoResultSchema.parse(await response.json());
    expect([width, height, faces.length]).toEqual([320, 192, 2]);
  });
});
