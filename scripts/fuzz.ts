/**
 * `npm run fuzz -- --count 20000 --seed 1`: damages small whole files by a seed (cut off, bits turned, numbers made huge, pieces lost, doubled or
 * emptied) and has each read in a process with limits of 20 s and 1 GB. Whatever is neither read nor refused by an error that names the
 * file is a failure; its bytes go to `--keep`. The same seed damages the same files in the same way.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { type Random, random } from '#dist/core/random.js';
import { ProcessPool } from '#dist/server/process-pool.js';
import { wholeFiles } from './fuzz-files.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string', default: 'build/fuzz' },
  },
});
const count = Number(values.count);
const from = Number(values.from);
const seed = Number(values.seed);

/** A damaged copy. */
function damage(whole: Buffer, chance: Random): Buffer {
  const copy = Buffer.from(whole);
  // Headers and tables are where damage does most: half of it goes to the first or the last kilobyte.
  const place = (room: number): number => {
    const near = Math.min(1024, copy.length - room);
    const [from, to] = [
      [0, copy.length - room],
      [0, near],
      [copy.length - room - near, copy.length - room],
    ][Math.floor(chance.uniform(0, 4)) % 3]!;
    return Math.floor(chance.uniform(from!, to!));
  };
  switch (Math.floor(chance.uniform(0, 5))) {
    case 0:
      return copy.subarray(0, Math.floor(chance.uniform(0, copy.length)));
    case 1:
      for (let i = Math.floor(chance.uniform(1, 17)); i > 0; i--) {
        const at = place(1);
        copy[at] = copy[at]! ^ (1 << Math.floor(chance.uniform(0, 8)));
      }
      return copy;
    case 2: {
      const value = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, copy.length][Math.floor(chance.uniform(0, 6))]!;
      if (chance.uniform(0, 1) < 0.5) copy.writeUInt32BE(value, place(4));
      else copy.writeUInt32LE(value, place(4));
      return copy;
    }
    case 3: {
      const at = place(8);
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + Math.floor(chance.uniform(1, 64)))]);
    }
    default: {
      const at = place(64);
      if (chance.uniform(0, 1) < 0.5) return copy.fill(0, at, at + 64);
      return Buffer.concat([copy.subarray(0, at + 64), copy.subarray(at)]);
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'phiz-fuzz-'));
const { pool } = await ProcessPool.open<string, { reader: string; name: string }, null, string>({
  module: new URL('./fuzz-worker.js', import.meta.url),
  order: folder,
  size: 1,
  patience: 25,
  maxMemory: 1_000_000_000,
  log: pino({ level: 'silent' }),
});
const made = await mkdtemp(join(tmpdir(), 'phiz-fuzz-whole-'));
const files = await wholeFiles(made);
await rm(made, { recursive: true });
const told = new Map<string, number>();
let failures = 0;
for (let i = from; i < from + count; i++) {
  const { reader, ending, bytes } = files[i % files.length]!;
  const name = `fuzz-${seed}-${i}.${ending}`;
  const damaged = damage(bytes, random(seed, i));
  try {
    const outcome = await pool.call({ reader, name }, [damaged]);
    told.set(outcome, (told.get(outcome) ?? 0) + 1);
  } catch (error) {
    failures++;
    await mkdir(values.keep, { recursive: true });
    await writeFile(join(values.keep, name), damaged);
    process.stdout.write(`${name} (${reader}): ${(error as Error).message}\n`);
  }
}
pool.dispose();
const left = await readdir(folder);
if (left.length > 0) process.stdout.write(`left behind: ${left.join(', ')}\n`);
await rm(folder, { recursive: true });
const counts = [...told].map(([outcome, times]) => `${outcome} ${times}`).join(', ');
process.stdout.write(`${count} damaged files: ${counts}; ${failures} failures\n`);
process.exitCode = failures > 0 || left.length > 0 ? 1 : 0;
