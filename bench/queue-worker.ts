/**
 * A process of the queue's benchmark (queue.ts) and of the test of wrong clocks: works as `phiz work` does, with a stand-in for the analysis that
 * writes two small files at once; what is called `slow` takes some seconds, and what is called `poison` dies. Arguments: queue, storage,
 * scratch, jobs at a time, milliseconds of the lock. Tells how many attempts ended, and its resident memory, every 250 ms.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Analyse } from '#dist/server/shared/attempt.js';
import { openShared } from '#dist/server/shared/open-shared.js';
import { startWorker } from '#dist/server/shared/worker.js';

const [queue, storage, scratch, concurrency, lock] = process.argv.slice(2) as [string, string, string, string, string?];
const log = pino({ level: 'silent' });
const analyse: Analyse = ({ out, source }) => ({
  kill: () => {},
  end: (async () => {
    if (source.startsWith('poison')) return { kind: 'crashed', why: 'SIGSEGV ended it' };
    if (source.startsWith('slow')) await sleep(5000);
    await mkdir(out);
    await writeFile(join(out, 'clip.json'), JSON.stringify({ source }));
    await writeFile(join(out, 'clip.timeline.csv'), `time,faces\n0,1\n`);
    return { kind: 'done', frames: 1, problem: null, warnings: [] };
  })(),
});

const shared = await openShared({ queue, storage, log, lock: lock === undefined ? undefined : Number(lock) });
let ended = 0;
const worker = await startWorker({
  ...shared,
  concurrency: Number(concurrency),
  scratch,
  models: 'none',
  order: { models: {}, maxPixels: 1, maxDuration: 1, maxMemory: 1 },
  analyse,
  log,
  onEnd: (end) => {
    if (end === 'done') ended++;
  },
});
const tell = setInterval(() => process.send!({ ended, rss: process.memoryUsage.rss() }), 250);
process.once('SIGTERM', async () => {
  clearInterval(tell);
  await worker.stop(10);
  await shared[Symbol.asyncDispose]();
  process.exit(0);
});
