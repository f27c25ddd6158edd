/** The folder of the service's jobs: what it made it takes up or clears away; nothing else in there is its business. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newRecord } from '#dist/server/job-record.js';
import { newJobId, openJobStore } from '#dist/server/job-store.js';
import { Jobs } from '#dist/server/jobs.js';
import { createMetrics } from '#dist/server/metrics.js';
import { resolveOptions } from '#dist/server/options.js';
import { until } from './fixtures/service.js';

let data: string;
let jobs: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'phiz-store-'));
  jobs = join(data, 'jobs');
});
afterEach(() => rm(data, { recursive: true, force: true }));

const settings = { annotated: false, bars: false, blur: false };
async function* upload(text = 'an upload'): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
/** Makes a job as the service does, and closes the store. */
async function makeJob(id = newJobId()): Promise<string> {
  await using store = await openJobStore(data);
  await store.receive(id, upload());
  await store.save(newRecord({ id, source: 'upload', settings }));
  return id;
}

describe('what the service did not make', () => {
  it('among the jobs stays as it is, is named, and stops no start', async () => {
    const id = await makeJob();
    const hash = 'f'.repeat(32);
    await mkdir(join(jobs, 'holiday'));
    await mkdir(join(jobs, hash));
    await mkdir(join(data, 'elsewhere'));
    for (const name of ['holiday/photo.jpg', `${hash}/diary.txt`, 'notes.txt', '.DS_Store', '0'.repeat(32)])
      await writeFile(join(jobs, name), 'mine');
    await symlink(join(data, 'elsewhere'), join(jobs, 'e'.repeat(32)));
    await mkdir(join(jobs, 'd'.repeat(32)));

    await using store = await openJobStore(data);
    expect(store.found.map((record) => record.id)).toEqual([id]);
    const strangers = ['holiday', hash, 'notes.txt', '.DS_Store', '0'.repeat(32), 'e'.repeat(32)];
    expect([...store.foreign].sort()).toEqual(strangers.map((name) => join(jobs, name)).sort());
    expect((await readdir(jobs)).sort()).toEqual([...strangers, id].sort());
    expect(await readFile(join(jobs, hash, 'diary.txt'), 'utf8')).toBe('mine');
  });

  it("in a job's folder stays when the job goes", async () => {
    const id = await makeJob();
    for (const name of ['out-ab', 'mine']) await mkdir(join(jobs, id, name));
    for (const name of ['notes.txt', '.job.json.abcdef.tmp', 'out-ab/clip.json', 'mine/a'])
      await writeFile(join(jobs, id, name), 'x');
    await using store = await openJobStore(data);
    expect((await readdir(join(jobs, id))).sort()).toEqual(['.phiz-job', 'job.json', 'mine', 'notes.txt', 'upload']);
    await store.remove(id);
    expect((await readdir(join(jobs, id))).sort()).toEqual(['mine', 'notes.txt']);
  });

  it('is also the job of a newer version', async () => {
    const id = await makeJob();
    const newer = JSON.stringify({ recordVersion: 2, id, whatever: true });
    await writeFile(join(jobs, id, 'job.json'), newer);
    await using store = await openJobStore(data);
    expect(store.foreign).toEqual([join(jobs, id)]);
    expect(await readFile(join(jobs, id, 'job.json'), 'utf8')).toBe(newer);
    expect(existsSync(join(jobs, id, 'upload'))).toBe(true);
  });
});

it('the rest of an upload that broke off goes', async () => {
  const [whole, half] = [await makeJob(), await makeJob()];
  await rm(join(jobs, half, 'job.json'));
  await using store = await openJobStore(data);
  expect(await readdir(jobs)).toEqual([whole]);
  expect(store.foreign).toEqual([]);
});

describe('a spoiled job.json', () => {
  it.each([
    ['cut off', '{"recordVersion":1,'],
    ['empty', ''],
    ['of another job', JSON.stringify(newRecord({ id: '1'.repeat(32), source: 'x', settings }))],
    ['without a version', '{"state":"done"}'],
  ])('that is %s is set aside with its upload', async (_, text) => {
    const id = await makeJob();
    await writeFile(join(jobs, id, 'job.json'), text);
    {
      await using store = await openJobStore(data);
      expect(store.found).toEqual([]);
      expect(store.spoiled.map(({ path }) => path)).toEqual([join(data, 'spoiled', id)]);
      expect(Date.now() - store.spoiled[0]!.since).toBeLessThan(60_000);
    }
    expect(await readdir(jobs)).toEqual([]);
    expect(await readFile(join(data, 'spoiled', id, 'upload'), 'utf8')).toBe('an upload');
    // It is there at the next start too.
    await using again = await openJobStore(data);
    expect(again.spoiled).toHaveLength(1);
  });

  it('is named in the log, and goes when an ended job would', async () => {
    const [old, fresh] = [await makeJob(), await makeJob()];
    for (const id of [old, fresh]) await writeFile(join(jobs, id, 'job.json'), 'x');
    await (await openJobStore(data))[Symbol.asyncDispose]();
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(data, 'spoiled', old), longAgo, longAgo);
    await mkdir(join(data, 'spoiled', 'mine'));

    await using store = await openJobStore(data);
    const metrics = createMetrics('0');
    const logged: string[] = [];
    const log = pino({}, { write: (line: string) => void logged.push(line) });
    const running = new Jobs({
      store,
      isClip: async () => true,
      settings: resolveOptions({ keep: 30 }),
      metrics,
      log,
    });
    await until(async () => ((await readdir(join(data, 'spoiled'))).includes(old) ? undefined : true), 'the old one to go');
    expect((await readdir(join(data, 'spoiled'))).sort()).toEqual([fresh, 'mine'].sort());
    expect(logged.filter((line) => line.includes(join(data, 'spoiled')))).toHaveLength(2);
    await running.stop();
    metrics.close();
  });
});
