/** Webhooks: signed, called again until they are taken, by a service that does its jobs itself and by workers. */
import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from '#dist/node/files/hash-file.js';
import { openBullQueue } from '#dist/node/queue/bullmq-queue.js';
import { openOutbox } from '#dist/node/queue/outbox.js';
import { jobSchema } from '#dist/results/service.js';
import type { Analyse } from '#dist/server/shared/attempt.js';
import { openShared } from '#dist/server/shared/open-shared.js';
import { handIn, type SharedOutcome, type SharedWork } from '#dist/server/shared/shared-work.js';
import { startWorker } from '#dist/server/shared/worker.js';
import { callWebhook, type WebhookMessage, webhookTarget } from '#dist/server/webhook.js';
import { startRedis } from '../../scripts/redis.js';
import { serve, until } from './fixtures/service.js';
import { writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const SECRET = 'a secret that nobody guesses';
const log = pino({ level: 'silent' });
const settings = { annotated: false, bars: false, blur: false };

interface Called {
  readonly id: string;
  readonly type: string;
  readonly data: WebhookMessage['data'];
}

let folder: string;
let server: Server;
let url: string;
/** What came, and what is answered to it. */
let calls: Called[] = [];
let answer: () => number = () => 204;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-webhooks-'));
  process.env.PHIZ_WEBHOOK_SECRET = SECRET;
  server = createServer(async (request, response) => {
    const body = await text(request);
    const { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature } = request.headers;
    const own = createHmac('sha256', SECRET).update(`${id}.${seconds}.${body}`).digest('base64');
    expect(signature).toBe(`v1,${own}`);
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(300);
    calls.push({ id: String(id), ...(JSON.parse(body) as Omit<Called, 'id'>) });
    response.writeHead(answer()).end('taken');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`;
});
afterAll(async () => {
  delete process.env.PHIZ_WEBHOOK_SECRET;
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

describe('a webhook', () => {
  it('has a secret, and an address without one', () => {
    expect(() => webhookTarget(url, {})).toThrow(/PHIZ_WEBHOOK_SECRET/);
    expect(() => webhookTarget(url, { PHIZ_WEBHOOK_SECRET: 'short' })).toThrow(/24 characters/);
    expect(() => webhookTarget('http://me:secret@host/', { PHIZ_WEBHOOK_SECRET: SECRET })).toThrow(/without a password/);
    const whsec = `whsec_${Buffer.from(SECRET).toString('base64')}`;
    expect(webhookTarget(url, { PHIZ_WEBHOOK_SECRET: whsec }).secret.toString()).toBe(SECRET);
  });

  it('that sends elsewhere is not followed', async () => {
    const away = createServer((_, response) => void response.writeHead(307, { Location: url }).end());
    await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve));
    calls = [];
    const target = webhookTarget(`http://127.0.0.1:${(away.address() as AddressInfo).port}/`);
    const data = { id: 'a', kind: 'clip', complete: true, problem: null };
    const message: WebhookMessage = { id: 'a', type: 'job.done', timestamp: new Date().toISOString(), data };
    await expect(callWebhook(target, message)).rejects.toThrow('answered 307');
    expect(calls).toEqual([]);
    away.close();
    away.closeAllConnections();
  });
});

describe('a service', () => {
  it('tells of each job that ended until it is taken, also after it was started again, and then no more', async () => {
    calls = [];
    const models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
    const options = { dataDir: join(folder, 'data'), models, concurrency: 1, webhook: url };
    const raw = { width: 64, height: 128, channels: 3, pageHeight: 64 } as const;
    const body = await sharp(
      new Uint8Array(64 * 128 * 3).map((_, i) => (i < 64 * 64 * 3 ? 0 : 200)),
      { raw },
    )
      .gif({ delay: [100, 100] })
      .toBuffer();
    let id: string;
    answer = () => 503;
    {
      await using service = await serve(options);
      const query = '?annotated=false';
      const sent = await fetch(`${service.url}/v1/videos${query}`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'image/gif' },
      });
      ({ id } = jobSchema.parse(await sent.json()));
      await until(() => (calls.length >= 2 ? true : undefined), 'a second call');
    }
    const before = calls.length;
    answer = () => 204;
    await using service = await serve(options);
    await until(() => (calls.length > before ? true : undefined), 'a call after the start');
    expect(new Set(calls.map((call) => JSON.stringify([call.id, call.type, call.data])))).toEqual(
      new Set([JSON.stringify([`${id}-job.done`, 'job.done', { id, kind: 'clip', complete: true, problem: null }])]),
    );
    // What was taken is said no more.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await service[Symbol.asyncDispose]();
    const taken = calls.length;
    await using again = await serve(options);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect([again.url.length > 0, calls.length]).toEqual([true, taken]);
  });
});

