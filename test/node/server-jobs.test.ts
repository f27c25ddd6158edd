import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Job, jobSchema, problemSchema } from '#dist/results/service.js';
import { frameResultSchema, videoSummarySchema } from '#dist/results/video-result.js';
import { dial, send, serve, type TestService, until } from './fixtures/service.js';
import { type ServiceProcess, startServiceProcess, workersOf } from './fixtures/service-process.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

const MP4 = { 'Content-Type': 'video/mp4' };
let folder: string;
let models: { detector: string; emotion: string; age: string; threads: number };
let clip: Buffer;
let picture: Buffer;
/** The first second of it. */
let short: Buffer;
/** A clip of three frames, done as soon as it is begun. */
let brief: Buffer;
let service: TestService;
let starts = 0;

const serveWith = (options: Parameters<typeof serve>[0]): Promise<TestService> =>
  serve({ dataDir: join(folder, `data-${starts++}`), models, ...options });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-jobs-'));
  models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
  clip = await readFile(new URL('../../samples/expressions.mp4', import.meta.url));
  await writeShortClip(join(folder, 'short.mp4'), fileURLToPath(new URL('../../samples/expressions.mp4', import.meta.url)), 1);
  short = await readFile(join(folder, 'short.mp4'));
  picture = await readFile(new URL('../../samples/faces.png', import.meta.url));
  const raw = { width: 64, height: 3 * 64, channels: 3, pageHeight: 64 } as const;
  const grey = new Uint8Array(64 * 3 * 64 * 3).map((_, i) => 80 * Math.floor(i / (64 * 64 * 3)));
  brief = await sharp(grey, { raw })
    .gif({ delay: [100, 100, 100] })
    .toBuffer();
  service = await serveWith({});
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const submit = async (url: string, query = '?fps=2&annotated=false', body: Buffer = clip): Promise<Job> => {
  const response = await fetch(`${url}/v1/videos${query}`, { method: 'POST', body, headers: MP4 });
  expect(response.status).toBe(202);
  const job = jobSchema.parse(await response.json());
  expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
  return job;
};
const look = async (url: string, id: string): Promise<Job> => jobSchema.parse(await (await fetch(`${url}/v1/jobs/${id}`)).json());
const ended = (url: string, id: string): Promise<Job> =>
  until(async () => {
    const job = await look(url, id);
    return job.state === 'done' || job.state === 'failed' ? job : undefined;
  }, 'the end of a job');
