/**
 * Times `phiz serve` with photos of one face: requests per second and latencies with a few clients that wait for their answers; then
 * requests at twice that rate, whoever waits, of which each must be answered, with 200 or with 429; then how soon /healthz answers while
 * photos of 3840×2160 pixels with 200 faces are analysed; then its memory over many requests. Clients and service share the machine. Run it on a quiet one.
 *
 *     npm run bench:serve -- [--requests 1000] [--clients 4] [--long 10000] [--json]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeImage } from '#dist/node/images/encode.js';
import { countOf, median } from './measure.js';
import { buildCrowd, buildScenes } from './scenes.js';

const { values: flags } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000' },
    clients: { type: 'string', default: '4' },
    long: { type: 'string', default: '10000' },
    json: { type: 'boolean', default: false },
  },
});
const [REQUESTS, CLIENTS, LONG] = (['requests', 'clients', 'long'] as const).map((name) => countOf(name, flags[name])) as [
  number,
  number,
  number,
];
/** Requests between two looks at the memory. */
const LOOK = 250;
/** Photos of a crowd that each of two clients sends while /healthz is asked. */
const CROWDS = 10;

interface Answer {
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  readonly milliseconds: number;
}

interface Load {
  readonly requests: number;
  readonly served: number;
  /** Answered 429. */
  readonly refused: number;
  /** Neither: must be none. */
  readonly lost: number;
  /** Requests a second that were served. */
  readonly rate: number;
  /** Milliseconds of those served. */
  readonly median: number;
  readonly p99: number;
}

interface Memory {
  readonly requests: number;
  /** Resident MiB: median over the first and the last tenth, and most of all. */
  readonly first: number;
  readonly last: number;
  readonly peak: number;
}

const folder = await mkdtemp(join(tmpdir(), 'phiz-bench-'));
let service: ChildProcess | undefined;
try {
  const [scene] = await buildScenes();
  const photo = await encodeImage(scene!.image, 'jpeg');
  const started = await start();
  service = started.child;
  const agent = new Agent({ keepAlive: true });
  const ask = () => post(started.url, photo, agent);
  for (let i = 0; i < 50; i++) await ask();

  const waiting = await closedLoop(ask, REQUESTS);
  const twice = await openLoop(ask, REQUESTS, 2 * waiting.rate);
  const health = await watchHealth(started.url, agent);
  const memory = await watchMemory(ask, started.url);
  agent.destroy();
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version, date: new Date().toISOString() };
  if (flags.json) console.log(JSON.stringify({ machine, clients: CLIENTS, waiting, twice, health, memory }, undefined, 2));
  else print(waiting, twice, health, memory, machine);
  if (waiting.lost + twice.lost + health.lost > 0) process.exitCode = 1;
} finally {
  service?.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}

/** `phiz serve` as users start it, on a free port. */
function start(): Promise<{ child: ChildProcess; url: string }> {
  const args = ['dist/cli/main.js', 'serve', '--port', '0', '--data-dir', join(folder, 'data'), '--log-level', 'error'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
      const url = /listens on (http:\S+?)\/ /.exec(out)?.[1];
      if (url) resolve({ child, url });
    });
    child.once('exit', (code) => reject(new Error(`phiz serve ended with code ${code}`)));
  });
}

function post(url: string, body: Uint8Array, agent: Agent): Promise<Answer> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const end = (status: number): void => resolve({ status, milliseconds: performance.now() - begun });
    const headers = { 'Content-Type': 'image/jpeg', 'Content-Length': body.length };
    const request = httpRequest(`${url}/v1/images`, { method: 'POST', headers, agent }, (response) => {
      response.resume();
      response.on('end', () => end(response.statusCode ?? 0));
      response.on('error', () => end(0));
    });
    request.on('error', () => end(0));
    request.end(body);
  });
}

