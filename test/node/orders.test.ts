/** Jobs by the addresses of their files: fetched only from where the service allows, of all kinds where a queue is shared. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '#dist/client/index.js';
import { modelsHash } from '#dist/node/models/model-hashes.js';
import { openBuckets } from '#dist/node/remote/bucket.js';
import { problemSchema } from '#dist/results/service.js';
import { createKey } from '#dist/server/key-file.js';
import { openRemoteInputs } from '#dist/server/remote-inputs.js';
import { openShared } from '#dist/server/shared/open-shared.js';
import { startWorker } from '#dist/server/shared/worker.js';
import type { StudyResult } from '#dist/study/study-result.js';
import { startRedis } from '../../scripts/redis.js';
import { startS3 } from './fixtures/s3.js';
import { serve, type TestService, until } from './fixtures/service.js';
import { tinyImage } from './fixtures/tiny-images.js';
import { LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const log = pino({ level: 'silent' });
let folder: string;
let models: Awaited<ReturnType<typeof writeTinyModels>> & { threads: number };
let server: Server;
/** What lies on the web, and what was asked for. */
const files = new Map<string, Buffer>();
const asked: string[] = [];
let web: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-orders-'));
  models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const bytes = files.get((request.url ?? '').replace(/\?.*/, ''));
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [name, greys] of Object.entries({
    '/a.png': [WHITE],
    '/b.png': [LIGHT_GREY],
    '/anna.gif': [WHITE, WHITE, WHITE],
    '/ben.gif': [LIGHT_GREY, LIGHT_GREY, WHITE, WHITE],
  }))
    files.set(name, await tinyImage(greys));
  files.set('/notes.txt', Buffer.from('neither clip nor photo'));
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const post = async (service: TestService, body: unknown, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${service.url}/v1/jobs`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  const said: unknown = await answer.json();
  return { status: answer.status, said, ...(answer.ok ? {} : { problem: problemSchema.parse(said) }) };
};

describe('what may be fetched', () => {
  const limits = { maxUpload: 1000, uploadTimeout: 5 };
  const refused = expect.objectContaining({ code: 'invalid-option' });

  it('is nothing unless the operator says so', async () => {
    await using none = openRemoteInputs({ ...limits, allowUrl: false, allowPrivate: true, allowS3: [] });
    for (const address of ['https://example.org/a.png', 's3://clips/a.mp4', '/etc/passwd', 'file:///etc/passwd', 'a.mp4', ''])
      expect(() => none.check(address), address).toThrow(refused);
  });

  it('of buckets is what lies below the places that are named', async () => {
    const allowS3 = ['s3://clips/in', 's3://open'];
    await using some = openRemoteInputs({ ...limits, allowUrl: false, allowPrivate: false, allowS3 });
    for (const address of ['s3://clips/in/a.mp4', 's3://clips/in/b/a..mp4', 's3://open/a.mp4'])
      expect(() => some.check(address), address).not.toThrow();
    for (const address of [
      ...['s3://clips/inner/a.mp4', 's3://clips/a.mp4', 's3://clips/in/../a.mp4', 's3://clips/in/', 's3://clips/in/*'],
      ...['s3://opened/a.mp4', 's3://clips/in//../a.mp4', 's3://clips/in/./a.mp4', 'S3://open/a.mp4', 's3://open/a\\..\\b'],
    ])
      expect(() => some.check(address), address).toThrow(refused);
  });

  it('of the web is not what lies on this machine or its network, and no answer says more', async () => {
    await using service = await serve({ dataDir: join(folder, 'public'), models, allowUrl: true });
    const before = asked.length;
    for (const host of [web, web.replace('127.0.0.1', 'localhost'), 'http://169.254.169.254', 'http://10.0.0.1:1']) {
      const { status, problem } = await post(service, { kind: 'clip', input: `${host}/anna.gif?token=secret` });
      expect([status, problem?.code]).toEqual([400, 'invalid-option']);
      expect(problem?.detail).not.toMatch(/secret|is 127|allow-private/);
    }
    expect(asked.length).toBe(before);
    expect(await readdir(join(folder, 'public/jobs'))).toEqual([]);
  });
});

describe('a service that does its jobs itself', () => {
  it('takes clips by their address, and says where the other kinds are done', async () => {
    const dataDir = join(folder, 'own');
    await using service = await serve({ dataDir, models, allowUrl: true, allowPrivate: true, maxUpload: 100_000 });
    const client = createClient(service.url);
    const settings = { annotated: false, every: 2 };
    const { id, kind } = await client.submitJob({ kind: 'clip', input: `${web}/ben.gif?token=secret`, settings });
    expect(kind).toBe('clip');
    expect((await client.waitForJob(id, { interval: 50 })).state).toBe('done');
    const summary = await client.getSummary(id);
    expect([summary.source, summary.clip.analysedFrames]).toEqual([`${web}/ben.gif`, 2]);
    const { files: listed } = await client.listFiles(id);
    expect(listed.map(({ name }) => name)).toContain('clip.json');
    expect(await new Response(await client.getFile(id, 'clip.json')).json()).toEqual(summary);
    for (const name of ['../job.json', '..%2Fjob.json', 'none.json', '/etc/passwd'])
      await expect(client.getFile(id, name), name).rejects.toMatchObject({ status: 404 });

    const design = { recordings: [{ file: `${web}/anna.gif`, participant: 'anna', stimulus: 'film' }] };
    for (const order of [
      { kind: 'photo-batch', inputs: [`${web}/a.png`] },
      { kind: 'study', design },
    ]) {
      const { status, problem } = await post(service, order);
      expect([status, problem?.detail]).toEqual([400, expect.stringContaining('--queue and --storage')]);
    }
    for (const [body, code] of [
      [{ kind: 'clip', input: `${web}/notes.txt` }, 'invalid-data'],
      [{ kind: 'clip', input: `${web}/none.gif` }, 'download-failed'],
      [{ kind: 'clip', input: 'http://127.0.0.1:1/a.gif' }, 'download-failed'],
      [{ kind: 'clip', input: `${web}/anna.gif`, settings: { fps: 1, every: 2 } }, 'invalid-option'],
      [{ kind: 'clip', input: `${web}/anna.gif`, settings: { speed: 2 } }, 'invalid-option'],
      [{ kind: 'film', input: `${web}/anna.gif` }, 'invalid-option'],
      [{ kind: 'clip', input: '/etc/passwd' }, 'invalid-option'],
      [{ kind: 'photo-batch', inputs: Array(51).fill(`${web}/a.png`) }, 'invalid-option'],
      ['[1, 2', 'invalid-option'],
      ['null', 'invalid-option'],
      [{ kind: 'study', design: { recordings: [{ file: '/etc/passwd' }] } }, 'invalid-data'],
    ] as const)
      expect((await post(service, body)).problem?.code, JSON.stringify(body).slice(0, 80)).toBe(code);
    expect((await post(service, '{}', { 'Content-Type': 'text/plain' })).problem?.code).toBe('unsupported-media-type');
    files.set('/large.gif', Buffer.alloc(100_001));
    const large = await post(service, { kind: 'clip', input: `${web}/large.gif` });
    expect([large.problem?.code, large.problem?.detail]).toEqual(['download-failed', expect.not.stringContaining('--')]);
    expect(await readdir(join(dataDir, 'jobs'))).toEqual([id]);
  });
});

it('a clip in a bucket is taken where its place is named', async () => {
  const before = { ...process.env };
  await using s3 = await startS3();
  try {
    Object.assign(process.env, s3.env);
    using buckets = await openBuckets();
    await writeFile(join(folder, 'anna.gif'), files.get('/anna.gif')!);
    for (const key of ['in/anna.gif', 'other/anna.gif']) await buckets.put(join(folder, 'anna.gif'), `s3://clips/${key}`);
    await using service = await serve({ dataDir: join(folder, 'bucket'), models, allowS3: ['s3://clips/in'] });
    const client = createClient(service.url);
    const settings = { annotated: false };
    const { id } = await client.submitJob({ kind: 'clip', input: 's3://clips/in/anna.gif', settings });
    expect((await client.waitForJob(id, { interval: 50 })).state).toBe('done');
    expect((await client.getSummary(id)).source).toBe('s3://clips/in/anna.gif');
    for (const [input, code] of [
      ['s3://clips/other/anna.gif', 'invalid-option'],
      ['s3://clips/in/../other/anna.gif', 'invalid-option'],
      ['s3://clips/in/none.gif', 'download-failed'],
    ] as const)
      await expect(client.submitJob({ kind: 'clip', input, settings }), input).rejects.toMatchObject({ code });
  } finally {
    process.env = before;
  }
});

