/**
 * The service with faults of its machine, one at a time: a disk that does not flush, folders that cannot be written, a clock that is set again
 * and again, a process that stands still. What it accepted is done; what it could not keep it never accepted.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Job, jobSchema, problemSchema } from '#dist/results/service.js';
import { faultsEnvironment, setFaults } from './fixtures/faults-process.js';
import { readOnly } from './fixtures/read-only.js';
import { until } from './fixtures/service.js';
import { type ServiceProcess, startServiceProcess, workersOf } from './fixtures/service-process.js';
import { smallDisk } from './fixtures/small-disk.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

const disk = smallDisk(64 << 20);
let folder: string;
let models: Awaited<ReturnType<typeof writeTinyModels>>;
let clip: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-service-faults-'));
  models = await writeTinyModels(join(folder, 'models'));
  const raw = { width: 64, height: 8 * 64, channels: 3, pageHeight: 64 } as const;
  const pixels = new Uint8Array(raw.width * raw.height * 3).map((_, i) => (i * 2654435761) >>> 24);
  clip = await sharp(pixels, { raw })
    .gif({ delay: Array(8).fill(100) })
    .toBuffer();
});
afterAll(async () => {
  disk?.[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

const post = ({ url }: ServiceProcess): Promise<Response> => fetch(`${url}/v1/videos`, { method: 'POST', body: clip });
/** Hands the clip in until it is accepted. */
const submit = (service: ServiceProcess): Promise<string> =>
  until(async () => {
    const answer = await post(service);
    const body: unknown = await answer.json();
    return answer.status === 202 ? jobSchema.parse(body).id : undefined;
  }, 'a clip to be accepted');
const look = async ({ url }: ServiceProcess, id: string): Promise<Job> => {
  const answer = await fetch(`${url}/v1/jobs/${id}`);
  expect(answer.status).toBe(200);
  return jobSchema.parse(await answer.json());
};
const ended = (service: ServiceProcess, id: string): Promise<Job> =>
  until(async () => {
    const job = await look(service, id);
    return job.ended === null ? undefined : job;
  }, 'the end of a job');

describe.skipIf(!disk || process.platform !== 'linux')('a service', () => {
  const dataOf = (name: string) => join(disk!.folder, name);
  const control = () => join(folder, 'faults.json');

  it('whose disk does not flush accepts nothing, and loses nothing that it has accepted', async () => {
    const data = dataOf('flush');
    const env = await faultsEnvironment(control(), {});
    let service = await startServiceProcess({ data, models, env });
    const before = await submit(service);
    await setFaults(control(), { flush: false });
    await sleep(200);
    const refused = await post(service);
    expect([refused.status, problemSchema.parse(await refused.json()).code]).toEqual([507, 'insufficient-storage']);
    expect(await readdir(join(data, 'jobs'))).toEqual([before]);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    // Also where the service ends meanwhile.
    await service.end('SIGKILL');
    service = await startServiceProcess({ data, models, env });
    expect((await look(service, before)).state).not.toBe('failed');
    await setFaults(control(), {});
    for (const id of [before, await submit(service)])
      expect(await ended(service, id)).toMatchObject({ state: 'done', problem: null });
    expect(await service.end()).toBe(0);
  });

  it('whose folder cannot be written waits until it can', async () => {
    const data = dataOf('read-only');
    const service = await startServiceProcess({ data, models });
    const id = await submit(service);
    {
      using _ = readOnly(join(data, 'jobs'));
      expect((await post(service)).status).toBe(507);
      await sleep(1500);
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
      expect(['queued', 'running', 'done']).toContain((await look(service, id)).state);
    }
    for (const one of [id, await submit(service)])
      expect(await ended(service, one)).toMatchObject({ state: 'done', problem: null });
    expect(await service.end()).toBe(0);
    expect((await readdir(data, { recursive: true })).filter((name) => /upload$|\.tmp$/.test(name))).toEqual([]);
  });

  it('whose clock is set again and again does its jobs and keeps what they gave', async () => {
    const data = dataOf('clock');
    const env = await faultsEnvironment(control(), { clock: 400 * 86_400_000, seed: 3 });
    let service = await startServiceProcess({ data, models, env, options: ['--keep', '5'] });
    const ids = [await submit(service), await submit(service)];
    for (const id of ids) expect(await ended(service, id)).toMatchObject({ state: 'done', problem: null });
    expect((await fetch(`${service.url}/v1/jobs/${ids[0]}/summary`)).status).toBe(200);
    await service.end('SIGKILL');
    // Set back: what ended in the future stays as long as what ends now.
    await setFaults(control(), {});
    service = await startServiceProcess({ data, models, env, options: ['--keep', '5'] });
    for (const id of ids) {
      const answer = await fetch(`${service.url}/v1/jobs/${id}`);
      if (answer.status === 404) continue;
      const { expires } = jobSchema.parse(await answer.json());
      expect(Date.parse(expires!) - Date.now()).toBeLessThan(5 * 60_000 + 1000);
    }
    expect(await service.end()).toBe(0);
  });

  it('that stands still for a while, with what it has started, goes on where it was', async () => {
    const service = await startServiceProcess({ data: dataOf('stopped'), models });
    const id = await submit(service);
    const all = await until(async () => {
      const workers = await workersOf(service, 'job-worker');
      return workers.length > 0 ? [service.child.pid!, ...workers] : undefined;
    }, 'a job under way');
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    const waiting = post(service);
    await sleep(3000);
    for (const pid of all) process.kill(pid, 'SIGCONT');
    expect((await waiting).status).toBe(202);
    expect(await ended(service, id)).toMatchObject({ state: 'done', problem: null });
    expect(await service.end()).toBe(0);
  });
});
