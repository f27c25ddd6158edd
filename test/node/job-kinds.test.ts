/** Jobs of all kinds, from `phiz submit` through `phiz work`: results are those of one machine, and a study waits for its recordings. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindsQueue } from '#dist/server/shared/kinds-queue.js';
import { openShared } from '#dist/server/shared/open-shared.js';
import { handInOther, type StudyWork } from '#dist/server/shared/shared-work.js';
import { startWorker } from '#dist/server/shared/worker.js';
import type { StudyResult } from '#dist/study/study-result.js';
import { type OwnRedis, startRedis } from '../../scripts/redis.js';
import { runPhiz } from './fixtures/phiz.js';
import { until } from './fixtures/service.js';
import { tinyImage } from './fixtures/tiny-images.js';
import { LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const log = pino({ level: 'silent' });

it('kinds of which nothing waits are asked seldom, and those that have something at once', async () => {
  const asked = { clip: 0, 'photo-batch': 0, study: 0 };
  let waiting = 50;
  const queueOf = (kind: keyof typeof asked) =>
    ({
      async claim() {
        asked[kind]++;
        return kind === 'clip' && waiting-- > 0 ? ({ job: { id: kind } } as never) : undefined;
      },
    }) as unknown as ConstructorParameters<typeof KindsQueue>[0]['clip'];
  const queue = new KindsQueue({ clip: queueOf('clip'), 'photo-batch': queueOf('photo-batch'), study: queueOf('study') });
  for (let i = 0; i < 50; i++) expect((await queue.claim())?.job.id).toBe('clip');
  expect(asked.clip).toBe(50);
  expect(asked.study + asked['photo-batch']).toBeLessThan(10);
  expect(await queue.claim()).toBeUndefined();
  const before = { ...asked };
  await new Promise((resolve) => setTimeout(resolve, 500));
  await queue.claim();
  expect(asked).toEqual({ clip: before.clip + 1, 'photo-batch': before['photo-batch'] + 1, study: before.study + 1 });
});

describe.skipIf(needs.redis() === undefined)('jobs of all kinds', () => {
  let folder: string;
  let redis: OwnRedis;
  let models: string[];
  const workers: ChildProcess[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-kinds-'));
    redis = await startRedis();
    const { detector, emotion, age } = await writeTinyModels(join(folder, 'models'));
    models = ['--detector', detector, '--emotion-model', emotion, '--age-model', age];
  });
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await redis[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const picture = async (path: string, greys: readonly number[]): Promise<void> => writeFile(path, await tinyImage(greys));
  const placeOf = (name: string) => ({
    PHIZ_QUEUE: redis.url,
    PHIZ_STORAGE: join(folder, `store-${name}`),
  });
  const startWork = (env: NodeJS.ProcessEnv, ...args: string[]): void => {
    const all = ['work', '--threads', '1', '--log-level', 'warn', '--scratch', join(folder, 'scratch'), ...models, ...args];
    workers.push(spawn(process.execPath, [MAIN, ...all], { env: { ...process.env, ...env }, stdio: 'inherit' }));
  };
  const read = async <T>(...path: string[]): Promise<T> => JSON.parse(await readFile(join(folder, ...path), 'utf8')) as T;

  it('photos in batches give what phiz analyze gives, and a broken one keeps nobody from the others', async () => {
    await mkdir(join(folder, 'photos'));
    for (const i of [0, 1, 2, 3]) await picture(join(folder, `photos/photo ${i}.png`), [i % 2 ? WHITE : LIGHT_GREY]);
    await writeFile(join(folder, 'photos/broken.jpg'), 'no photo');
    await picture(join(folder, 'photos/moving.gif'), [WHITE, LIGHT_GREY]);
    const env = placeOf('photos');
    startWork(env, '--prefix', 'photos', '--kinds', 'photo-batch');
    const submit = ['submit', 'photos', '--prefix', 'photos', '--kind', 'photo-batch', '--batch', '3', '--out', 'got', ...models];
    const { code, out, err } = await runPhiz(submit, { cwd: folder, env });
    expect(err).toContain('1 clips were left out');
    expect(out).toMatch(/^2 batches of photos handed in\n/);
    expect(out).toContain('photos/broken.jpg: ');
    expect(code).toBe(1);
    const here = await runPhiz(['analyze', 'photos', '--out', 'here', '--quiet', ...models], { cwd: folder });
    expect(here.code).toBe(1);
    const names = (await readdir(join(folder, 'got/photos'))).sort();
    expect(names).toHaveLength(8);
    for (const name of names.filter((one) => one.endsWith('.json'))) {
      const result = await read<{ faces: unknown[] }>('got/photos', name);
      expect(result.faces).toHaveLength(1);
      expect(result).toEqual(await read('here/photos', name));
    }
    // Nothing but results is left, and the same again is done already.
    const again = await runPhiz(submit, { cwd: folder, env });
    expect(again.out).toMatch(/^0 batches of photos handed in, 2 were done before\n/);
    const stored = await readdir(join(folder, 'store-photos/jobs'), { recursive: true });
    expect(stored.filter((name) => name.includes('input'))).toEqual([]);
  });

  it('a study is done when its recordings are, and gives what phiz study gives', async () => {
    const home = join(folder, 'study');
    await mkdir(home);
    const rows = ['file,participant,stimulus'];
    for (const [p, who] of ['anna', 'ben'].entries())
      for (const [s, stimulus] of ['gay film', 'sad film'].entries()) {
        await picture(join(home, `${who}-${stimulus}.gif`), Array(4 + p).fill(s ? LIGHT_GREY : WHITE));
        rows.push(`${who}-${stimulus}.gif,${who},${stimulus}`);
      }
    await writeFile(join(home, 'broken.gif'), 'no clip');
    await writeFile(join(home, 'study.csv'), `${[...rows, 'broken.gif,dan,gay film'].join('\n')}\n`);
    await writeFile(join(home, 'moments.csv'), 'stimulus,from,to,label\ngay film,0.1,0.3,middle\n');
    const env = placeOf('study');
    const sums = ['--title', 'A small study', '--outcomes', 'happy,sad', '--seed', '3'];
    const submit = ['submit', 'study/study.csv', '--prefix', 'study', '--kind', 'study', ...sums, ...models];
    expect((await runPhiz(submit, { cwd: folder, env })).out).toBe('1 studies handed in\n');
    startWork(env, '--prefix', 'study');
    const { code, out } = await runPhiz([...submit, '--out', 'far'], { cwd: folder, env });
    expect(out).toMatch(/^0 studies handed in, 1 were there already\n[\s\S]* done .*broken.gif: left out/);
    expect(code).toBe(1);
    const here = await runPhiz(['study', 'study/study.csv', '--out', 'near', '--quiet', ...sums, ...models], { cwd: folder });
    expect(here.code).toBe(1);
    const [far, near] = await Promise.all(['far', 'near'].map((name) => read<StudyResult>(name, 'study.json')));
    expect(far!.failures.map(({ file }) => file)).toEqual(['broken.gif']);
    // A clip's own summary names the options that were given, a study's all of them.
    expect({ ...far, failures: [], analysis: {} }).toEqual({ ...near, failures: [], analysis: {} });
    for (const name of ['long.csv', 'participants.csv', 'recordings/anna-gay film.TextGrid'])
      expect(await readFile(join(folder, 'far', name), 'utf8'), name).toBe(await readFile(join(folder, 'near', name), 'utf8'));
    expect(await readdir(join(folder, 'far'))).toContain('study.report.html');
  });

  it('are taken by those who work on their kind, and a study waits for its recordings uncounted', async () => {
    const options = { queue: redis.url, storage: join(folder, 'store-parts'), prefix: 'parts', log };
    const settings = { annotated: false, bars: false, blur: false };
    await using all = await openShared(options);
    await using photosOnly = await openShared({ ...options, kinds: ['photo-batch'] });
    const done: string[] = [];
    const start = (shared: typeof all, name: string) =>
      startWorker({
        ...shared,
        concurrency: 1,
        scratch: join(folder, 'scratch'),
        models: 'm',
        order: { models: {}, maxPixels: 1, maxDuration: 1, maxMemory: 1 },
        log,
        analyse: ({ kind, out }) => ({
          kill: () => {},
          end: (async () => {
            done.push(`${name} ${kind}`);
            await mkdir(out);
            const last = { clip: 'clip.json', 'photo-batch': 'photos.json', study: 'study.json' }[kind];
            for (const file of [last, 'clip.frames.ndjson']) await writeFile(join(out, file), '{}');
            return { kind: 'done', frames: 1, problem: null, warnings: [] };
          })(),
        }),
      });
    const job = '0'.repeat(32);
    const work: StudyWork = {
      kind: 'study',
      source: 'study.csv',
      settings,
      models: 'm',
      designEnding: '.csv',
      texts: { design: '' },
      options: {},
      recordings: [{ file: 'a.mp4', job }],
    };
    await all.storage.put(`jobs/${job}/input`, Buffer.from('a clip'));
    await all.queue.enqueue({ id: job, owner: null, work: { source: 'a.mp4', settings, models: 'm' } });
    const study = await handInOther({ ...all, owner: null, work, files: [] });
    const photos = await start(photosOnly, 'photos');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect([done, await all.queue.counts()]).toEqual([[], { queued: 2, running: 0, done: 0, failed: 0 }]);
    expect(await all.queue.countsByKind()).toMatchObject({ clip: { queued: 1 }, study: { queued: 1 } });
    expect((await all.queue.list()).map(({ id }) => id)).toEqual([job, study.id]);
    expect(await all.queue.list({ from: 1 })).toMatchObject([{ id: study.id }]);

    // Before its recording is done, a study is looked at and put back.
    const claim = await until(async () => {
      const one = await all.queue.claim();
      if (one?.job.id === job) return one;
      await one?.release();
      return undefined;
    }, 'the clip');
    const worker = await start(all, 'all');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect([done, (await all.queue.get(study.id))?.crashes]).toEqual([[], 0]);
    await claim.release();
    const status = await until(async () => {
      const found = await all.queue.get(study.id);
      return found?.state === 'done' ? found : undefined;
    }, 'the study');
    expect([done, status.crashes]).toEqual([['all clip', 'all study'], 0]);
    await worker.stop();
    await photos.stop();
  });

  it('that are none are refused', async () => {
    const { code, err } = await runPhiz(['work', '--kinds', 'clip,film'], { cwd: folder });
    expect([code, err]).toEqual([2, expect.stringContaining('clip, photo-batch, study')]);
  });
});
