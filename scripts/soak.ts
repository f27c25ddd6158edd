/**
 * Keeps `phiz serve` busy for a long time with what good, bad and impatient clients send (photos, clips, damaged files, requests given up
 * in the middle, wrong addresses), and looks every few seconds at the memory, open files, threads and temporary files of all its
 * processes: they must not grow. Ends with 1 where they do, where a good request was not answered as it should be, or where the service
 * leaves something behind. Linux only.
 *
 *     npm run soak -- [--minutes 30] [--clients 3] [--seed 1] [--json]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pick, type Random, random } from '#dist/core/random.js';
import { heldBy } from './held.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    clients: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const MINUTES = Number(values.minutes);
const CLIENTS = Number(values.clients);
if (!(MINUTES > 0) || !(CLIENTS >= 1)) throw new Error('usage: soak [--minutes 30] [--clients 3] [--seed 1] [--json]');

/** What clients send, and how often, relative to their sum. */
const SHARES = {
  photo: 40,
  clip: 4,
  'damaged photo': 14,
  'damaged clip': 8,
  noise: 10,
  'given up': 14,
  'wrong address': 5,
  health: 5,
} as const;

/** Milliseconds in which a good clip's job must have ended, also where others keep the machine busy: jobs give way to them. */
const PATIENCE = 20 * 60_000;
/** Milliseconds between two looks. */
const LOOK = 5000;
/** What the last sixth may have more than the second (the first warms up): a share of it and so many. */
const MAY_GROW = {
  mebibytes: { share: 0.1, more: 40 },
  files: { share: 0, more: 8 },
  threads: { share: 0, more: 4 },
  leftovers: { share: 0, more: 6 },
} as const;
type Look = Readonly<Record<keyof typeof MAY_GROW, number>>;

const folder = await mkdtemp(join(tmpdir(), 'phiz-soak-'));
const data = join(folder, 'data');
const temporary = join(folder, 'tmp');
await mkdir(temporary);
const photo = await readFile('samples/faces.png');
const clip = await readFile('samples/expressions.mp4');

const service = spawn(
  process.execPath,
  ['dist/cli/main.js', 'serve', '--port', '0', '--data-dir', data, '--keep', '1', '--threads', '1', '--log-level', 'error'],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: temporary } },
);
const exit = new Promise<number | null>((resolve) => service.once('exit', resolve));
const url = await addressOf(service);
const counts: Record<string, number> = {};
const wrong: string[] = [];
const looks: Look[] = [];
const end = Date.now() + MINUTES * 60_000;

await Promise.all([
  ...Array.from({ length: CLIENTS }, (_, i) => client(random(Number(values.seed), i))),
  (async () => {
    while (Date.now() < end) {
      await pause(LOOK);
      looks.push(await look(service.pid!));
    }
  })(),
]);
service.kill('SIGTERM');
const code = await exit;
const left = await readdir(temporary);
if (code !== 0) wrong.push(`the service ended with ${code}`);
if (left.length > 0) wrong.push(`it left ${left.length} temporary files: ${left.slice(0, 5).join(', ')}`);
const sixth = Math.floor(looks.length / 6);
const [early, late] = [looks.slice(sixth, 2 * sixth), looks.slice(-sixth)].map(medians) as [Look, Look];
for (const [what, { share, more }] of Object.entries(MAY_GROW) as [keyof Look, { share: number; more: number }][])
  if (sixth > 0 && late[what] > early[what] * (1 + share) + more) wrong.push(`${what} grew from ${early[what]} to ${late[what]}`);
const report = { minutes: MINUTES, looks: looks.length, requests: counts, early, late, wrong };
if (values.json) console.log(JSON.stringify(report));
else {
  console.log(
    `${MINUTES} minutes: ${Object.entries(counts)
      .map(([kind, n]) => `${n} ${kind}`)
      .join(', ')}`,
  );
  for (const what of Object.keys(MAY_GROW) as (keyof Look)[]) console.log(`${what}: ${early[what]} early, ${late[what]} late`);
  console.log(wrong.length === 0 ? 'nothing went wrong' : wrong.join('\n'));
}
await rm(folder, { recursive: true, force: true });
process.exitCode = wrong.length === 0 ? 0 : 1;

