/**
 * Measures what a large study takes: drawn recordings of 30 seconds, `phiz study` over them in a process of its own, killed (SIGKILL)
 * when half of them are done and run again. Prints the highest resident memory of both runs. Ten recordings are drawn; the others are
 * copies of them that differ in the bytes of an empty box at their ends, so that each is analysed.
 *
 *     npx tsc -b && node build/scripts/study-memory.js --out FOLDER [--recordings 100] [--seconds 30] [--rate 12.5]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeStudyClips } from './study-clips.js';

/** Participants whose two recordings are drawn. */
const DRAWN = 5;

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: 'samples' },
    out: { type: 'string' },
    recordings: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '30' },
    rate: { type: 'string', default: '12.5' },
  },
});
const { out } = values;
if (out === undefined) throw new Error('--out needs a folder');
const recordings = Number(values.recordings);

await makeStudyClips({ ...values, out, participants: DRAWN, seconds: Number(values.seconds), rate: Number(values.rate) });
await multiply(out);

const first = await run(Math.floor(recordings / 2));
const second = await run(undefined);
console.log(JSON.stringify({ ...values, first, second }));

/** More participants, whose recordings are copies that end in an empty box of their own. */
async function multiply(folder: string): Promise<void> {
  const [head, ...rows] = (await readFile(join(folder, 'study.csv'), 'utf8')).trim().split('\n');
  const all = [head!];
  for (let i = 0; i < recordings; i++) {
    const [file, participant, ...rest] = rows[i % rows.length]!.split(',');
    const round = Math.floor(i / rows.length);
    const name = round === 0 ? file! : file!.replace('-', `x${round}-`);
    if (round > 0) await writeFile(join(folder, name), Buffer.concat([await readFile(join(folder, file!)), emptyBox(round)]));
    all.push([name, round === 0 ? participant : `${participant}x${round}`, ...rest].join(','));
  }
  await writeFile(join(folder, 'study.csv'), `${all.join('\n')}\n`);
}

/** A box that players skip (ISO/IEC 14496-12, 8.1.2), with a number in it. */
function emptyBox(number: number): Buffer {
  const box = Buffer.alloc(12);
  box.writeUInt32BE(12, 0);
  box.write('free', 4, 'latin1');
  box.writeUInt32BE(number, 8);
  return box;
}

/** Runs the study, to its end or until so many recordings are done. Memory in mebibytes. */
async function run(killAfter: number | undefined) {
  const began = performance.now();
  const command = [join(import.meta.dirname, '../../dist/cli/main.js'), 'study', join(out!, 'study.csv'), '--quiet'];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (text: Buffer) => (told += text.toString()));
  let peak = 0;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0));
    if (killAfter !== undefined && (await done()) >= killAfter) child.kill('SIGKILL');
  }, 100);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(timer);
  const reused = /(\d+) of \d+ recordings were analysed before/.exec(told)?.[1];
  return {
    code,
    seconds: Math.round((performance.now() - began) / 1000),
    mebibytes: Math.round(peak / 1024),
    done: await done(),
    reused: Number(reused ?? 0),
  };
}

async function done(): Promise<number> {
  const names = await readdir(join(out!, 'study/recordings')).catch(() => []);
  return names.filter((name) => name.endsWith('.made-from.json')).length;
}
