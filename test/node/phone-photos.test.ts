/** Photos with more in them than one picture, as phones write them: each is the photo that it shows, however it comes. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '#dist/node/images/read-image.js';
import { isClip } from '#dist/node/video/clip-kind.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { photoResultSchema } from '#dist/results/result.js';
import { runPhiz } from './fixtures/phiz.js';
import { phonePhotos } from './fixtures/phone-photos.js';
import { serve, type TestService } from './fixtures/service.js';
import { cellsImage, LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

const [WIDTH, HEIGHT] = [320, 192];
/** What is shown has two faces, what is behind it one. */
const FACES = 2;

let folder: string;
let chosen: readonly string[];
let service: TestService;
let photos: readonly (readonly [kind: string, bytes: Buffer])[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-phones-'));
  const models = await writeTinyModels(join(folder, 'models'));
  const { detector, emotion, age } = models;
  chosen = ['--detector', detector, '--emotion-model', emotion, '--age-model', age, '--threads', '1'];
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
  const jpeg = (cells: Parameters<typeof cellsImage>[2]) =>
    sharp(cellsImage(WIDTH, HEIGHT, cells), { raw })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
  const shown = await jpeg([
    [1, 1, WHITE],
    [6, 3, LIGHT_GREY],
  ]);
  const clip = await readFile(new URL('../../samples/expressions.mp4', import.meta.url));
  photos = Object.entries(await phonePhotos({ shown, other: await jpeg([[1, 1, WHITE]]), clip }));
  service = await serve({ dataDir: join(folder, 'data'), models: { ...models, threads: 1 } });
});
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function expectPhoto(result: unknown, kind: string): void {
  const { width, height, faces } = photoResultSchema.parse(result);
  expect([width, height, faces.length], kind).toEqual([WIDTH, HEIGHT, FACES]);
}

describe('a photo of several parts', () => {
  it('is a photo as bytes, and no clip', async () => {
    for (const [kind, bytes] of photos) {
      expect(await isClip(bytes), kind).toBe(false);
      expect(await readImage(bytes)).toMatchObject({ width: WIDTH, height: HEIGHT });
      await expect(openClip(bytes), kind).rejects.toMatchObject({ message: 'the clip is a single image, not a video' });
    }
  });

  // With eleven of them, twice, photos are done side by side, as in any folder of many.
  it('is a photo in a folder of many, under a name with and without an ending', { timeout: 120_000 }, async () => {
    const paths: string[] = [];
    for (const ending of ['.jpg', '.MP.jpg', '']) {
      const name = (i: number) => join(`in${ending.replaceAll('.', '-')}`, `photo${i}${ending}`);
      await mkdir(join(folder, `in${ending.replaceAll('.', '-')}`), { recursive: true });
      for (const [i, [, bytes]] of photos.entries()) {
        await writeFile(join(folder, name(i)), bytes);
        if (ending === '') paths.push(name(i));
      }
    }
    const run = await runPhiz(['analyze', '-q', 'in-jpg', 'in-MP-jpg', ...paths, ...chosen, '--out', 'out'], { cwd: folder });
    expect([run.code, run.err]).toEqual([0, '']);
    const lines = run.out.trimEnd().split('\n');
    expect(lines).toHaveLength(3 * photos.length);
    for (const line of lines) expectPhoto(JSON.parse(line), line.slice(0, 60));
  });

  it('is a photo from standard input', { timeout: 120_000 }, async () => {
    for (const [kind, input] of photos.slice(0, 2)) {
      const { code, out, err } = await runPhiz(['analyze', '-q', '-', ...chosen], { cwd: folder, input });
      expect([code, err], kind).toEqual([0, '']);
      expectPhoto(JSON.parse(out), kind);
    }
  });

  it('is a photo as an upload, and as a clip is refused by name', { timeout: 120_000 }, async () => {
    for (const [kind, bytes] of photos) {
      const body = new Uint8Array(bytes);
      const photo = await fetch(`${service.url}/v1/images`, { method: 'POST', body, headers: { 'Content-Type': 'image/jpeg' } });
      expect(photo.status, kind).toBe(200);
      expectPhoto(await photo.json(), kind);
      const form = new FormData();
      form.set('file', new Blob([body], { type: 'image/jpeg' }), 'a.jpg');
      const filled = await fetch(`${service.url}/v1/images`, { method: 'POST', body: form });
      expect(filled.status, kind).toBe(200);
      expectPhoto(await filled.json(), kind);
      const job = await fetch(`${service.url}/v1/videos`, { method: 'POST', body, headers: { 'Content-Type': 'video/mp4' } });
      expect(job.status, kind).toBe(422);
      expect(await job.json()).toMatchObject({ code: 'invalid-data', detail: expect.stringContaining('/v1/images') });
    }
  });
});
