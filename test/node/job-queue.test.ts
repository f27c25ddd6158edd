/** The port of queues, over each of what stands behind it: the same promises for one service's folder and for many machines. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBullQueue, QueueFull, type SharedQueue } from '#dist/node/queue/bullmq-queue.js';
import type { Claim, JobQueue } from '#dist/node/queue/job-queue.js';
import { checkRedis, redisOptions } from '#dist/node/queue/redis.js';
import { Turns } from '#dist/node/queue/turns.js';
import { type ClipOutcome, type ClipWork, DiskQueue } from '#dist/server/disk-queue.js';
import { newJobId, openJobStore } from '#dist/server/job-store.js';
import { type OwnRedis, startRedis } from '../../scripts/redis.js';
import { until } from './fixtures/service.js';
import { needs } from './needs.js';

type Queue = JobQueue<ClipWork, ClipOutcome>;
const log = pino({ level: 'silent' });
const work: ClipWork = { source: 'clip', settings: { annotated: false, bars: false, blur: false } };
const outcomeOf = (token: string): ClipOutcome => ({
  out: `out-${token}`,
  complete: true,
  problem: null,
  warnings: [],
  progress: { frames: 3, totalFrames: 3 },
});
const without = needs.redis() === undefined;

let folder: string;
let redis: OwnRedis;
let runs = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-queue-'));
  if (!without) redis = await startRedis();
});
afterAll(async () => {
  await redis?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A claim as soon as there is one. */
const claimed = (queue: Queue): Promise<Claim<ClipWork, ClipOutcome>> => until(() => queue.claim(), 'a job to be claimed');

