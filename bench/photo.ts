/**
 * Times the main job: detection, emotion and age of one face and of 17 faces in a 640-pixel frame (median over many runs after a
 * warm-up, pixels in, result out), and one photo from the shell with all that starting takes; then the same frames in two peers
 * on the WebAssembly backend, each in a process of its own. Run it on a quiet machine.
 *
 *     npm run bench -- [--runs 60] [--threads N] [--detector M] [--emotion-model M] [--age-model M] [--no-peers] [--json]
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { countOf, median, runNode } from './measure.js';
import { buildScenes, type Scene } from './scenes.js';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '60' },
    threads: { type: 'string' },
    detector: { type: 'string' },
    'emotion-model': { type: 'string' },
    'age-model': { type: 'string' },
    peers: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const RUNS = countOf('runs', flags.runs);
const PEERS = ['human', 'face-api'] as const;
/** A peer takes up to seconds a frame. */
const PEER_RUNS = 15;
const SHELL_RUNS = 7;

interface Timing {
  readonly subject: string;
  readonly scene: string;
  /** Faces shown, and found. */
  readonly shown: number;
  readonly found: number;
  /** Milliseconds. */
  readonly median: number;
}

const scenes = await buildScenes();
const own = await timePhiz(scenes);
const shell = await timeShell();
const peers = flags.peers ? await timePeers(scenes) : [];
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
};
if (flags.json) console.log(JSON.stringify({ machine, analysis: own, shell, peers }, undefined, 2));
else print();

/** Whole analyses in this process. */
async function timePhiz(scenes: readonly Scene[]): Promise<readonly Timing[]> {
  await using analyzer = await createAnalyzer({
    detector: flags.detector,
    emotion: flags['emotion-model'],
    age: flags['age-model'],
    threads: flags.threads === undefined ? undefined : Number(flags.threads),
  });
  const timings: Timing[] = [];
  for (const { name, faces, image } of scenes) {
    const times: number[] = [];
    let found = 0;
    for (let i = -10; i < RUNS; i++) {
      const start = performance.now();
      found = (await analyzer.analyze(image)).faces.length;
      if (i >= 0) times.push(performance.now() - start);
    }
    timings.push({ subject: 'phiz', scene: name, shown: faces, found, median: median(times) });
  }
  return timings;
}

/** `phiz analyze samples/faces.png` as a process: wall time, and in runs of their own the peak of its memory. */
async function timeShell(): Promise<{ readonly milliseconds: number; readonly peakMegabytes: number }> {
  const options = [
    ...(flags.detector ? ['--detector', flags.detector] : []),
    ...(flags['emotion-model'] ? ['--emotion-model', flags['emotion-model']] : []),
    ...(flags['age-model'] ? ['--age-model', flags['age-model']] : []),
  ];
  const command = ['dist/cli/main.js', 'analyze', 'samples/faces.png', ...options];
  const times: number[] = [];
  for (let i = -1; i < SHELL_RUNS; i++) {
    const start = performance.now();
    await runNode(command);
    if (i >= 0) times.push(performance.now() - start);
  }
  // The process itself says at its end how much memory it had at most (KiB).
  const tell =
    "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));";
  const peaks: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { extra } = await runNode(command, tell);
    peaks.push(Number(extra) / 1024);
  }
  return { milliseconds: median(times), peakMegabytes: Math.max(...peaks) };
}

/** The frames in the peers; installs them from their lock where they are not. */
async function timePeers(scenes: readonly Scene[]): Promise<readonly Timing[]> {
  if (!existsSync('bench/peers/node_modules')) await install();
  const folder = await mkdtemp(join(tmpdir(), 'phiz-bench-'));
  try {
    const timings: Timing[] = [];
    for (const [i, { name, faces, image }] of scenes.entries()) {
      const path = join(folder, `${i}.rgb`);
      await writeFile(path, image.data);
      for (const peer of PEERS) {
        const { out } = await runNode(['bench/peers/run.mjs', peer, path, image.width, image.height, PEER_RUNS].map(String));
        const answer = JSON.parse(out.trim().split('\n').at(-1)!) as {
          readonly version: string;
          readonly backend: string;
          readonly faces: number;
          readonly median: number;
        };
        if (answer.backend !== 'wasm') throw new Error(`${peer} ran on ${answer.backend}, not on wasm`);
        timings.push({
          subject: `@vladmandic/${peer} ${answer.version}`,
          scene: name,
          shown: faces,
          found: answer.faces,
          median: answer.median,
        });
      }
    }
    return timings;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function install(): Promise<void> {
  console.error('installing the peers: npm ci --prefix bench/peers');
  const npm = spawn('npm', ['ci', '--prefix', 'bench/peers', '--ignore-scripts'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve, reject) => npm.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error('the peers cannot be installed; --no-peers leaves them out');
}

function print(): void {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}\n`);
  console.log('| 640×480 frame | what | faces found | median, ms | times phiz |\n| --- | --- | --- | --- | --- |');
  for (const { name } of scenes) {
    const base = own.find(({ scene }) => scene === name)!;
    for (const { subject, shown, found, median: ms } of [base, ...peers.filter(({ scene }) => scene === name)])
      console.log(`| ${name} | ${subject} | ${found} of ${shown} | ${ms.toFixed(1)} | ${(ms / base.median).toFixed(1)} |`);
  }
  console.log('\n| one photo from the shell | |\n| --- | --- |');
  console.log(`| \`phiz analyze samples/faces.png\`, all in | ${shell.milliseconds.toFixed(0)} ms |`);
  console.log(`| its peak memory | ${shell.peakMegabytes.toFixed(0)} MiB |`);
}