/** A few clients, each of which waits for its answer. */
async function closedLoop(ask: () => Promise<Answer>, count: number): Promise<Load> {
  const answers: Answer[] = [];
  const begun = performance.now();
  let left = count;
  const client = async (): Promise<void> => {
    while (left-- > 0) answers.push(await ask());
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return loadOf(answers, performance.now() - begun);
}

/** Requests at a rate, whatever the answers do. */
async function openLoop(ask: () => Promise<Answer>, count: number, rate: number): Promise<Load> {
  const answers: Promise<Answer>[] = [];
  const begun = performance.now();
  while (answers.length < count) {
    const due = Math.min(Math.floor(((performance.now() - begun) / 1000) * rate) + 1, count);
    while (answers.length < due) answers.push(ask());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const all = await Promise.all(answers);
  return loadOf(all, performance.now() - begun);
}

function loadOf(answers: readonly Answer[], milliseconds: number): Load {
  const times = answers
    .filter(({ status }) => status === 200)
    .map((answer) => answer.milliseconds)
    .sort((a, b) => a - b);
  const refused = answers.filter(({ status }) => status === 429).length;
  const at = (share: number): number => times[Math.min(Math.floor(share * times.length), times.length - 1)] ?? Number.NaN;
  return {
    requests: answers.length,
    served: times.length,
    refused,
    lost: answers.length - times.length - refused,
    rate: (1000 * times.length) / milliseconds,
    median: at(0.5),
    p99: at(0.99),
  };
}

/** /healthz, asked every 10 ms, while two clients send photos of crowds. */
async function watchHealth(url: string, agent: Agent): Promise<Load> {
  const crowd = await buildCrowd();
  let busy = true;
  const client = async (): Promise<void> => {
    for (let i = 0; i < CROWDS; i++) {
      const { status } = await post(url, crowd, agent);
      if (status !== 200) throw new Error(`a photo of a crowd was answered with ${status}`);
    }
  };
  const work = Promise.all([client(), client()]).finally(() => {
    busy = false;
  });
  const answers: Answer[] = [];
  const begun = performance.now();
  while (busy) {
    const asked = performance.now();
    const response = await fetch(`${url}/healthz`).catch(() => undefined);
    await response?.text();
    const status = response?.status ?? 0;
    answers.push({ status, milliseconds: performance.now() - asked });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await work;
  return loadOf(answers, performance.now() - begun);
}

/** Memory of the service, as it says itself, over many requests. */
async function watchMemory(ask: () => Promise<Answer>, url: string): Promise<Memory> {
  const looks: number[] = [];
  for (let done = 0; done < LONG; done += LOOK) {
    await closedLoop(ask, Math.min(LOOK, LONG - done));
    const text = await (await fetch(`${url}/metrics`)).text();
    looks.push(Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20);
  }
  const tenth = Math.max(Math.floor(looks.length / 10), 1);
  return {
    requests: LONG,
    first: median(looks.slice(0, tenth)),
    last: median(looks.slice(-tenth)),
    peak: Math.max(...looks),
  };
}

function print(waiting: Load, twice: Load, health: Load, memory: Memory, machine: object): void {
  const row = (name: string, { requests, served, refused, lost, rate, median, p99 }: Load): string =>
    `| ${[name, requests, served, refused, lost, rate.toFixed(1), median.toFixed(0), p99.toFixed(0)].join(' | ')} |`;
  console.log(JSON.stringify(machine));
  console.log(
    '\n| | requests | 200 | 429 | lost | served/s | median, ms | p99, ms |\n| --- | --- | --- | --- | --- | --- | --- | --- |',
  );
  console.log(row(`${CLIENTS} clients`, waiting));
  console.log(row('twice that rate', twice));
  console.log(row('/healthz, photos of crowds', health));
  const [first, last, peak] = [memory.first, memory.last, memory.peak].map((value) => value.toFixed(0));
  console.log(`\nmemory over ${memory.requests} requests: ${first} MiB at first, ${last} MiB at last, ${peak} MiB at most`);
}