/** What opens a queue, and what brings the upload of a job to where it belongs. */
const backends = {
  async 'a folder'(): Promise<{ queue: Queue; upload(id: string): Promise<void>; close(): Promise<void> }> {
    const store = await openJobStore(join(folder, `store-${runs++}`));
    const queue = new DiskQueue({ store, keep: 1, log });
    return {
      queue,
      async upload(id) {
        await store.receive(
          id,
          (async function* () {
            yield Buffer.from('a clip');
          })(),
        );
      },
      async close() {
        await queue[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
      },
    };
  },
  async BullMQ(): Promise<{ queue: Queue; upload(id: string): Promise<void>; close(): Promise<void> }> {
    const queue = await openBullQueue<ClipWork, ClipOutcome>({ url: redis.url, prefix: `test-${runs++}`, backoff: 100 });
    return { queue, upload: async () => {}, close: async () => queue[Symbol.asyncDispose]() };
  },
};

describe.each(Object.keys(backends) as (keyof typeof backends)[])('a queue in %s', (name) => {
  const skip = without && name === 'BullMQ';
  let open: Awaited<ReturnType<(typeof backends)[typeof name]>>;
  let queue: Queue;
  beforeEach(async () => {
    if (skip) return;
    open = await backends[name]();
    queue = open.queue;
  });
  afterEach(async () => {
    if (!skip) await open.close();
  });
  const add = async (owner: string | null = null, id = newJobId()): Promise<string> => {
    await open.upload(id);
    expect(await queue.enqueue({ id, owner, work })).toBe(true);
    return id;
  };
  const test = it.skipIf(skip);

  test('gives a job to one, tells how far it is, and keeps what came of it', async () => {
    const id = await add('emma');
    expect(await queue.get(id)).toMatchObject({ id, owner: 'emma', work, state: 'queued', outcome: null, problem: null });
    const claim = await claimed(queue);
    expect(claim.job).toMatchObject({ id, owner: 'emma', work });
    expect(await queue.claim()).toBeUndefined();
    expect(await claim.holds()).toBe(true);
    claim.progress({ frames: 1, totalFrames: 3 });
    const half = await until(async () => {
      const status = await queue.get(id);
      return status?.progress?.frames === 1 ? status : undefined;
    }, 'its progress');
    expect(half.state).toBe('running');
    expect(await claim.finish(outcomeOf(claim.token))).toBe(true);
    expect(await queue.get(id)).toMatchObject({ state: 'done', outcome: outcomeOf(claim.token), crashes: 0 });
    expect(await queue.counts()).toEqual({ queued: 0, running: 0, done: 1, failed: 0 });
  });

  test('hears nobody twice', async () => {
    await add();
    const claim = await claimed(queue);
    await claim.finish(outcomeOf(claim.token));
    expect(await claim.holds()).toBe(false);
    expect(await claim.finish(outcomeOf('b'))).toBe(false);
    expect(await claim.fail({ code: 'invalid-data', detail: 'no' })).toBe(false);
    await claim.release();
    expect(await queue.claim()).toBeUndefined();
  });

  test('takes the same job once', async () => {
    const id = await add();
    expect(await queue.enqueue({ id, owner: null, work })).toBe(false);
    const claim = await claimed(queue);
    expect(await queue.enqueue({ id, owner: null, work })).toBe(false);
    await claim.finish(outcomeOf(claim.token));
    expect(await queue.enqueue({ id, owner: null, work })).toBe(false);
    expect(await queue.claim()).toBeUndefined();
  });

  test('keeps why a job failed, and does not try it again', async () => {
    const id = await add();
    await (await claimed(queue)).fail({ code: 'invalid-data', detail: 'no clip: two words' });
    expect(await queue.get(id)).toMatchObject({
      state: 'failed',
      problem: { code: 'invalid-data', detail: 'no clip: two words' },
    });
    expect(await queue.claim()).toBeUndefined();
  });

  test('tries a job again after a crash, and gives it up after three, while others go on', async () => {
    const id = await add();
    for (let crashes = 1; crashes <= 3; crashes++) {
      const claim = await claimed(queue);
      expect(claim.job.id).toBe(id);
      expect(await claim.crash({ code: 'job-crashed', detail: 'it died' })).toBe(true);
      if (crashes === 1) {
        const other = await add();
        const claim = await claimed(queue);
        expect(claim.job.id).toBe(other);
        await claim.finish(outcomeOf(claim.token));
      }
    }
    expect(await queue.get(id)).toMatchObject({ state: 'failed', crashes: 3, problem: { code: 'job-crashed' } });
  });

  test('takes back what is handed back, uncounted, as the next', async () => {
    const id = await add();
    await add();
    await (await claimed(queue)).release();
    const claim = await claimed(queue);
    expect(claim.job.id).toBe(id);
    await claim.finish(outcomeOf(claim.token));
    expect(await queue.get(id)).toMatchObject({ state: 'done', crashes: 0 });
  });

  test('gives what is postponed again after a while, uncounted, and others before it', async () => {
    const id = await add();
    const other = await add();
    const begun = performance.now();
    expect(await (await claimed(queue)).postpone(1)).toBe(true);
    expect(await queue.get(id)).toMatchObject({ state: 'queued', crashes: 0 });
    const before = await claimed(queue);
    expect(before.job.id).toBe(other);
    await before.finish(outcomeOf(before.token));
    const claim = await claimed(queue);
    expect([claim.job.id, performance.now() - begun > 900]).toEqual([id, true]);
    await claim.finish(outcomeOf(claim.token));
    expect(await claim.postpone(1)).toBe(false);
    expect(await queue.get(id)).toMatchObject({ state: 'done', crashes: 0 });
  });

  test('takes out what is cancelled: waiting, under way, or done', async () => {
    const waiting = await add();
    expect(await queue.cancel(waiting)).toBe(true);
    expect(await queue.get(waiting)).toBeUndefined();
    expect(await queue.claim()).toBeUndefined();

    const running = await add();
    const claim = await claimed(queue);
    const cancelled = queue.cancel(running);
    await until(() => claim.signal.aborted || undefined, 'the claim to hear of it');
    await claim.release();
    expect(await cancelled).toBe(true);
    expect(await queue.get(running)).toBeUndefined();

    const done = await add();
    const last = await claimed(queue);
    await last.finish(outcomeOf(last.token));
    expect(await queue.cancel(done)).toBe(true);
    expect(await queue.get(done)).toBeUndefined();
    expect(await queue.cancel(done)).toBe(false);
  });

  test('lets owners take turns', async () => {
    for (let i = 0; i < 6; i++) await add('many');
    const order: (string | null)[] = [];
    const next = async (): Promise<void> => {
      const claim = await claimed(queue);
      order.push(claim.job.owner);
      await claim.finish(outcomeOf(claim.token));
    };
    await next();
    await next();
    for (let i = 0; i < 2; i++) await add('few');
    for (let i = 0; i < 6; i++) await next();
    expect(order.slice(0, 2)).toEqual(['many', 'many']);
    expect(order.indexOf('few')).toBeLessThanOrEqual(3);
    expect(order.lastIndexOf('few')).toBeLessThanOrEqual(5);
  });

  test('tells what happens', async () => {
    const seen: string[] = [];
    using _ = queue.subscribe(({ event }) => void seen.push(event));
    // Redis tells from when on it is listened to.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await add();
    const claim = await claimed(queue);
    await claim.finish(outcomeOf(claim.token));
    await until(() => seen.includes('done') || undefined, 'the end to be told');
    expect(seen.filter((event) => event !== 'progress')).toEqual(['queued', 'running', 'done']);
  });
});

it('higher priorities come first, and owners take turns within one', () => {
  const turns = new Turns<[owner: string, priority: number, n: number]>(([owner, priority]) => ({ owner, priority }));
  for (const item of [
    ['a', 5, 1],
    ['a', 5, 2],
    ['a', 5, 3],
    ['b', 5, 4],
    ['b', 9, 5],
  ] as const)
    turns.push([...item]);
  expect(Array.from({ length: 5 }, () => turns.take()![2])).toEqual([5, 1, 4, 2, 3]);
});

describe.skipIf(without)('Redis', () => {
  const open = (options: Partial<Parameters<typeof openBullQueue>[0]> = {}): Promise<SharedQueue<ClipWork, ClipOutcome>> =>
    openBullQueue({ url: redis.url, prefix: `test-${runs++}`, ...options });

  it('refuses more than an owner may have waiting, and takes more when some are taken', async () => {
    await using queue = await open({ mostWaiting: 2 });
    for (const id of ['a', 'b']) await queue.enqueue({ id, owner: 'many', work });
    await expect(queue.enqueue({ id: 'c', owner: 'many', work })).rejects.toThrow(QueueFull);
    expect(await queue.enqueue({ id: 'd', owner: 'few', work })).toBe(true);
    await claimed(queue);
    expect(await queue.enqueue({ id: 'c', owner: 'many', work })).toBe(true);
  });

  it('gives higher priorities first', async () => {
    await using queue = await open();
    for (const [id, priority] of [
      ['low', 1],
      ['high', 9],
      ['usual', undefined],
    ] as const)
      await queue.enqueue({ id, owner: null, priority, work });
    const order = [];
    for (let i = 0; i < 3; i++) order.push((await claimed(queue)).job.id);
    expect(order).toEqual(['high', 'usual', 'low']);
  });

  it('gives a job to another when whoever did it gave no sign of life, and hears the first no more', async () => {
    const prefix = `test-${runs++}`;
    await using dead = await open({ prefix, lock: 1500 });
    await using other = await open({ prefix, lock: 1500 });
    await dead.enqueue({ id: 'a', owner: null, work });
    const first = await claimed(dead);
    // Stands still for longer than the lock: renews nothing.
    const until_ = Date.now() + 4000;
    while (Date.now() < until_);
    const second = await until(() => other.claim(), 'the job to be given to another');
    expect(second.job.id).toBe('a');
    expect(await first.holds()).toBe(false);
    expect(first.signal.aborted).toBe(true);
    expect(await first.finish(outcomeOf('first'))).toBe(false);
    expect(await second.finish(outcomeOf('second'))).toBe(true);
    expect((await other.get('a'))?.outcome?.out).toBe('out-second');
  });

  it('says of a job whose workers vanished too often that it is to be failed, and forgets that when it is tried again', async () => {
    const about = { prefix: `test-${runs++}`, lock: 1000, mostVanished: 2 };
    await using queue = await open(about);
    await queue.enqueue({ id: 'a', owner: null, work });
    const vanish = async (): Promise<Claim<ClipWork, ClipOutcome>> => {
      const dead = await open(about);
      const claim = await claimed(dead);
      await dead[Symbol.asyncDispose]();
      return claim;
    };
    for (let i = 0; i < 3; i++) expect((await vanish()).givenUp).toBeUndefined();
    const last = await claimed(queue);
    expect(last.givenUp).toMatchObject({ code: 'job-crashed', detail: expect.stringMatching(/vanished \d+ times/) });
    expect(await last.fail(last.givenUp!)).toBe(true);
    expect(await queue.get('a')).toMatchObject({ state: 'failed', problem: last.givenUp });
    expect(await queue.retry('a')).toBe(true);
    expect((await vanish()).givenUp).toBeUndefined();
    expect((await claimed(queue)).givenUp).toBeUndefined();
  });

  it('renews a claim for as long as the job is done', async () => {
    await using queue = await open({ lock: 3000 });
    await queue.enqueue({ id: 'a', owner: null, work });
    const claim = await claimed(queue);
    await new Promise((resolve) => setTimeout(resolve, 7000));
    expect(await queue.claim()).toBeUndefined();
    expect(await claim.finish(outcomeOf('a'))).toBe(true);
  });

  it('tells an end only with what belongs to it, whoever asks meanwhile', async () => {
    await using queue = await open({ backoff: 1 });
    for (let round = 0; round < 10; round++) {
      const id = `job-${round}`;
      await queue.enqueue({ id, owner: null, work });
      for (let crash = 1; crash <= 3; crash++) {
        const claim = await claimed(queue);
        let ended = false;
        const asked: ReturnType<typeof queue.get>[] = [];
        const end = claim.crash({ code: 'job-crashed', detail: `it died, ${crash}` }).finally(() => {
          ended = true;
        });
        while (!ended) {
          asked.push(queue.get(id));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await end;
        for (const status of await Promise.all(asked))
          if (status?.state === 'failed') expect([status.crashes, status.problem?.detail]).toEqual([3, 'it died, 3']);
      }
    }
  });

  it('puts a job that failed into the queue again', async () => {
    await using queue = await open();
    await queue.enqueue({ id: 'a', owner: null, work });
    await (await claimed(queue)).fail({ code: 'invalid-data', detail: 'no' });
    expect(await queue.list({ state: 'failed' })).toMatchObject([{ id: 'a' }]);
    expect(await queue.retry('a')).toBe(true);
    expect((await claimed(queue)).job.id).toBe('a');
    expect(await queue.retry('a')).toBe(false);
  });

  it('killed and started again in the middle, loses nothing', async () => {
    await using own = await startRedis();
    await using queue = await openBullQueue<ClipWork, ClipOutcome>({ url: own.url });
    for (const id of ['a', 'b', 'c']) await queue.enqueue({ id, owner: null, work });
    const claim = await claimed(queue);
    await own.kill();
    const finished = claim.finish(outcomeOf('a'));
    await own.start();
    expect(await finished).toBe(true);
    expect(await queue.counts()).toEqual({ queued: 2, running: 0, done: 1, failed: 0 });
  });

  it.each([
    [
      'throws keys away',
      ['--appendonly', 'yes', '--maxmemory-policy', 'allkeys-lru'],
      /maxmemory-policy allkeys-lru.*noeviction/,
    ],
    ['keeps nothing', ['--appendonly', 'no'], /append-only.*appendonly yes/],
  ])('that %s is refused with the reason', async (_, settings, reason) => {
    await using wrong = await startRedis(settings);
    await expect(openBullQueue({ url: wrong.url })).rejects.toThrow(reason);
  });

  it('that is not there is named, and no password is', async () => {
    await expect(openBullQueue({ url: 'redis://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'engine-unavailable',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});

describe('the address of a queue', () => {
  it('takes passwords from the environment alone', () => {
    expect(() => redisOptions('redis://:secret@host')).toThrow(/PHIZ_REDIS_PASSWORD/);
    expect(() => redisOptions('redis://:secret@host')).not.toThrow(/secret/);
    expect(redisOptions('redis://host/3', { PHIZ_REDIS_PASSWORD: 'secret' })).toMatchObject({
      host: 'host',
      port: 6379,
      db: 3,
      password: 'secret',
    });
    expect(redisOptions('rediss://host:1', {})).toMatchObject({ port: 1, tls: {} });
    expect(redisOptions('unix:///run/redis.sock', {})).toMatchObject({ path: '/run/redis.sock' });
    for (const url of ['host:6379', 'http://host', '']) expect(() => redisOptions(url, {})).toThrow(/redis:\/\/host:port/);
  });

  it('an old Redis is refused', async () => {
    const info = async () => 'redis_version:5.0.7\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n';
    await expect(checkRedis({ info } as never)).rejects.toThrow(/version 5/);
  });
});
