/**
 * Times the queue that machines share: what it costs a job by itself (BullMQ and Redis alone, then with the storage); how fast many small
 * jobs with a stand-in for the analysis are done by two workers, and whether their memory stays flat; and how many times as fast two real
 * workers of one core each are as one. Starts a Redis of its own (appendonly yes, everysec). Run it on a quiet machine of two cores.
 *
 *     npm run bench:queue -- [--jobs 10000] [--lanes 8] [--clips 12] [--frames 50] [--only cost,small,scaling] [--json]
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { openBullQueue } from '#dist/node/queue/bullmq-queue.js';
import { openShared } from '#dist/server/shared/open-shared.js';
import { handIn } from '#dist/server/shared/shared-work.js';
import { startRedis } from '../scripts/redis.js';
import { buildClip } from './clips.js';
import { countOf, median } from './measure.js';

const { values: flags } = parseArgs({
  options: {
    jobs: { type: 'string', default: '10000' },
    lanes: { type: 'string', default: '8' },
    clips: { type: 'string', default: '12' },
    frames: { type: 'string', default: '50' },
    only: { type: 'string', default: 'cost,small,scaling' },
    json: { type: 'boolean', default: false },
  },
});
const count = (name: 'jobs' | 'lanes' | 'clips' | 'frames'): number => countOf(name, flags[name]);
const [JOBS, LANES, CLIPS, FRAMES] = [count('jobs'), count('lanes'), count('clips'), count('frames')];
const parts = flags.only.split(',');
/** Jobs by which the cost of one is measured. */
const ALONE = 500;
const settings = { annotated: false, bars: false, blur: false };
const log = pino({ level: 'silent' });

interface Cost {
  /** Milliseconds a job, one after another: handed in, taken, asked whether it holds, finished. */
  readonly median: number;
  readonly p99: number;
}
interface Small {
  readonly jobs: number;
  /** Jobs a second. */
  readonly handedIn: number;
  readonly done: number;
  /** Resident MiB of a worker, the larger of the two: at a tenth of the jobs, at the end, and most of all. */
  readonly first: number;
  readonly last: number;
  readonly peak: number;
}
interface Scaling {
  readonly clips: number;
  /** Clips a minute. */
  readonly one: number;
  readonly two: number;
}