const refused = async (response: Response): Promise<string> => problemSchema.parse(await response.json()).code;
/** What lies there; looked at again where something goes meanwhile. */
const filesOf = (data: string): Promise<string[]> =>
  until(
    () =>
      readdir(join(data, 'jobs'), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
    'a look at the files of jobs',
  );

describe('a clip', () => {
  it('becomes a job whose results can be fetched, in whole or in part', async () => {
    const { id } = await submit(service.url, '?fps=2&detectEvery=1', short);
    const job = await ended(service.url, id);
    expect(job).toMatchObject({ state: 'done', complete: true, problem: null });
    expect(job.progress.frames).toBe(job.progress.totalFrames);
    const get = (part: string, headers = {}) => fetch(`${service.url}/v1/jobs/${id}/${part}`, { headers });
    const summary = videoSummarySchema.parse(await (await get('summary')).json());
    expect(summary).toMatchObject({ source: 'upload', complete: true, settings: { fps: 2, detectEvery: 1, blur: false } });
    const frames = (await (await get('frames')).text()).trimEnd().split('\n');
    expect(frames.map((line) => frameResultSchema.parse(JSON.parse(line)))).toHaveLength(summary.clip.analysedFrames);
    expect(await (await get('timeline.csv')).text()).toMatch(/^frame,timestamp,person,/);
    const report = await get('report');
    expect(report.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    expect(await report.text()).toContain('<!doctype html>');
    const annotated = await get('annotated');
    expect(annotated.headers.get('content-type')).toBe('video/mp4');
    const bytes = Buffer.from(await annotated.arrayBuffer());
    expect(bytes.subarray(4, 8).toString()).toBe('ftyp');
    const range = await get('annotated', { Range: 'bytes=4-7' });
    expect([range.status, range.headers.get('content-range')]).toEqual([206, `bytes 4-7/${bytes.length}`]);
    expect(await range.text()).toBe('ftyp');
    const last = await get('annotated', { Range: 'bytes=-5' });
    expect(Buffer.from(await last.arrayBuffer())).toEqual(bytes.subarray(-5));
    expect((await get('annotated', { Range: `bytes=${bytes.length}-` })).status).toBe(416);
    const head = await fetch(`${service.url}/v1/jobs/${id}/annotated`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
    expect(await filesOf(join(folder, 'data-0'))).not.toContain(join(id, 'upload'));

    expect((await fetch(`${service.url}/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await refused(await get('summary'))).toBe('job-not-found');
    expect(await filesOf(join(folder, 'data-0'))).toEqual([]);
  });

  it.each([
    ['text', Buffer.from('no clip at all'), 'invalid-data'],
    ['a picture', () => picture, 'invalid-data'],
    ['nothing', Buffer.alloc(0), 'no-upload'],
  ])('that is %s becomes none', async (_, body, code) => {
    const sent = typeof body === 'function' ? body() : body;
    const response = await fetch(`${service.url}/v1/videos`, { method: 'POST', body: sent, headers: MP4 });
    expect(await refused(response)).toBe(code);
    expect(await filesOf(join(folder, 'data-0'))).toEqual([]);
  });

  it('that is cut off gives what could be read, or fails and says why', async () => {
    const { id } = await submit(service.url, '?fps=2&annotated=false', clip.subarray(0, clip.length / 2));
    const job = await ended(service.url, id);
    expect(job.problem?.code).toBe('invalid-data');
    expect(job.problem?.detail).not.toContain(folder);
    const code = await fetch(`${service.url}/v1/jobs/${id}/summary`);
    if (job.state === 'failed') expect(await refused(code)).toBe('job-failed');
    else expect(videoSummarySchema.parse(await code.json()).complete).toBe(false);
    await fetch(`${service.url}/v1/jobs/${id}`, { method: 'DELETE' });
  });

  it('that is too long or too large to look at fails', async () => {
    await using strict = await serveWith({ maxDuration: 2, maxPixels: 1000 });
    const { id } = await submit(strict.url);
    expect((await ended(strict.url, id)).problem?.code).toMatch(/invalid-data|image-too-large/);
    // The job is told as failed before its upload is removed.
    const uploads = async () => (await filesOf(join(folder, `data-${starts - 1}`))).filter((name) => name.endsWith('upload'));
    await until(async () => ((await uploads()).length === 0 ? true : undefined), 'its upload to go');
  });

  it('that would be looked at too closely fails', async () => {
    const raw = { width: 4200, height: 2 * 4100, channels: 3, pageHeight: 4100 } as const;
    // Two frames, the second another one, so that they are not joined.
    const pixels = new Uint8Array(raw.width * raw.height * 3).fill(200, raw.width * raw.pageHeight * 3);
    const wide = await sharp(pixels, { raw })
      .gif({ delay: [100, 100], effort: 1, colours: 2, dither: 0 })
      .toBuffer();
    const { id } = await submit(service.url, '?minFace=1', wide);
    const { problem } = await ended(service.url, id);
    expect(problem).toMatchObject({ code: 'invalid-option', detail: expect.stringContaining('look at 4200×4100 pixels') });
    await fetch(`${service.url}/v1/jobs/${id}`, { method: 'DELETE' });
  });

  it('whose sender goes away leaves nothing', async () => {
    const socket = await dial(service.port);
    socket.write(
      `POST /v1/videos HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\nContent-Length: ${clip.length}\r\n\r\n`,
    );
    socket.write(clip.subarray(0, 1000));
    const data = join(folder, 'data-0');
    await until(async () => ((await filesOf(data)).length === 3 ? true : undefined), 'the beginning of an upload');
    socket.destroy();
    await until(async () => ((await filesOf(data)).length === 0 ? true : undefined), 'nothing to be left');
  });

  it('finds the queue full after a while', async () => {
    await using narrow = await serveWith({ jobs: 1, queue: 1 });
    const first = await submit(narrow.url);
    const second = await submit(narrow.url);
    const response = await fetch(`${narrow.url}/v1/videos`, { method: 'POST', body: clip, headers: MP4 });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused(response)).toBe('busy');
    // A job under way, and one that waits, can be deleted; then there is room.
    for (const { id } of [second, first])
      expect((await fetch(`${narrow.url}/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await filesOf(join(folder, `data-${starts - 1}`))).toEqual([]);
    await submit(narrow.url);
  });
});

describe('a job', () => {
  it('that nobody knows is a problem, however it is called', async () => {
    const unknown = '0'.repeat(32);
    for (const id of [unknown, 'x', '..%2f..%2fetc', '%2e%2e%2fdata', `${unknown}%00`, '%ff'])
      for (const part of ['', '/summary', '/report', '/annotated']) {
        const { status, text } = await send(service.port, `/v1/jobs/${id}${part}`);
        expect([status, JSON.parse(text).code]).toEqual([404, 'job-not-found']);
      }
    expect(JSON.parse((await send(service.port, `/v1/jobs/${unknown}`, { method: 'DELETE' })).text).code).toBe('job-not-found');
    expect(JSON.parse((await send(service.port, `/v1/jobs/${unknown}/job.json`)).text).code).toBe('not-found');
  });

  it('that was asked for wrongly is refused', async () => {
    for (const query of ['?fps=0', '?fps=2&every=2', '?annotated=yes', '?parquet=true'])
      expect(await refused(await fetch(`${service.url}/v1/videos${query}`, { method: 'POST', body: clip, headers: MP4 }))).toBe(
        'invalid-option',
      );
  });

  it('has no results before its end', async () => {
    const { id } = await submit(service.url);
    expect(await refused(await fetch(`${service.url}/v1/jobs/${id}/summary`))).toBe('job-not-ready');
    await fetch(`${service.url}/v1/jobs/${id}`, { method: 'DELETE' });
  });

  it('goes away a while after its end', async () => {
    await using forgetful = await serveWith({ keep: 0.005 });
    const { id } = await submit(forgetful.url, '?annotated=false', brief);
    await until(async () => {
      const response = await fetch(`${forgetful.url}/v1/jobs/${id}`);
      return response.status === 404 ? true : undefined;
    }, 'the job to go');
    const data = join(folder, `data-${starts - 1}`);
    await until(async () => ((await filesOf(data)).length === 0 ? true : undefined), 'its files to go');
  });
});

const start = (data: string): Promise<ServiceProcess> => startServiceProcess({ data, models });

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('whatever ends the service', () => {
  it('kill -9: accepted jobs go on after the next start, broken uploads and results are cleared away', async () => {
    const data = join(folder, 'killed');
    const first = await start(data);
    const under = await submit(first.url, '', short);
    const waiting = await submit(first.url, '?annotated=false', brief);
    await until(async () => ((await look(first.url, under.id)).state === 'running' ? true : undefined), 'a job under way');
    const children = await workersOf(first, 'job-worker');
    await first.end('SIGKILL');
    await until(() => (children.some(alive) ? undefined : true), 'the process of the job to follow');
    await mkdir(join(data, 'jobs', 'a'.repeat(32)));
    for (const [name, text] of [
      ['.phiz-job', ''],
      ['upload', 'half an upl'],
    ] as const)
      await writeFile(join(data, 'jobs', 'a'.repeat(32), name), text);

    const second = await start(data);
    for (const { id } of [under, waiting]) expect((await ended(second.url, id)).state).toBe('done');
    const files = await filesOf(data);
    expect(files.filter((name) => name.includes('aaaa') || /upload|\.tmp$/.test(name))).toEqual([]);
    expect(files.filter((name) => name.endsWith('clip.json'))).toHaveLength(2);

    // Asked to stop, it ends well, and its results are there again afterwards.
    expect(await second.end()).toBe(0);
    const third = await start(data);
    expect((await look(third.url, under.id)).state).toBe('done');
    expect((await fetch(`${third.url}/v1/jobs/${under.id}/summary`)).status).toBe(200);
    await third.end('SIGINT');
  });

  it('SIGTERM: what runs goes back into the queue, uncounted', async () => {
    const data = join(folder, 'stopped');
    const { url, end } = await start(data);
    const { id } = await submit(url);
    await until(async () => ((await look(url, id)).state === 'running' ? true : undefined), 'a job under way');
    expect(await end()).toBe(0);
    const record = JSON.parse(await readFile(join(data, 'jobs', id, 'job.json'), 'utf8'));
    expect(record).toMatchObject({ state: 'queued', attempts: 0, out: null });
    expect((await readdir(join(data, 'jobs', id))).sort()).toEqual(['.phiz-job', 'job.json', 'upload']);
  });

  it.skipIf(process.platform !== 'linux')(
    'a job whose process is killed is tried again, and others are not touched',
    async () => {
      const victims = await start(join(folder, 'victims'));
      const { url } = victims;
      const { id } = await submit(url, '?annotated=false', brief);
      const before = await until(async () => (await workersOf(victims, 'job-worker'))[0], 'a process');
      process.kill(before, 'SIGKILL');
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const job = await ended(url, id);
      expect(job.state).toBe('done');
      const record = JSON.parse(await readFile(join(folder, 'victims/jobs', id, 'job.json'), 'utf8'));
      expect(record.attempts).toBe(1);
      await victims.end();
    },
  );

  it.skipIf(process.platform !== 'linux')('three kills of the service count against no job', async () => {
    const data = join(folder, 'killed-often');
    let id: string | undefined;
    for (let kills = 1; kills <= 4; kills++) {
      const running = await start(data);
      const { url } = running;
      id ??= (await submit(url, '?annotated=false', short)).id;
      if (kills === 4) {
        const { state } = await ended(url, id);
        expect(state).toBe('done');
      } else if (kills < 3) await until(async () => ((await look(url, id!)).state === 'running' ? true : undefined), 'the job');
      // As the system does when memory runs out: the process of the job may well go first.
      for (const pid of await workersOf(running, 'job-worker')) process.kill(pid, 'SIGKILL');
      await running.end('SIGKILL');
    }
    const record = JSON.parse(await readFile(join(data, 'jobs', id!, 'job.json'), 'utf8'));
    expect(record.attempts).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')('a job whose process always dies is given up after three', async () => {
    const cursed = await start(join(folder, 'cursed'));
    const { url } = cursed;
    const { id } = await submit(url, '', clip);
    const killing = setInterval(async () => {
      for (const pid of await workersOf(cursed, 'job-worker')) {
        // It may be gone already.
        if (alive(pid)) process.kill(pid, 'SIGKILL');
      }
    }, 100);
    const job = await ended(url, id);
    clearInterval(killing);
    expect(job).toMatchObject({ state: 'failed', problem: { code: 'job-crashed' } });
    await cursed.end();
  });

  it('a second service keeps its hands off the same folder', async () => {
    const data = join(folder, 'data-0');
    await expect(serve({ dataDir: data, models })).rejects.toMatchObject({ code: 'invalid-option' });
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  });
});
