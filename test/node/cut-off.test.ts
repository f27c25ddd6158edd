/**
 * Two hosts with addresses of their own, in network namespaces of this machine: one is cut off while it has a clip under way, for longer than
 * its lock, and joined again. The clip is taken by the other, and each clip has one result. Needs root and Linux's `ip`; without them
 * many-machines.test.ts stops a process instead.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashFile } from '#dist/node/files/hash-file.js';
import { modelsHash } from '#dist/node/models/model-hashes.js';
import { openShared } from '#dist/server/shared/open-shared.js';
import { handIn, readPublished } from '#dist/server/shared/shared-work.js';
import { startRedis } from '../../scripts/redis.js';
import { until } from './fixtures/service.js';
import { LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const CLIPS = 6;
/** Seconds after which a clip is taken from a host of which nothing is heard. */
const LOCK = 3;

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
const tag = process.pid.toString(36);
/** Namespaces can be made here. */
const hosts = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    ip('netns', 'add', `phiz-${tag}`);
    ip('netns', 'del', `phiz-${tag}`);
    return true;
  } catch {
    return false;
  }
})();
if (!hosts) console.warn('Skipping a test of hosts in network namespaces, which needs root and ip');

let folder: string;
const workers: ChildProcess[] = [];
const made: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-cut-'));
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  for (const name of made) ip('netns', 'del', name);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A host: its namespace, its link to this machine, and this machine's address as it sees it. */
function host(i: number): { readonly name: string; readonly link: string; readonly here: string } {
  const [name, link, peer] = [`phiz-${tag}-${i}`, `pz${tag}${i}a`, `pz${tag}${i}b`];
  const net = `10.${200 + i}.${process.pid % 250}`;
  ip('netns', 'add', name);
  made.push(name);
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', peer, 'netns', name);
  ip('addr', 'add', `${net}.1/30`, 'dev', link);
  ip('link', 'set', link, 'up');
  ip('-n', name, 'addr', 'add', `${net}.2/30`, 'dev', peer);
  ip('-n', name, 'link', 'set', peer, 'up');
  return { name, link, here: `${net}.1` };
}

it.skipIf(needs.redis() === undefined || !hosts)(
  'a host that is cut off and joined again publishes nothing twice, and no clip is lost',
  async () => {
    const models = await writeTinyModels(join(folder, 'models'));
    const port = 20_000 + (process.pid % 20_000);
    const [storage, scratch] = [join(folder, 'store'), join(folder, 'scratch')];
    const open = ['--port', String(port), '--bind', '0.0.0.0', '--protected-mode', 'no'];
    await using redis = await startRedis(['--appendonly', 'yes', ...open]);
    await using shared = await openShared({ queue: redis.url, storage, log: pino({ level: 'silent' }) });
    const ids: string[] = [];
    for (let i = 0; i < CLIPS; i++) {
      const path = join(folder, `clip-${i}.gif`);
      await writeFile(path, await clip(i));
      const settings = { annotated: false, bars: false, blur: false };
      const work = { source: path, settings, models: await modelsHash(models) };
      ids.push((await handIn({ ...shared, owner: null, work, path, sha256: await hashFile(path) })).id);
    }
    const [first, second] = [host(0), host(1)];
    const work = ({ name, here }: ReturnType<typeof host>): ChildProcess => {
      const place = ['--queue', `redis://${here}:${port}`, '--storage', storage, '--lock', String(LOCK), '--scratch', scratch];
      const chosen = ['--detector', models.detector, '--emotion-model', models.emotion, '--age-model', models.age];
      const command = [process.execPath, MAIN, 'work', ...place, '--threads', '1', '--log-level', 'silent', ...chosen];
      const child = spawn('ip', ['netns', 'exec', name, ...command], { stdio: 'ignore' });
      workers.push(child);
      return child;
    };
    const one = work(first);
    // Cut off as soon as it has a clip in a process of its own.
    await until(async () => (await children(one.pid!)) || undefined, 'a clip to be under way');
    ip('link', 'set', first.link, 'down');
    const two = work(second);
    const done = async (): Promise<number> => {
      const found = await Promise.all(ids.map((id) => readPublished(shared.storage, id)));
      return found.filter((published) => published !== undefined).length;
    };
    await until(async () => ((await done()) === CLIPS ? true : undefined), 'all clips to be done by the other host');
    ip('link', 'set', first.link, 'up');
    await until(async () => ((await shared.queue.counts()).done === CLIPS ? true : undefined), 'the queue to know');
    // Time for what the first still had in mind.
    await new Promise((resolve) => setTimeout(resolve, 2000 * LOCK));
    for (const worker of [one, two]) {
      const gone = new Promise((resolve) => worker.once('exit', resolve));
      worker.kill('SIGTERM');
      await gone;
    }
    expect(await shared.queue.counts()).toEqual({ queued: 0, running: 0, done: CLIPS, failed: 0 });
    for (const id of ids) {
      const published = await readPublished(shared.storage, id);
      expect((await readdir(join(storage, 'jobs', id))).sort()).toEqual([published!.outcome.out, 'result.json'].sort());
    }
    expect(await readdir(scratch)).toEqual([]);
  },
  600_000,
);

/** Ids of the children of a process. */
async function children(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).trim();
}

/** A clip of two frames, unlike the others. */
function clip(number: number): Promise<Buffer> {
  const [width, pageHeight] = [160, 96];
  const pixels = new Uint8Array(width * 2 * pageHeight * 3);
  for (const page of [0, 1])
    for (let y = 32; y < 64; y++) {
      const row = ((page * pageHeight + y) * width + 16 * number) * 3;
      pixels.fill(page === 0 ? WHITE : LIGHT_GREY, row, row + 32 * 3);
    }
  return sharp(pixels, { raw: { width, height: 2 * pageHeight, channels: 3, pageHeight } })
    .gif({ delay: [100, 100], keepDuplicateFrames: true })
    .toBuffer();
}
