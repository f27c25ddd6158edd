/** A disk that is full, to the service: uploads are refused, jobs wait, and all of it goes on when there is room. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Job, jobSchema } from '#dist/results/service.js';
import { serve, until } from './fixtures/service.js';
import { smallDisk } from './fixtures/small-disk.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

/** Bytes of the disk. */
const SIZE = 6 << 20;
const disk = smallDisk(SIZE);
let other: string;

beforeAll(async () => {
  other = await mkdtemp(join(tmpdir(), 'phiz-models-'));
});
afterAll(async () => {
  disk?.[Symbol.dispose]();
  await rm(other, { recursive: true, force: true });
});

/** Animated noise, which no format makes small. */
async function noisyClip(): Promise<Buffer> {
  const raw = { width: 160, height: 6 * 120, channels: 3, pageHeight: 120 } as const;
  const pixels = new Uint8Array(raw.width * raw.height * 3).map((_, i) => (i * 2654435761) >>> 24);
  return sharp(pixels, { raw })
    .gif({ delay: Array(6).fill(100) })
    .toBuffer();
}

it.skipIf(!disk)('a full disk fails no job: it waits, uploads get 507, and it is done when there is room', async () => {
  const { folder } = disk!;
  const models = { ...(await writeTinyModels(other)), threads: 1 };
  const data = join(folder, 'data');
  await using service = await serve({ dataDir: data, models });
  const clip = await noisyClip();
  const post = (body: Buffer) =>
    fetch(`${service.url}/v1/videos`, { method: 'POST', body, headers: { 'Content-Type': 'image/gif' } });
  const look = async (id: string): Promise<Job> => jobSchema.parse(await (await fetch(`${service.url}/v1/jobs/${id}`)).json());

  // More than the disk has: refused, and nothing of it stays.
  const large = await post(Buffer.concat([clip, Buffer.alloc(SIZE)]));
  expect(large.status).toBe(507);
  expect(await large.json()).toMatchObject({ code: 'insufficient-storage' });
  expect(Number(large.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await readdir(join(data, 'jobs'))).toEqual([]);
  const answer = await until(async () => {
    const accepted = await post(clip);
    return accepted.status === 202 ? accepted : undefined;
  }, 'the service to take uploads again');

  // Full while the job is under way.
  const { id } = jobSchema.parse(await answer.json());
  await disk!.leave(0);
  await until(() => (service.logged.some((line) => line.includes('the disk takes nothing more')) ? true : undefined), 'a pause');
  const job = await look(id);
  expect(['queued', 'running']).toContain(job.state);
  expect((await post(clip)).status).toBe(507);
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  // The log says so once for each pause, not for each of a crowd: it may lie on the same disk.
  for (let i = 0; i < 5; i++) await post(clip);
  const errors = service.logged.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
  expect(new Set(errors.map(({ msg }) => msg))).toEqual(new Set(['the disk takes nothing more; jobs wait']));

  await rm(join(folder, 'ballast'));
  const done = await until(async () => {
    const now = await look(id);
    return now.ended === null ? undefined : now;
  }, 'the job to end');
  expect(done).toMatchObject({ state: 'done', complete: true, problem: null });
  const record = JSON.parse(await readFile(join(data, 'jobs', id, 'job.json'), 'utf8'));
  expect(record.attempts).toBe(0);
  expect((await readdir(join(data, 'jobs', id))).filter((name) => name.startsWith('out-'))).toHaveLength(1);
});
