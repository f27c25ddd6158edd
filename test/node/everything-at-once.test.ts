/**
 * The service with all of it at once: a crowd of silent connections, slow bodies, uploads made to stop it, requests given up, a disk that
 * fills, and kills without warning. Every job that it accepted is there in the end, every good one is done, and nothing is left of the rest.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { random } from '#dist/core/random.js';
import { type Job, jobSchema } from '#dist/results/service.js';
import { until } from './fixtures/service.js';
import { type ServiceProcess, startServiceProcess } from './fixtures/service-process.js';
import { smallDisk } from './fixtures/small-disk.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

const disk = smallDisk(24 << 20);
let other: string;
const sockets: Socket[] = [];
beforeAll(async () => {
  other = await mkdtemp(join(tmpdir(), 'phiz-models-'));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  disk?.[Symbol.dispose]();
  await rm(other, { recursive: true, force: true });
});

/** The second kill comes while the disk is full. */
const KILLS = 3;
const JOBS = 5;
/** Milliseconds between two acts of each kind of trouble: enough to keep the service busy, and to leave the machine to others. */
const PACE = 60;

/** Animated noise, other for each number. */
async function clipOf(number: number): Promise<Buffer> {
  const raw = { width: 64, height: 12 * 64, channels: 3, pageHeight: 64 } as const;
  const chance = random(number);
  const pixels = Uint8Array.from({ length: raw.width * raw.height * 3 }, () => chance.integer(256));
  return sharp(pixels, { raw })
    .gif({ delay: Array(12).fill(100) })
    .toBuffer();
}

it.skipIf(!disk || process.platform !== 'linux')(
  'a service in all troubles at once loses no job',
  async () => {
    const models = await writeTinyModels(other);
    const data = join(disk!.folder, 'data');
    const start = () => startServiceProcess({ data, models, options: ['--jobs', '2', '--concurrency', '2'] });
    let service: ServiceProcess = await start();
    let over = false;

    /** Does something again and again, whatever comes of it, until the last kill is survived. */
    const keep = async (act: (i: number) => Promise<unknown>): Promise<void> => {
      for (let i = 0; !over; i++) {
        await act(i).catch(() => undefined);
        await sleep(PACE);
      }
    };
    const post = (path: string, body: Uint8Array, signal = AbortSignal.timeout(30_000)) =>
      fetch(`${service.url}${path}`, { method: 'POST', body: body as Uint8Array<ArrayBuffer>, signal });
    /** The job that came of an upload, where it was accepted. */
    const submit = async (clip: Uint8Array): Promise<string | undefined> => {
      const answer = await post('/v1/videos', clip);
      const body: unknown = await answer.json();
      return answer.status === 202 ? jobSchema.parse(body).id : undefined;
    };

    const scans = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(400_000, Buffer.from([0xff, 0xda, 0x00, 0x02]))]);
    const gif = await clipOf(999);
    /** Jobs of clips that are cut off. */
    const strange: string[] = [];
    const troubles = [
      keep(async (i) => {
        const id = await submit(i % 8 === 1 && strange.length < 4 ? gif.subarray(0, 5000 + i) : scans);
        if (id !== undefined) strange.push(id);
      }),
      keep(async (i) => (await post('/v1/images', scans, AbortSignal.timeout(5 + (i % 40)))).arrayBuffer()),
      keep(async (i) => {
        const { port } = new URL(service.url);
        const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.2' });
        socket.on('error', () => undefined);
        // Every other one begins a request and says no more.
        if (i % 2) socket.write('POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\nx');
        sockets.push(socket);
        if (sockets.length > 300) sockets.shift()!.destroy();
      }),
    ];

    const accepted: string[] = [];
    const sending = (async () => {
      for (let i = 0; i < JOBS; i++) {
        const clip = await clipOf(i);
        accepted.push(await until(() => submit(clip).catch(() => undefined), `clip ${i} to be accepted`));
      }
    })();

    for (let i = 0; i < KILLS; i++) {
      await until(() => (accepted.length > i ? true : undefined), 'a job more');
      if (i === 1) await disk!.leave(0);
      await sleep(700);
      // No exit code: nothing but this has ended it.
      expect(await service.end('SIGKILL')).toBe(null);
      if (i === 1) await disk!.leave(16 << 20);
      service = await start();
    }
    await sending;
    over = true;
    await Promise.all(troubles);

    const look = async (id: string): Promise<Job> => {
      const answer = await fetch(`${service.url}/v1/jobs/${id}`);
      expect(answer.status, `job ${id}`).toBe(200);
      return jobSchema.parse(await answer.json());
    };
    const ended = (ids: readonly string[]): Promise<readonly Job[]> =>
      Promise.all(
        ids.map((id) =>
          until(async () => {
            const job = await look(id);
            return job.ended === null ? undefined : job;
          }, `job ${id} to end`),
        ),
      );
    expect(new Set(accepted).size).toBe(JOBS);
    expect((await ended(accepted)).map(({ state }) => state)).toEqual(accepted.map(() => 'done'));
    // Cut off, they give what came before or fail for it; that the service died is held against none.
    for (const { problem } of await ended(strange)) expect(problem).toMatchObject({ code: 'invalid-data' });

    // It still answers, and ends as it should, with nothing half-written in its folder.
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    expect(await service.end()).toBe(0);
    const files = await readdir(data, { recursive: true });
    expect(files.filter((name) => name.endsWith('.tmp') || name.endsWith('upload'))).toEqual([]);
    const jobs = await readdir(join(data, 'jobs'));
    expect(jobs.sort()).toEqual([...accepted, ...strange].sort());
  },
  600_000,
);
