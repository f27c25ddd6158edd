/** Jobs that services and workers share, with a stand-in for the analysis: what is published, once, and what is left when something fails. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PhizError } from '#dist/core/error.js';
import { hashFile } from '#dist/node/files/hash-file.js';
import { modelsHash } from '#dist/node/models/model-hashes.js';
import type { Claim } from '#dist/node/queue/job-queue.js';
import type { Storage } from '#dist/node/storage/storage.js';
import { jobSchema, problemSchema } from '#dist/results/service.js';
import { createKey } from '#dist/server/key-file.js';
import { type Analyse, attempt } from '#dist/server/shared/attempt.js';
import { openShared, type Shared } from '#dist/server/shared/open-shared.js';
import { handIn, jobIdOf, publish, readPublished, type SharedOutcome, type SharedWork } from '#dist/server/shared/shared-work.js';
import { type SharedWorker, startWorker } from '#dist/server/shared/worker.js';
import { createWorkerMetrics } from '#dist/server/shared/worker-metrics.js';
import { type OwnRedis, startRedis } from '../../scripts/redis.js';
import { serve, until } from './fixtures/service.js';
import { writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const log = pino({ level: 'silent' });
const settings = { annotated: false, bars: false, blur: false };
const order = { models: {}, maxPixels: 1, maxDuration: 1, maxMemory: 1 };

/** Writes what an analysis would, at once. A clip that begins with `poison` kills its process. */
const analyse: Analyse = ({ out, source }) => ({
  kill: () => {},
  end: (async () => {
    if (source.startsWith('poison')) return { kind: 'crashed', why: 'SIGSEGV ended it' };
    if (source.startsWith('spoiled')) return { kind: 'failed', code: 'invalid-data', message: 'no clip' };
    await mkdir(out);
    await writeFile(join(out, 'clip.json'), JSON.stringify({ source }));
    await writeFile(join(out, 'clip.timeline.csv'), `a table of ${source}`);
    return { kind: 'done', frames: 3, problem: null, warnings: [] };
  })(),
});