describe.skipIf(needs.redis() === undefined)('services that share a queue', () => {
  it('take photos and studies, whose results any of them gives, to their owner alone', async () => {
    await using redis = await startRedis();
    const place = { sharedQueue: redis.url, storage: join(folder, 'store'), models };
    const keys = join(folder, 'keys.json');
    const [emma, other] = [await createKey(keys, 'emma'), await createKey(keys, 'other')];
    const options = { ...place, apiKeyFile: keys, allowUrl: true, allowPrivate: true };
    await using one = await serve({ ...options, dataDir: join(folder, 'one') });
    await using two = await serve({ ...options, dataDir: join(folder, 'two') });
    const [first, second] = [createClient(one.url, { apiKey: emma }), createClient(two.url, { apiKey: emma })];

    const batch = { kind: 'photo-batch', inputs: [`${web}/a.png?t=1`, `${web}/notes.txt`, `${web}/b.png`] } as const;
    const photos = await first.submitJob(batch);
    expect([photos.kind, photos.state, photos.results]).toEqual(['photo-batch', 'queued', null]);
    // The same again, by another service, is the same job.
    expect((await second.submitJob(batch)).id).toBe(photos.id);
    await expect(first.submitJob({ ...batch, inputs: [`${web}/anna.gif`] })).rejects.toMatchObject({ code: 'invalid-data' });
    const recordings = ['anna', 'ben'].map((participant) => ({
      file: `${web}/${participant}.gif?token=secret`,
      participant,
      stimulus: 'film',
    }));
    const wrong = { recordings: [...recordings, { ...recordings[0]!, file: '/etc/passwd', participant: 'eve' }] };
    await expect(first.submitJob({ kind: 'study', design: wrong })).rejects.toMatchObject({ code: 'invalid-option' });
    const sums = { outcomes: ['happy', 'sad'], seed: 3 };
    const order = { kind: 'study', title: 'A small study', design: { recordings }, sums } as const;
    const study = await first.submitJob(order);
    const signedAnew = recordings.map((recording) => ({ ...recording, file: recording.file.replace('secret', 'secret-too') }));
    expect((await second.submitJob({ ...order, design: { recordings: signedAnew } })).id).toBe(study.id);

    await using shared = await openShared({ queue: redis.url, storage: place.storage, log });
    const worker = await startWorker({
      ...shared,
      concurrency: 2,
      scratch: join(folder, 'scratch'),
      models: await modelsHash(models),
      order: { models, maxPixels: 1e6, maxDuration: 60, maxMemory: 4e9 },
      log,
    });
    for (const { id } of [photos, study]) expect((await second.waitForJob(id, { interval: 100 })).state).toBe('done');
    await worker.stop();
    const done = await second.getJob(photos.id);
    expect(done.warnings.join()).toContain('notes.txt');
    const { files: listed } = await second.listFiles(photos.id);
    expect(listed.map(({ name }) => name).sort()).toEqual([
      ...['photo-0.json', 'photo-0.annotated.png', 'photo-2.json', 'photo-2.annotated.png', 'photos.json'].sort(),
    ]);
    const photo = (await new Response(await second.getFile(photos.id, 'photo-2.json')).json()) as { source: string };
    expect(photo.source).toBe(`${web}/b.png`);
    await expect(second.getSummary(photos.id)).rejects.toMatchObject({ code: 'not-found' });

    const names = (await second.listFiles(study.id)).files.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['study.json', 'study.report.html', 'long.csv']));
    const result = (await new Response(await second.getFile(study.id, 'study.json')).json()) as StudyResult;
    expect(result.failures).toEqual([]);
    const nested = names.find((name) => name.startsWith('recordings/'))!;
    expect((await new Response(await second.getFile(study.id, nested)).text()).length).toBeGreaterThan(0);
    const page = await fetch(`${one.url}/v1/jobs/${study.id}/files/study.report.html`, { headers: { 'X-API-Key': emma } });
    expect([page.headers.get('content-type'), page.headers.get('content-security-policy')]).toEqual([
      'text/html; charset=utf-8',
      expect.stringContaining('sandbox'),
    ]);
    expect(await page.text()).toContain('A small study');
    // Nothing of what may be a secret is kept, and others see nothing.
    const kept: string[] = [];
    for await (const { key } of shared.storage.list('jobs')) kept.push(key);
    for (const key of kept.filter((name) => /json$|csv$|html$/.test(name)))
      expect(await new Response(Buffer.concat(await (await shared.storage.get(key)).toArray())).text(), key).not.toContain(
        'secret',
      );
    const stranger = createClient(one.url, { apiKey: other });
    await expect(stranger.listFiles(study.id)).rejects.toMatchObject({ code: 'job-not-found' });
    await first.deleteJob(study.id);
    await expect(second.getJob(study.id)).rejects.toMatchObject({ code: 'job-not-found' });
    await until(async () => ((await readdir(join(folder, 'scratch'))).length === 0 ? true : undefined), 'scratch to be empty');
  });

  it('answer that they are busy where a study has more recordings than may wait', async () => {
    await using redis = await startRedis();
    const place = { sharedQueue: redis.url, storage: join(folder, 'full'), models };
    await using service = await serve({
      ...place,
      dataDir: join(folder, 'three'),
      queue: 1,
      maxUpload: 400,
      allowUrl: true,
      allowPrivate: true,
    });
    const recordings = ['anna', 'ben'].map((participant) => ({
      file: `${web}/${participant}.gif`,
      participant,
      stimulus: 'film',
    }));
    const { status, problem } = await post(service, { kind: 'study', design: { recordings } });
    expect([status, problem?.code]).toEqual([429, 'busy']);
    const photos = { kind: 'photo-batch', inputs: ['a', 'b', 'a'].map((name) => `${web}/${name}.png`) };
    expect((await post(service, photos)).problem?.code).toBe('upload-too-large');
  });
});
