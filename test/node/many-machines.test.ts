/**
 * A folder of clips and two workers, as processes of their own, of which one is killed, one stands still for longer than its lock, and Redis
 * dies and comes back: each clip has one result, equal to that of one machine, and nothing is left over. `PHIZ_CLIPS` says how many clips.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from './fixtures/redis.js';
import { until } from './fixtures/service.js';
import { LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const CLIPS = Number(process.env.PHIZ_CLIPS ?? 10);
/** Seconds after which a clip is taken from a worker that gave no sign of life. */
const LOCK = 2;

let folder: string;
let redis: TestRedis;
const started: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-machines-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await redis?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Command {
  readonly child: ChildProcess;
  readonly out: () => string;
  /** Exit code. */
  readonly end: Promise<number | null>;
}
function phiz(...args: readonly string[]): Command {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      text += data.toString();
    });
  return { child, out: () => text, end: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
}

/** A clip of two frames, whose faces lie where the bits of its number are set. */
async function writeClip(path: string, number: number): Promise<void> {
  const [width, pageHeight] = [160, 96];
  const pixels = new Uint8Array(width * 2 * pageHeight * 3);
  for (let bit = 0; bit < 15; bit++) {
    if (((number + 1) & (1 << bit)) === 0) continue;
    const [left, top] = [32 * (bit % 5), 32 * Math.floor(bit / 5)];
    for (const page of [0, 1])
      for (let y = top; y < top + 32; y++) {
        const row = ((page * pageHeight + y) * width + left) * 3;
        pixels.fill(page === 0 ? WHITE : LIGHT_GREY, row, row + 32 * 3);
      }
  }
  await sharp(pixels, { raw: { width, height: 2 * pageHeight, channels: 3, pageHeight } })
    .gif({ delay: [100, 100], keepDuplicateFrames: true })
    .toFile(path);
}

const filesBelow = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

it.skipIf(needs.redis() === undefined || process.platform !== 'linux')(
  'clips of two workers end with one result each, as of one machine, whatever is killed, stopped or started again',
  async () => {
    const [clips, store, scratch, results, reference] = ['clips', 'store', 'scratch', 'results', 'reference'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string, string];
    await mkdir(clips);
    for (let i = 0; i < CLIPS; i++) await writeClip(join(clips, `clip-${String(i).padStart(4, '0')}.gif`), i);
    const { detector, emotion, age } = await writeTinyModels(join(folder, 'models'));
    const models = ['--detector', detector, '--emotion-model', emotion, '--age-model', age];
    const plain = ['--no-annotated', ...models];
    expect(await phiz('analyze', clips, '--out', reference, ...plain).end).toBe(0);

    redis = await startRedis();
    const place = ['--queue', redis.url, '--storage', store];
    const work = (): Command =>
      phiz('work', ...place, '--lock', String(LOCK), '--scratch', scratch, '--threads', '1', '--log-level', 'warn', ...models);
    const done = async (): Promise<number> => (await filesBelow(store)).filter((name) => name.endsWith('/result.json')).length;
    const reach = (count: number): Promise<true> =>
      until(async () => ((await done()) >= count ? true : undefined), `${count} clips to be done`);
    /** Waits until a worker has a clip in a process. */
    const busy = ({ child: { pid } }: Command): Promise<true> =>
      until(
        async () => ((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim() ? true : undefined),
        'a clip under way',
      );

    const [first, second] = [work(), work()];
    const submit = phiz('submit', clips, ...place, '--out', results, ...plain);
    await reach(Math.ceil(CLIPS * 0.1));
    await busy(first);
    first.child.kill('SIGKILL');
    await reach(Math.ceil(CLIPS * 0.25));
    await redis.kill();
    await sleep(1000);
    await redis.start();
    await reach(Math.ceil(CLIPS * 0.4));
    const third = work();
    await busy(second);
    second.child.kill('SIGSTOP');
    await sleep(1000 * (LOCK + 2));
    await reach(Math.ceil(CLIPS * 0.6));
    second.child.kill('SIGCONT');

    expect(await submit.end, submit.out()).toBe(0);
    expect(submit.out().match(/^\S+ +[0-9a-f]{32} +done +2$/gm)).toHaveLength(CLIPS);
    for (const { child, end } of [second, third]) {
      child.kill('SIGTERM');
      expect(await end).toBe(0);
    }
    const kept = await filesBelow(store);
    expect(kept.filter((name) => name.endsWith('/result.json'))).toHaveLength(CLIPS);
    expect(kept.filter((name) => name.endsWith('/clip.json'))).toHaveLength(CLIPS);
    expect(kept.filter((name) => name.endsWith('/input'))).toEqual([]);
    expect(await readdir(scratch)).toEqual([]);

    const tables = (await filesBelow(results)).filter((name) => name.endsWith('.csv'));
    expect(tables).toHaveLength(CLIPS);
    for (const name of tables)
      expect(await readFile(join(results, name), 'utf8')).toBe(await readFile(join(reference, name), 'utf8'));
  },
  600_000,
);
