/**
 * Times `phiz analyze` on a clip from the shell, start and report included: every frame of 640×480 H.264 with one and with four faces,
 * without and with the annotated clip; then its memory over a long clip. Run it on a quiet machine.
 *
 *     npm run bench:video -- [--frames 1500] [--runs 3] [--long 10000] [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildClip } from './clips.js';
import { countOf, median, type Ran, runNode } from './measure.js';

const { values: flags } = parseArgs({
  options: {
    frames: { type: 'string', default: '1500' },
    runs: { type: 'string', default: '3' },
    long: { type: 'string', default: '10000' },
    json: { type: 'boolean', default: false },
  },
});
const [FRAMES, RUNS, LONG] = (['frames', 'runs', 'long'] as const).map((name) => countOf(name, flags[name])) as [
  number,
  number,
  number,
];

interface Speed {
  readonly faces: number;
  /** Faces found a frame, on average. */
  readonly found: number;
  readonly annotated: boolean;
  /** Frames a second of each run, in order. */
  readonly rates: readonly number[];
}

interface Memory {
  readonly frames: number;
  /** Resident MiB: median over the first and last thousand frames, and most of all. */
  readonly first: number;
  readonly last: number;
  readonly peak: number;
}

const folder = await mkdtemp(join(tmpdir(), 'phiz-bench-'));
try {
  const speeds: Speed[] = [];
  for (const faces of [1, 4]) {
    const clip = join(folder, `${faces}.mp4`);
    await buildClip(clip, faces, FRAMES);
    for (const annotated of [false, true]) speeds.push(await timeClip(clip, faces, annotated));
  }
  const clip = join(folder, 'long.mp4');
  await buildClip(clip, 1, LONG);
  const memory = await watchMemory(clip);
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version, date: new Date().toISOString() };
  if (flags.json) console.log(JSON.stringify({ machine, frames: FRAMES, speeds, memory }, undefined, 2));
  else print(speeds, memory, machine);
} finally {
  await rm(folder, { recursive: true });
}

async function timeClip(clip: string, faces: number, annotated: boolean): Promise<Speed> {
  const rates: number[] = [];
  let found = 0;
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now();
    const { out } = await run(['analyze', clip, '--out', join(folder, 'out'), ...(annotated ? [] : ['--no-annotated'])]);
    rates.push((FRAMES * 1000) / (performance.now() - start));
    const { clip: facts, overall } = JSON.parse(out) as {
      readonly clip: { readonly analysedFrames: number };
      readonly overall: { readonly frames: number };
    };
    if (facts.analysedFrames !== FRAMES) throw new Error(`${facts.analysedFrames} of ${FRAMES} frames were analysed`);
    found = overall.frames / FRAMES;
  }
  return { faces, found, annotated, rates };
}

/** The process tells its memory as it goes on: resident MiB five times per second. */
async function watchMemory(clip: string): Promise<Memory> {
  const tell =
    "import { writeSync } from 'node:fs'; const tell = () => writeSync(3, String(process.memoryUsage.rss() / 2 ** 20) + ' ');" +
    'setInterval(tell, 200).unref();';
  const { extra } = await run(['analyze', clip, '--out', join(folder, 'out')], tell);
  const told = extra.trim().split(' ').map(Number);
  // Frames go by evenly, so a share of the time is a share of the frames.
  const thousand = Math.max(Math.round((told.length * Math.min(1000, LONG)) / LONG), 1);
  return {
    frames: LONG,
    first: median(told.slice(0, thousand)),
    last: median(told.slice(-thousand)),
    peak: Math.max(...told),
  };
}

/** Runs phiz. */
function run(args: readonly string[], script?: string): Promise<Ran> {
  return runNode(['dist/cli/main.js', ...args, '-q'], script);
}

function print(speeds: readonly Speed[], memory: Memory, machine: Readonly<Record<string, unknown>>): void {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}\n`);
  console.log(`| ${FRAMES} frames, 640×480 | faces found per frame | annotated clip | frames/s, median | each run |`);
  console.log('| --- | --- | --- | --- | --- |');
  for (const { faces, found, annotated, rates } of speeds)
    console.log(
      `| ${faces === 1 ? 'one face' : `${faces} faces`} | ${found.toFixed(2)} | ${annotated ? 'yes' : 'no'} | ` +
        `${median(rates).toFixed(1)} | ${rates.map((rate) => rate.toFixed(1)).join(', ')} |`,
    );
  console.log(`\n| memory over ${memory.frames} frames, annotated clip included | MiB |\n| --- | --- |`);
  console.log(`| first thousand frames, median | ${memory.first.toFixed(0)} |`);
  console.log(`| last thousand frames, median | ${memory.last.toFixed(0)} |`);
  console.log(`| most | ${memory.peak.toFixed(0)} |`);
}
