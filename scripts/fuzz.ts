/**
 * `npm run fuzz -- --count 20000 --seed 1`: damages small whole files by a seed (fuzz-damage.ts) and has each read in a process with limits of 20 s
 * and 1 GB. Whatever is neither read nor refused by an error that names the file is a failure; its bytes go to `--keep`, made as small as may be.
 * The same seed damages the same files in the same way; `--from` begins further on, `--only mpg,wmv` takes files of some endings,
 * `--workers 2` reads two at a time.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { random } from '#dist/core/random.js';
import { ProcessPool } from '#dist/server/process-pool.js';
import { damage, shrink } from './fuzz-damage.js';
import { type Whole, wholeFiles } from './fuzz-files.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    workers: { type: 'string', default: '1' },
    keep: { type: 'string', default: 'build/fuzz' },
  },
});
const [count, from, seed, workers] = [values.count, values.from, values.seed, values.workers].map(Number) as [
  number,
  number,
  number,
  number,
];

const folder = await mkdtemp(join(tmpdir(), 'phiz-fuzz-'));
const { pool } = await ProcessPool.open<string, { reader: string; name: string }, null, string>({
  module: new URL('./fuzz-worker.js', import.meta.url),
  order: folder,
  size: workers,
  patience: 25,
  maxMemory: 1_000_000_000,
  log: pino({ level: 'silent' }),
});
const made = await mkdtemp(join(tmpdir(), 'phiz-fuzz-whole-'));
const only = values.only?.split(',');
const files = (await wholeFiles(made)).filter(({ ending }) => !only || only.includes(ending));
await rm(made, { recursive: true });
const told = new Map<string, number>();
let failures = 0;

/** What is wrong with how a file is read; undefined where nothing is. */
async function faultOf({ reader }: Whole, name: string, bytes: Buffer): Promise<string | undefined> {
  try {
    const outcome = await pool.call({ reader, name }, [bytes]);
    told.set(outcome, (told.get(outcome) ?? 0) + 1);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function tryOne(i: number): Promise<void> {
  const whole = files[i % files.length]!;
  const name = `fuzz-${seed}-${i}.${whole.ending}`;
  const damaged = damage(whole.bytes, random(seed, i));
  const fault = await faultOf(whole, name, damaged);
  if (fault === undefined) return;
  failures++;
  await mkdir(values.keep, { recursive: true });
  // Whole first: shrinking may take its time.
  await writeFile(join(values.keep, name), damaged);
  process.stdout.write(`${name} (${whole.reader}): ${fault}\n`);
  const before = new Map(told);
  const small = await shrink(damaged, whole.bytes, async (bytes) => (await faultOf(whole, name, bytes)) !== undefined);
  for (const [outcome, times] of before) told.set(outcome, times);
  await writeFile(join(values.keep, `small-${name}`), small);
}

let next = from;
await Promise.all(
  Array.from({ length: workers }, async () => {
    while (next < from + count) await tryOne(next++);
  }),
);
pool.dispose();
const left = await readdir(folder);
if (left.length > 0) process.stdout.write(`left behind: ${left.join(', ')}\n`);
await rm(folder, { recursive: true });
const counts = [...told].map(([outcome, times]) => `${outcome} ${times}`).join(', ');
process.stdout.write(`${count} damaged files: ${counts}; ${failures} failures\n`);
process.exitCode = failures > 0 || left.length > 0 ? 1 : 0;
