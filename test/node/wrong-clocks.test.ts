/** Workers whose clocks are minutes apart, on one queue: nothing is lost, nothing is done twice, and nobody's claim is taken from him. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashFile } from '#dist/node/files/hash-file.js';
import { openShared } from '#dist/server/shared/open-shared.js';
import { handIn, readPublished } from '#dist/server/shared/shared-work.js';
import { startRedis } from '../../scripts/redis.js';
import { needs } from './needs.js';

const WORKER = fileURLToPath(new URL('../../build/bench/queue-worker.js', import.meta.url));
const MINUTES = 60_000;
const JOBS = 60;
/** Of a claim; a slow job takes longer. */
const LOCK = 2000;
/** Milliseconds for all of it: far less than the clocks are apart. */
const PATIENCE = 150_000;

let folder: string;
const workers: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-clocks-'));
});
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A module that moves the clock of a process, and leaves alone what measures how time passes. */
const movedBy = (milliseconds: number): string => {
  const code =
    'const Own = Date; globalThis.Date = class extends Own { ' +
    `constructor(...given) { if (given.length) super(...given); else super(Own.now() + ${milliseconds}); } ` +
    `static now() { return Own.now() + ${milliseconds}; } };`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
};

it.skipIf(needs.redis() === undefined)(
  'workers ten minutes ahead and behind do each job once, give up what dies, and keep what takes long',
  async () => {
    await using redis = await startRedis();
    const storage = join(folder, 'store');
    await using shared = await openShared({ queue: redis.url, storage, log: pino({ level: 'silent' }) });
    const settings = { annotated: false, bars: false, blur: false };
    const submit = async (source: string): Promise<string> => {
      const path = join(folder, source);
      await writeFile(path, source);
      const work = { source, settings, models: 'none' };
      return (await handIn({ ...shared, owner: null, work, path, sha256: await hashFile(path) })).id;
    };
    for (const [i, by] of [10 * MINUTES, -10 * MINUTES].entries())
      workers.push(
        fork(WORKER, [redis.url, storage, join(folder, `scratch-${i}`), '2', String(LOCK)], {
          execArgv: ['--import', movedBy(by)],
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        }),
      );
    const done: number[] = [0, 0];
    for (const [i, worker] of workers.entries()) worker.on('message', ({ ended }: { ended: number }) => (done[i] = ended));

    const slow = await Promise.all(['slow-1', 'slow-2', 'slow-3', 'slow-4'].map(submit));
    const poison = await submit('poison');
    const good: string[] = [];
    for (let i = 0; i < JOBS; i++) good.push(await submit(`good-${i}`));
    const end = Date.now() + PATIENCE;
    for (;;) {
      const { queued, running } = await shared.queue.counts();
      if (queued + running === 0) break;
      if (Date.now() > end) throw new Error(`${queued} jobs wait and ${running} run`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await shared.queue.counts()).toEqual({ queued: 0, running: 0, done: JOBS + slow.length, failed: 1 });
    expect(await shared.queue.get(poison)).toMatchObject({ state: 'failed', crashes: 3, problem: { code: 'job-crashed' } });
    for (const id of [...slow, ...good]) {
      const status = await shared.queue.get(id);
      expect(status).toMatchObject({ state: 'done', crashes: 0 });
      // One attempt, whose folder alone is left.
      const out = status!.outcome!.out;
      expect((await readPublished(shared.storage, id))!.outcome.out).toBe(out);
      expect((await readdir(join(storage, 'jobs', id))).sort()).toEqual([out, 'result.json'].sort());
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    // Each attempt that counts was made once, and both took part.
    expect(done[0]! + done[1]!).toBe(JOBS + slow.length);
    expect(Math.min(...done)).toBeGreaterThan(0);
  },
  300_000,
);