describe.skipIf(needs.redis() === undefined)('shared jobs', () => {
  let folder: string;
  let redis: OwnRedis;
  let runs = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-shared-'));
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (): Promise<Shared> =>
    openShared({ queue: redis.url, storage: join(folder, `store-${runs}`), prefix: `test-${runs++}`, log });
  const clipOf = async (text: string): Promise<{ path: string; sha256: string }> => {
    const path = join(folder, `clip-${text}`);
    await writeFile(path, text);
    return { path, sha256: await hashFile(path) };
  };
  const submit = async (shared: Shared, source: string): Promise<{ id: string; state: string }> =>
    handIn({ ...shared, owner: null, work: { source, settings, models: 'm' }, ...(await clipOf(source)) });
  const work = (shared: Shared, changes: Partial<Parameters<typeof startWorker>[0]> = {}): Promise<SharedWorker> =>
    startWorker({ ...shared, concurrency: 2, scratch: join(folder, 'scratch'), models: 'm', order, log, analyse, ...changes });
  const stored = async ({ storage }: Shared, id: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of storage.list(`jobs/${id}`)) keys.push(key.split('/').at(-1)!);
    return keys.sort();
  };
  const ended = async ({ queue }: Shared, id: string) =>
    until(async () => {
      const status = await queue.get(id);
      return status?.state === 'done' || status?.state === 'failed' ? status : undefined;
    }, 'the end of a job');
  const claimOf = async ({ queue }: Shared): Promise<Claim<SharedWork, SharedOutcome>> => until(() => queue.claim(), 'a job');
  const attemptOn = (claim: Claim<SharedWork, SharedOutcome>, storage: Storage) =>
    attempt(claim, {
      queue: { get: async () => undefined },
      storage,
      scratch: folder,
      order,
      models: 'm',
      analyse,
      stop: new AbortController().signal,
      log,
    });

  it('are the same for the same bytes, options, models and owner', () => {
    const about = { owner: null, sha256: 'a', settings: { ...settings, fps: 2 }, models: 'm' };
    const id = jobIdOf(about);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(jobIdOf({ ...about, settings: { fps: 2, every: undefined, ...settings } })).toBe(id);
    for (const other of [
      { owner: 'emma' },
      { sha256: 'b' },
      { models: 'n' },
      { settings: { ...settings, fps: 3 } },
      { settings: { ...settings, fps: 2, blur: true } },
    ])
      expect(jobIdOf({ ...about, ...other })).not.toBe(id);
  });

  it('handed in again and again are done once, and leave only their results', async () => {
    await using shared = await open();
    const { id, state } = await submit(shared, 'once');
    expect(state).toBe('new');
    expect(await submit(shared, 'once')).toEqual({ id, state: 'known' });
    let attempts = 0;
    const worker = await work(shared, { onEnd: () => attempts++ });
    expect(await ended(shared, id)).toMatchObject({ state: 'done', outcome: { complete: true, progress: { frames: 3 } } });
    await until(async () => ((await stored(shared, id)).includes('input') ? undefined : true), 'the clip to go');
    await worker.stop();
    expect(await stored(shared, id)).toEqual(['clip.json', 'clip.timeline.csv', 'result.json']);
    expect(await submit(shared, 'once')).toEqual({ id, state: 'done' });
    // The queue has forgotten it, the storage has not.
    await shared.queue.cancel(id);
    expect(await submit(shared, 'once')).toEqual({ id, state: 'done' });
    expect(attempts).toBe(1);
    expect(await readdir(join(folder, 'scratch'))).toEqual([]);
  });

  it('that lost their claim publish nothing and leave nothing', async () => {
    await using shared = await open();
    const { id } = await submit(shared, 'stalled');
    const claim = await claimOf(shared);
    expect(await attemptOn({ ...claim, holds: async () => false }, shared.storage)).toBe('lost');
    expect(await readPublished(shared.storage, id)).toBeUndefined();
    expect(await stored(shared, id)).toEqual(['input']);
  });

  it('that are cancelled while their results are stored, or while they fail, come to nothing', async () => {
    await using shared = await open();
    for (const source of ['cancelled', 'spoiled, and cancelled']) {
      const { id } = await submit(shared, source);
      const claim = await claimOf(shared);
      const cancel = async (): Promise<void> => {
        await shared.queue.cancel(id);
        await shared.storage.remove(`jobs/${id}`);
      };
      const storage: Storage = {
        ...shared.storage,
        async put(key, from, options) {
          if (key.endsWith('clip.json')) await cancel();
          return shared.storage.put(key, from, options);
        },
        async get(key, range) {
          const input = await shared.storage.get(key, range);
          if (source.startsWith('spoiled') && key.endsWith('input')) await cancel();
          return input;
        },
      };
      expect(await attemptOn(claim, storage)).toBe('lost');
      expect(await stored(shared, id)).toEqual([]);
      expect(await shared.queue.get(id)).toBeUndefined();
    }
    expect(await shared.queue.counts()).toEqual({ queued: 0, running: 0, done: 0, failed: 0 });
  });

  it('done by two at a time are published by the first alone', async () => {
    await using shared = await open();
    const { id } = await submit(shared, 'twice');
    const claim = await claimOf(shared);
    const first = { ...claim, token: 'a'.repeat(32), finish: async () => false };
    expect(await attemptOn(first, shared.storage)).toBe('done');
    // Its worker died before it could tell the queue.
    expect(await attemptOn(claim, shared.storage)).toBe('lost');
    expect((await readPublished(shared.storage, id))?.outcome.out).toBe('a'.repeat(32));
    expect((await shared.queue.get(id))?.outcome?.out).toBe('a'.repeat(32));
    const again = (await readPublished(shared.storage, id))!;
    expect(await publish(shared.storage, { ...again, outcome: { ...again.outcome, out: 'b'.repeat(32) } })).toBe(false);
  });

  it('have their summary stored last, and are published after it', async () => {
    await using shared = await open();
    await submit(shared, 'order');
    const put: string[] = [];
    const storage: Storage = {
      ...shared.storage,
      put(key, from, options) {
        put.push(key.split('/').at(-1)!);
        return shared.storage.put(key, from, options);
      },
    };
    await attemptOn(await claimOf(shared), storage);
    expect(put).toEqual(['clip.timeline.csv', 'clip.json', 'result.json']);
  });

  it('that kill their process are given up after three, spoiled ones at once, and others go on', async () => {
    await using shared = await open();
    const poison = await submit(shared, 'poison');
    const spoiled = await submit(shared, 'spoiled');
    const good = await Promise.all(Array.from({ length: 5 }, (_, i) => submit(shared, `good-${i}`)));
    const worker = await work(shared);
    for (const { id } of good) expect((await ended(shared, id)).state).toBe('done');
    expect(await ended(shared, spoiled.id)).toMatchObject({ state: 'failed', crashes: 1, problem: { code: 'invalid-data' } });
    const { crashes, problem } = await ended(shared, poison.id);
    expect([crashes, problem?.code]).toEqual([3, 'job-crashed']);
    expect(problem?.detail).toContain('SIGSEGV');
    await worker.stop();
    // They can be tried again: their clips are there.
    expect(await stored(shared, poison.id)).toEqual(['input']);
  });

  it('wait while the storage takes nothing, and are done when it does', async () => {
    await using shared = await open();
    const { id } = await submit(shared, 'full');
    let full = true;
    const storage: Storage = {
      ...shared.storage,
      async put(key, from, options) {
        if (full) throw new PhizError('unwritable-file', 'no space left');
        return shared.storage.put(key, from, options);
      },
    };
    const worker = await work({ ...shared, storage });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect((await shared.queue.get(id))?.crashes).toBe(0);
    expect(await readPublished(shared.storage, id)).toBeUndefined();
    full = false;
    expect((await ended(shared, id)).state).toBe('done');
    await worker.stop();
  });

  it('for other models fail and say so', async () => {
    await using shared = await open();
    const { id } = await submit(shared, 'models');
    const worker = await work(shared, { models: 'others' });
    expect((await ended(shared, id)).problem?.detail).toContain('models');
    await worker.stop();
  });

  it('are handed back by a worker that is stopped', async () => {
    await using shared = await open();
    const { id } = await submit(shared, 'slow');
    const never: Analyse = () => {
      let kill = (): void => {};
      const end = new Promise<{ kind: 'crashed'; why: string }>((resolve) => {
        kill = () => resolve({ kind: 'crashed', why: 'SIGKILL ended it' });
      });
      return { end, kill };
    };
    const worker = await work(shared, { analyse: never });
    await until(() => worker.running || undefined, 'the job to run');
    await worker.stop();
    expect(await shared.queue.get(id)).toMatchObject({ state: 'queued', crashes: 0 });
    const other = await work(shared);
    expect((await ended(shared, id)).state).toBe('done');
    await other.stop();
  });

  it('leave nothing behind of workers that were killed, and all of those that live', async () => {
    const scratch = join(folder, 'left');
    await mkdir(join(scratch, 'phiz-work-killed/attempt-1'), { recursive: true });
    await writeFile(join(scratch, 'phiz-work-killed/attempt-1/upload'), 'half a clip');
    await mkdir(join(scratch, 'photos'));
    await using shared = await open();
    const workers = await Promise.all(Array.from({ length: 4 }, () => work(shared, { scratch, concurrency: 1 })));
    const names = await readdir(scratch);
    expect(names.filter((name) => name.startsWith('phiz-work-'))).toHaveLength(4);
    expect(names).not.toContain('phiz-work-killed');
    const { id } = await submit(shared, 'after all');
    expect((await ended(shared, id)).state).toBe('done');
    for (const worker of workers) await worker.stop();
    expect(await readdir(scratch)).toEqual(['photos']);
  });

  it('are counted in metrics', async () => {
    await using shared = await open();
    await submit(shared, 'counted');
    const metrics = createWorkerMetrics({ queue: shared.queue, running: () => 1 });
    metrics.ended('done', 2);
    expect((await metrics.answer('/healthz')).status).toBe(200);
    expect((await metrics.answer('/readyz')).status).toBe(200);
    const { text } = await metrics.answer('/metrics');
    expect(text).toContain('phiz_jobs{kind="clip",state="queued"} 1');
    expect(text).toContain('phiz_attempts_total{end="done"} 1');
    expect((await metrics.answer('/')).status).toBe(404);
  });

  it('accepted by one service are answered for by all, to their owners alone', async () => {
    const models = await writeTinyModels(join(folder, 'models'));
    const keys = join(folder, 'keys.json');
    const [emma, other] = [await createKey(keys, 'emma'), await createKey(keys, 'other')];
    const place = { sharedQueue: redis.url, storage: join(folder, 'served'), prefix: `test-${runs++}` };
    const options = { ...place, apiKeyFile: keys, models: { ...models, threads: 1 }, concurrency: 1, queue: 1 };
    await using one = await serve({ ...options, dataDir: join(folder, 'one') });
    await using two = await serve({ ...options, dataDir: join(folder, 'two') });
    const as = (key: string) => ({ 'X-API-Key': key, 'Content-Type': 'video/mp4' });
    const clip = join(folder, 'brief.gif');
    const sharp = (await import('sharp')).default;
    const raw = { width: 64, height: 128, channels: 3, pageHeight: 64 } as const;
    const pixels = new Uint8Array(64 * 128 * 3).map((_, i) => (i < 64 * 64 * 3 ? 0 : 200));
    const body = await sharp(pixels, { raw })
      .gif({ delay: [100, 100] })
      .toBuffer();
    await writeFile(clip, body);

    const send = (url: string, key: string, query = '') =>
      fetch(`${url}/v1/videos?annotated=false${query}`, { method: 'POST', body, headers: as(key) });
    const answer = await send(one.url, emma);
    expect(answer.status).toBe(202);
    const { id, state } = jobSchema.parse(await answer.json());
    expect(state).toBe('queued');
    // The same again is the same job, and needs no room.
    expect(jobSchema.parse(await (await send(two.url, emma)).json()).id).toBe(id);
    const full = await send(two.url, emma, '&fps=1');
    expect([full.status, problemSchema.parse(await full.json()).code]).toEqual([429, 'busy']);
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0);
    // Another's limit is its own, and so are its jobs.
    const others = jobSchema.parse(await (await send(one.url, other)).json());
    expect(others.id).not.toBe(id);
    expect((await fetch(`${one.url}/v1/jobs/${others.id}`, { headers: as(emma) })).status).toBe(404);

    await using shared = await openShared({ queue: redis.url, storage: place.storage, prefix: place.prefix, log });
    // A page of the queue, for administrators: others, and those without a key, are asked for one.
    const admin = await createKey(keys, 'operator', { admin: true });
    const basic = (key: string) => ({ Authorization: `Basic ${Buffer.from(`me:${key}`).toString('base64')}` });
    const board = (path: string, headers: Record<string, string>, method = 'GET') =>
      fetch(`${one.url}/queue${path}`, { headers, method });
    await until(async () => ((await board('', basic(admin))).status === 200 ? true : undefined), 'the new key to count');
    for (const headers of [{}, basic(emma), basic('wrong')])
      for (const path of ['', '/api/queues']) {
        const refused = await board(path, headers);
        expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Basic')]);
      }
    // Wrong keys are braked at this door, too.
    const tries = await Promise.all(Array.from({ length: 40 }, async () => (await board('', basic('wrong'))).status));
    expect(new Set(tries)).toEqual(new Set([401, 429]));
    expect((await board('', basic(admin))).headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await (await board('', basic(admin))).text();
    const script = /src="(static\/js\/main[^"]+)"/.exec(html)![1]!;
    expect((await board(`/${script}`, basic(admin))).status).toBe(200);
    const { queues } = (await (await board('/api/queues', basic(admin))).json()) as {
      queues: { name: string; readOnlyMode: boolean }[];
    };
    expect(queues.map(({ name, readOnlyMode }) => [name, readOnlyMode])).toEqual([
      ['jobs', true],
      ['photo-batches', true],
      ['studies', true],
    ]);
    expect((await board(`/api/queues/jobs/${id}/clean`, basic(admin), 'PUT')).ok).toBe(false);

    const worker = await work(shared, { models: await modelsHash(models) });
    const done = await until(async () => {
      const job = jobSchema.parse(await (await fetch(`${two.url}/v1/jobs/${id}`, { headers: as(emma) })).json());
      return job.state === 'done' ? job : undefined;
    }, 'the job to be done');
    expect(done).toMatchObject({ complete: true, expires: null });
    const csv = (range?: string) =>
      fetch(`${two.url}${done.results!.timeline}`, { headers: { ...as(emma), ...(range ? { Range: range } : {}) } });
    expect(await (await csv()).text()).toBe('a table of upload');
    expect(await (await csv('bytes=2-6')).text()).toBe('table');
    expect((await fetch(`${one.url}/v1/jobs/${id}`, { method: 'DELETE', headers: as(emma) })).status).toBe(204);
    expect((await fetch(`${two.url}/v1/jobs/${id}`, { headers: as(emma) })).status).toBe(404);
    expect(await stored(shared, id)).toEqual([]);
    await worker.stop();
    expect(await readdir(join(folder, 'one'))).toEqual([]);
  });
});
