/** Keys and whose jobs are whose. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobSchema, problemSchema } from '#dist/results/service.js';
import { createKey, revokeKey } from '#dist/server/key-file.js';
import { runPhiz } from './fixtures/phiz.js';
import { serve, type TestService, until } from './fixtures/service.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

let folder: string;
let file: string;
let service: TestService;
let keys: { emma: string; noah: string; admin: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-keys-'));
  file = join(folder, 'keys.json');
  keys = {
    emma: await createKey(file, 'emma'),
    noah: await createKey(file, 'noah'),
    admin: await createKey(file, 'boss', { admin: true }),
  };
  const models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
  service = await serve({ dataDir: join(folder, 'data'), models, apiKeyFile: file });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = (key: string, path: string, init: RequestInit = {}) =>
  fetch(`${service.url}${path}`, { ...init, headers: { Authorization: `Bearer ${key}` } });

it('a job is there for the key that made it and for administrators alone', async () => {
  const body = await readFile(new URL('../../samples/expressions.mp4', import.meta.url));
  const job = jobSchema.parse(await (await ask(keys.emma, '/v1/videos', { method: 'POST', body })).json());
  for (const part of ['', '/summary', '/frames', '/report', '/annotated']) {
    const refused = await ask(keys.noah, `/v1/jobs/${job.id}${part}`);
    expect(problemSchema.parse(await refused.json()).code).toBe('job-not-found');
  }
  expect((await ask(keys.noah, `/v1/jobs/${job.id}`, { method: 'DELETE' })).status).toBe(404);
  for (const key of [keys.emma, keys.admin]) expect((await ask(key, `/v1/jobs/${job.id}`)).status).toBe(200);
  const record = await readFile(join(folder, 'data/jobs', job.id, 'job.json'), 'utf8');
  for (const key of Object.values(keys)) expect(record).not.toContain(key);
  expect((await ask(keys.admin, `/v1/jobs/${job.id}`, { method: 'DELETE' })).status).toBe(204);
});

it('a service that runs takes up new keys and lets go of revoked ones', async () => {
  const late = await createKey(file, 'late');
  await until(async () => ((await ask(late, '/v1/models')).status === 200 ? true : undefined), 'a new key to count');
  await revokeKey(file, 'late');
  await until(async () => ((await ask(late, '/v1/models')).status === 401 ? true : undefined), 'a revoked key to count no more');
  expect((await ask(keys.emma, '/v1/models')).status).toBe(200);
});

describe('phiz keys', () => {
  it("creates, lists and revokes; the file holds hashes and is its owner's alone", async () => {
    const own = join(folder, 'own.json');
    const made = await runPhiz(['keys', 'create', 'lab-1', '--file', own, '--admin'], { cwd: folder });
    const key = made.out.trim();
    expect(key).toMatch(/^phiz_[\w-]{43}$/);
    const text = await readFile(own, 'utf8');
    expect(text).not.toContain(key);
    expect((await stat(own)).mode & 0o777).toBe(0o600);
    expect((await runPhiz(['keys', 'create', 'lab-1', '--file', own], { cwd: folder })).code).toBe(2);
    expect((await runPhiz(['keys', 'create', '../x', '--file', own], { cwd: folder })).code).toBe(2);
    expect((await runPhiz(['keys', 'list', '--file', own], { cwd: folder })).out).toMatch(/^lab-1\tadmin\t\d{4}-/);
    expect((await runPhiz(['keys', 'revoke', 'lab-1', '--file', own], { cwd: folder })).code).toBe(0);
    expect((await runPhiz(['keys', 'list', '--file', own], { cwd: folder })).out).toBe('');
    expect((await runPhiz(['keys', 'revoke', 'lab-1', '--file', own], { cwd: folder })).code).toBe(2);
  });
});