const folder = await mkdtemp(join(tmpdir(), 'phiz-bench-'));
await using redis = await startRedis();
const children: ChildProcess[] = [];
try {
  const result = {
    machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version, date: new Date().toISOString() },
    cost: parts.includes('cost') ? await timeCost() : undefined,
    small: parts.includes('small') ? await timeSmall() : undefined,
    scaling: parts.includes('scaling') ? await timeScaling() : undefined,
  };
  if (flags.json) console.log(JSON.stringify(result, undefined, 2));
  else print(result);
} finally {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function timeCost(): Promise<Cost> {
  await using queue = await openBullQueue<{ source: string }, { out: string }>({ url: redis.url, prefix: 'cost' });
  const times: number[] = [];
  for (let i = 0; i < ALONE; i++) {
    const begun = performance.now();
    await queue.enqueue({ id: String(i).padStart(32, '0'), owner: null, work: { source: 'clip.mp4' } });
    const claim = await queue.claim();
    if (!(await claim?.holds()) || !(await claim?.finish({ out: 'a' }))) throw new Error('a job was lost');
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  return { median: median(times), p99: times[Math.floor(0.99 * times.length)]! };
}

async function timeSmall(): Promise<Small> {
  const place = { queue: redis.url, storage: join(folder, 'small'), log };
  await using shared = await openShared(place);
  const clip = join(folder, 'small.clip');
  await writeFile(clip, 'a small clip');
  let next = 0;
  const handing = performance.now();
  const lane = async (): Promise<void> => {
    while (next < JOBS) {
      const source = `clip-${next++}.mp4`;
      const sha256 = createHash('sha256').update(source).digest('hex');
      await handIn({ ...shared, owner: null, work: { source, settings, models: 'none' }, path: clip, sha256 });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const handed = performance.now() - handing;

  const seen = [0, 1].map(() => ({ ended: 0, looks: [] as { ended: number; rss: number }[] }));
  const begun = performance.now();
  const workers = seen.map((about) => {
    const args = [place.queue, place.storage, join(folder, 'scratch'), String(LANES)];
    const child = fork(new URL('./queue-worker.js', import.meta.url), args);
    child.on('message', (look: { ended: number; rss: number }) => {
      about.ended = look.ended;
      about.looks.push(look);
    });
    children.push(child);
    return child;
  });
  while (seen[0]!.ended + seen[1]!.ended < JOBS) await sleep(50);
  const took = performance.now() - begun;
  await Promise.all(workers.map(stop));
  const counts = await shared.queue.counts();
  if (counts.done !== JOBS || counts.failed + counts.queued + counts.running > 0)
    throw new Error(`not all was done: ${JSON.stringify(counts)}`);
  const memory = (of: (about: (typeof seen)[0]) => number): number => Math.max(...seen.map(of)) / 2 ** 20;
  return {
    jobs: JOBS,
    handedIn: (1000 * JOBS) / handed,
    done: (1000 * JOBS) / took,
    first: memory(({ looks }) => (looks.find(({ ended }) => ended >= JOBS / 20) ?? looks[0]!).rss),
    last: memory(({ looks }) => looks.at(-1)!.rss),
    peak: memory(({ looks }) => Math.max(...looks.map(({ rss }) => rss))),
  };
}

async function timeScaling(): Promise<Scaling> {
  const one = join(folder, 'one.mp4');
  await buildClip(one, 1, FRAMES);
  const rates: number[] = [];
  for (const workers of [1, 2]) {
    const clips = join(folder, `clips-${workers}`);
    await mkdir(clips);
    // The same clip, each a job of its own.
    for (let i = 0; i < CLIPS; i++) {
      const path = join(clips, `${i}.mp4`);
      await copyFile(one, path);
      await writeFile(path, String(i).padStart(8), { flag: 'a' });
    }
    const place = ['--queue', redis.url, '--prefix', `scaling-${workers}`, '--storage', join(folder, `store-${workers}`)];
    const submit = (...more: readonly string[]): ChildProcess => phiz('submit', clips, ...place, '--no-annotated', ...more);
    await ended(submit());
    const begun = performance.now();
    const running = Array.from({ length: workers }, (_, core) =>
      pinned(core, 'work', ...place, '--threads', '1', '--log-level', 'error'),
    );
    await ended(submit('--wait'));
    rates.push((60_000 * CLIPS) / (performance.now() - begun));
    await Promise.all(running.map(stop));
  }
  return { clips: CLIPS, one: rates[0]!, two: rates[1]! };
}

function phiz(...args: readonly string[]): ChildProcess {
  return start(process.execPath, 'dist/cli/main.js', ...args);
}

/** On one core alone, as a machine of one core would have it. */
function pinned(core: number, ...args: readonly string[]): ChildProcess {
  return start('taskset', '-c', String(core), process.execPath, 'dist/cli/main.js', ...args);
}

function start(command: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve));
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

function print({
  machine,
  cost,
  small,
  scaling,
}: {
  machine: object;
  cost: Cost | undefined;
  small: Small | undefined;
  scaling: Scaling | undefined;
}): void {
  console.log(JSON.stringify(machine));
  console.log('\n| | |\n| --- | --- |');
  const row = (name: string, value: string): void => console.log(`| ${name} | ${value} |`);
  if (cost) row("the queue's own cost of a job, ms", `median ${cost.median.toFixed(1)}, p99 ${cost.p99.toFixed(1)}`);
  if (small) {
    row(`${small.jobs} small jobs handed in`, `${small.handedIn.toFixed(0)} a second`);
    row('done by two workers', `${small.done.toFixed(0)} a second`);
    row(
      'memory of a worker',
      `${small.first.toFixed(0)} MiB at first, ${small.last.toFixed(0)} at last, ${small.peak.toFixed(0)} at most`,
    );
  }
  if (scaling) {
    row(`${scaling.clips} clips, one worker of one core`, `${scaling.one.toFixed(1)} a minute`);
    row(
      'two workers of one core each',
      `${scaling.two.toFixed(1)} a minute, ${(scaling.two / scaling.one).toFixed(2)} times as many`,
    );
  }
}
