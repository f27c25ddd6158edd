/** Uploads that are made to stop the service: it answers others meanwhile, and ends what takes too long or too much. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photoResultSchema } from '#dist/results/result.js';
import { jobSchema, problemSchema } from '#dist/results/service.js';
import { dial, serve, type TestService } from './fixtures/service.js';
import { type ServiceProcessOptions, startServiceProcess, workersOf } from './fixtures/service-process.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

let folder: string;
let service: TestService;
let models: object;
const image = await readFile(new URL('../../samples/faces.png', import.meta.url));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-hostile-'));
  models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
  service = await serve({ dataDir: join(folder, 'data'), models, concurrency: 1, maxUpload: 64_000_000 });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const post = (url: string, path: string, body: Uint8Array) => fetch(`${url}${path}`, { method: 'POST', body });

const chunkedHead = (path: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n${more}Transfer-Encoding: chunked\r\n\r\n`;

/** How often /healthz answered while `work` was under way. */
async function healthWhile(url: string, work: Promise<unknown>): Promise<number> {
  let answers = 0;
  let done = false;
  void work.finally(() => {
    done = true;
  });
  while (!done) {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    if (!done) answers++;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return answers;
}

describe('nothing that is sent keeps the service from answering', () => {
  const scans = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(4_000_000, Buffer.from([0xff, 0xda, 0x00, 0x02]))]);
  it.each([
    ['a million scans', '/v1/videos', scans],
    ['twenty megabytes of ff', '/v1/videos', Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(20_000_000, 0xff)])],
    ['a million scans as a photo', '/v1/images', scans],
    ['a GIF that never ends', '/v1/videos', Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(8_000_000, 0x2c)])],
  ])('%s', async (_, path, body) => {
    const answer = post(service.url, path, body);
    expect(await healthWhile(service.url, answer)).toBeGreaterThan(2);
    expect((await answer).status).toBe(422);
  });

  it('chunks of one byte without end, by those who come again and again', async () => {
    const many = Buffer.from('1\r\nx\r\n'.repeat(100_000));
    const end = Date.now() + 4000;
    let broken = 0;
    const crowd = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (Date.now() < end) {
          const socket = await dial(service.port);
          socket.on('error', () => undefined);
          const gone = new Promise((resolve) => socket.once('close', resolve));
          socket.resume();
          socket.write(chunkedHead('/v1/images'));
          socket.write(many);
          await gone;
          broken++;
        }
      }),
    );
    expect(await healthWhile(service.url, crowd)).toBeGreaterThan(2);
    expect(broken).toBeGreaterThan(3);
  });

  it('a photo in small chunks, which is taken', async () => {
    const socket = await dial(service.port);
    socket.write(chunkedHead('/v1/images', 'Connection: close\r\n'));
    for (let at = 0; at < image.length; at += 100) {
      const part = image.subarray(at, at + 100);
      socket.write(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]));
    }
    socket.write('0\r\n\r\n');
    let answer = '';
    for await (const data of socket) answer += String(data);
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
  });

  it('a photo of many pixels', async () => {
    const large = await sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#808080' } })
      .jpeg()
      .toBuffer();
    const answer = post(service.url, '/v1/images', large);
    expect(await healthWhile(service.url, answer)).toBeGreaterThan(2);
    expect((await answer).status).toBe(200);
  });
});

it.skipIf(process.platform !== 'linux')('the process that listens holds no decoder and no network, and comes first', async () => {
  const alone = await startServiceProcess({ data: join(folder, 'alone'), models: models as ServiceProcessOptions['models'] });
  const clip = await readFile(new URL('../../samples/expressions.mp4', import.meta.url));
  expect((await post(alone.url, '/v1/images', image)).status).toBe(200);
  expect((await post(alone.url, '/v1/videos', clip)).status).toBe(202);
  const decoders = /onnxruntime|libvips|sharp|node-av|ffmpeg|libheif|skia|canvas/i;
  const [reader] = await workersOf(alone, 'photo-worker');
  const native = async (pid: number): Promise<readonly string[]> =>
    (await readFile(`/proc/${pid}/maps`, 'utf8')).split('\n').filter((line) => decoders.test(line));
  expect(await native(reader!)).not.toEqual([]);
  expect(await native(alone.child.pid!)).toEqual([]);
  expect(getPriority(alone.child.pid)).toBeLessThan(getPriority(reader));
  await alone.end();
});

describe('what takes too much memory', () => {
  it('is ended with the process that read it; the next photo has a new one', async () => {
    await using narrow = await serve({ dataDir: join(folder, 'narrow'), models, concurrency: 1, maxMemory: 500_000_000 });
    const large = await sharp({ create: { width: 8000, height: 4000, channels: 3, background: '#808080' } })
      .png()
      .toBuffer();
    const refused = await post(narrow.url, '/v1/images?detectSize=4096', large);
    expect([refused.status, problemSchema.parse(await refused.json()).code]).toEqual([422, 'too-costly']);
    const next = await post(narrow.url, '/v1/images', image);
    expect(photoResultSchema.parse(await next.json()).source).toBe('upload');
    expect((await fetch(`${narrow.url}/readyz`)).status).toBe(200);
  });
});

it('a photo whose sender goes away frees its process', async () => {
  const leaving = new AbortController();
  const gone = fetch(`${service.url}/v1/images`, { method: 'POST', body: image, signal: leaving.signal });
  setTimeout(() => leaving.abort(), 50);
  await gone.catch(() => {});
  expect((await post(service.url, '/v1/images', image)).status).toBe(200);
  const clip = await readFile(new URL('../../samples/expressions.mp4', import.meta.url));
  const job = jobSchema.parse(await (await post(service.url, '/v1/videos', clip)).json());
  expect((await fetch(`${service.url}/v1/jobs/${job.id}`, { method: 'DELETE' })).status).toBe(204);
});