describe.skipIf(needs.redis() === undefined)('workers', () => {
  it('tell of each job once, whatever came of it, and again where it was not taken', async () => {
    calls = [];
    const answers = [500, 204];
    answer = () => answers.shift() ?? 204;
    await using redis = await startRedis();
    await using shared = await openShared({ queue: redis.url, storage: join(folder, 'store'), log });
    await using outbox = await openOutbox<WebhookMessage>({ url: redis.url, backoff: 100, onError: () => {} });
    const target = webhookTarget(url);
    outbox.start((message) => callWebhook(target, message));
    const analyse: Analyse = ({ out, source }) => ({
      kill: () => {},
      end: (async () => {
        if (source === 'poison') return { kind: 'crashed', why: 'SIGSEGV ended it' };
        if (source === 'spoiled') return { kind: 'failed', code: 'invalid-data', message: 'no clip' };
        await mkdir(out);
        await writeFile(join(out, 'clip.json'), '{}');
        return { kind: 'done', frames: 3, problem: null, warnings: [] };
      })(),
    });
    const ids: Record<string, string> = {};
    for (const source of ['good', 'spoiled', 'poison']) {
      const path = join(folder, source);
      await writeFile(path, source);
      const work = { source, settings, models: 'm' };
      ids[source] = (await handIn({ ...shared, owner: null, work, path, sha256: await hashFile(path) })).id;
    }
    const order = { models: {}, maxPixels: 1, maxDuration: 1, maxMemory: 1 };
    const worker = await startWorker({
      ...shared,
      concurrency: 2,
      scratch: join(folder, 'scratch'),
      models: 'm',
      order,
      log,
      analyse,
      announce: (message) => outbox.add(message),
    });
    const told = (id: string | undefined) => calls.filter(({ data }) => data.id === id);
    await until(() => Object.values(ids).every((id) => told(id).length > 0) || undefined, 'all to be told');
    await until(() => (calls.length >= 4 ? true : undefined), 'the call that was not taken to be made again');
    await worker.stop();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(calls).toHaveLength(4);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(told(ids.good)[0]).toMatchObject({ type: 'job.done', data: { complete: true, problem: null, kind: 'clip' } });
    expect(told(ids.spoiled)[0]).toMatchObject({ type: 'job.failed', data: { problem: { code: 'invalid-data' } } });
    expect(told(ids.poison)[0]).toMatchObject({ type: 'job.failed', data: { problem: { code: 'job-crashed' } } });
    expect(JSON.stringify(calls)).not.toMatch(/good|spoiled|poison/);
  });

  it('tell of a job whose workers vanished too often, which fails and leaves nothing but its input', async () => {
    calls = [];
    answer = () => 204;
    await using redis = await startRedis();
    await using shared = await openShared({ queue: redis.url, storage: join(folder, 'vanished'), log });
    await using outbox = await openOutbox<WebhookMessage>({ url: redis.url, backoff: 100, onError: () => {} });
    outbox.start((message) => callWebhook(webhookTarget(url), message));
    const path = join(folder, 'killer');
    await writeFile(path, 'killer');
    const work = { source: 'killer', settings, models: 'm' };
    const { id } = await handIn({ ...shared, owner: null, work, path, sha256: await hashFile(path) });
    const heard: string[] = [];
    using _ = shared.queue.subscribe(({ event }) => heard.push(event));
    for (let given = false; !given; ) {
      const dead = await openBullQueue<SharedWork, SharedOutcome>({ url: redis.url, lock: 1000, mostVanished: 1 });
      const claim = await until(() => dead.claim(), 'the job to be claimed');
      given = claim.givenUp !== undefined;
      if (given) await claim.release();
      else await shared.storage.put(`jobs/${id}/${claim.token}/clip.csv`, Buffer.from('half of it'));
      await dead[Symbol.asyncDispose]();
    }
    const worker = await startWorker({
      ...shared,
      concurrency: 1,
      scratch: join(folder, 'scratch'),
      models: 'm',
      order: { models: {}, maxPixels: 1, maxDuration: 1, maxMemory: 1 },
      log,
      analyse: () => {
        throw new Error('it is not tried again');
      },
      announce: (message) => outbox.add(message),
    });
    await until(() => calls.length > 0 || undefined, 'the webhook to be called');
    await until(() => heard.includes('failed') || undefined, 'the event');
    await worker.stop();
    expect(calls).toMatchObject([{ type: 'job.failed', data: { id, kind: 'clip', problem: { code: 'job-crashed' } } }]);
    const [failed] = await shared.queue.list({ state: 'failed' });
    expect(failed).toMatchObject({ id, problem: { detail: expect.stringMatching(/vanished \d+ times/) } });
    const keys: string[] = [];
    for await (const { key } of shared.storage.list(`jobs/${id}`)) keys.push(key);
    expect(keys).toEqual([`jobs/${id}/input`]);
  });
});