/** Sends one thing after the other, chosen at random, until time is up. */
async function client(chance: Random): Promise<void> {
  const acts: Readonly<Record<keyof typeof SHARES, (r: Random) => Promise<unknown>>> = {
    photo: goodPhoto,
    clip: goodClip,
    'damaged photo': (r) => refused('/v1/images', damaged(photo, r)),
    'damaged clip': (r) => refused('/v1/videos', damaged(clip, r)),
    noise: (r) => refused('/v1/images', noise(r)),
    'given up': givenUp,
    'wrong address': async () => expect(await fetch(`${url}/v1/nothing`), [404]),
    health: async () => expect(await fetch(`${url}/healthz`), [200]),
  };
  while (Date.now() < end) {
    const name = pick<keyof typeof SHARES>(chance, SHARES);
    try {
      await acts[name](chance);
    } catch (error) {
      wrong.push(`${name}: ${(error as Error).message}`);
    }
    counts[name] = (counts[name] ?? 0) + 1;
  }
}

async function goodPhoto(): Promise<void> {
  const answer = await post('/v1/images', photo);
  // Busy is an answer too.
  const body = (await expect(answer, [200, 429, 503])) as { faces?: unknown[] };
  if (answer.status === 200 && body.faces?.length !== 7) throw new Error(`${body.faces?.length} faces of 7`);
}

/** Waits for its job and fetches what came of it; half of them are deleted, the others are left to expire. */
async function goodClip(chance: Random): Promise<void> {
  const answer = await post('/v1/videos', clip);
  const job = (await expect(answer, [202, 429, 503])) as { id: string; state: string };
  if (answer.status !== 202) return;
  let state = job.state;
  const give = Date.now() + PATIENCE;
  while (Date.now() < give && (state === 'queued' || state === 'running')) {
    await pause(500);
    ({ state } = (await expect(await fetch(`${url}/v1/jobs/${job.id}`), [200])) as { state: string });
  }
  if (state !== 'done') throw new Error(`a good clip's job is ${state}`);
  if (chance.chance(0.5)) await expect(await fetch(`${url}/v1/jobs/${job.id}`, { method: 'DELETE' }), [200, 204]);
}

/** Damaged files may still be good enough: what must not be is a fault of the service. */
async function refused(path: string, body: Uint8Array): Promise<void> {
  const answer = await post(path, body);
  const job = (await expect(answer, [200, 202, 413, 415, 422, 429, 503])) as { id?: string };
  if (answer.status === 202) await expect(await fetch(`${url}/v1/jobs/${job.id}`, { method: 'DELETE' }), [200, 204]);
}

async function givenUp(chance: Random): Promise<void> {
  const stop = AbortSignal.timeout(1 + chance.integer(150));
  const path = chance.chance(0.7) ? '/v1/images' : '/v1/videos';
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: path === '/v1/images' ? photo : clip, signal: stop }).catch(
    () => undefined,
  );
  if (answer) await answer.arrayBuffer().catch(() => undefined);
}

function post(path: string, body: Uint8Array): Promise<Response> {
  return fetch(`${url}${path}`, { method: 'POST', body: body as Uint8Array<ArrayBuffer> });
}

/** The answer's body; an error where its status is another. */
async function expect(answer: Response, statuses: readonly number[]): Promise<unknown> {
  const text = await answer.text();
  if (!statuses.includes(answer.status)) throw new Error(`status ${answer.status}: ${text.slice(0, 200)}`);
  return text.startsWith('{') ? JSON.parse(text) : {};
}

function damaged(bytes: Uint8Array, chance: Random): Uint8Array {
  const copy = Uint8Array.from(bytes.subarray(0, chance.chance(0.5) ? chance.integer(bytes.length) : bytes.length));
  for (let i = 0; i < 20 && copy.length > 0; i++) copy[chance.integer(copy.length)] = chance.integer(256);
  return copy;
}

function noise(chance: Random): Uint8Array {
  return Uint8Array.from({ length: 1 + chance.integer(50_000) }, () => chance.integer(256));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function addressOf({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let out = '';
    stdout!.on('data', (text: Buffer) => {
      out += text.toString();
      const found = /listens on (http:\S+?)\/ /.exec(out)?.[1];
      if (found) resolve(found);
    });
  });
}

async function look(pid: number): Promise<Look> {
  return { ...(await heldBy(pid)), leftovers: (await readdir(temporary, { recursive: true })).length };
}

function medians(of: readonly Look[]): Look {
  const median = (name: keyof Look) => of.map((one) => one[name]).sort((a, b) => a - b)[of.length >> 1] ?? 0;
  return { mebibytes: median('mebibytes'), files: median('files'), threads: median('threads'), leftovers: median('leftovers') };
}
