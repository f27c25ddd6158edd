/**
 * Times a folder of many photos from the shell, all in: on one core, on all, and on all with annotated images written; and a plain loop
 * over the same photos in `human` on the WebAssembly backend, without its loading. The photos given are repeated until there are
 * enough. Configurations take turns, so that what else the machine does meets all of them alike. Run it on a quiet machine.
 *
 *     npm run bench:photos -- FOLDER [--photos 500] [--rounds 3] [--no-peers] [--json]
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { isImageName } from '#dist/node/files/read-files.js';
import { countOf, median, runNode } from './measure.js';

const { values: flags, positionals } = parseArgs({
  options: {
    photos: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
  allowNegative: true,
});
const [given] = positionals;
if (given === undefined) throw new Error('give a folder of photos');
const PHOTOS = countOf('photos', flags.photos);
const ROUNDS = countOf('rounds', flags.rounds);
if (flags.peers && !existsSync('bench/peers/node_modules'))
  throw new Error('npm ci --prefix bench/peers --ignore-scripts installs the peers; --no-peers leaves them out');

/** Decoding and networks overlap even with one thread each, so the program is kept to one core. */
const ONE_CORE = ['taskset', '-c', '0'];

const folder = await mkdtemp(join(tmpdir(), 'phiz-bench-'));
const photos = join(folder, 'photos');
const rates: Record<string, number[]> = {};
try {
  await mkdir(photos);
  const names = (await readdir(given)).filter(isImageName).sort();
  for (let i = 0; i < PHOTOS; i++) {
    const name = names[i % names.length]!;
    await copyFile(join(given, name), join(photos, `${String(i).padStart(5, '0')}${extname(name)}`));
  }
  for (let round = 0; round < ROUNDS; round++) {
    await time('one core', ['--threads', '1'], ONE_CORE);
    await time('all cores', []);
    await time('all cores, images written', ['--out', join(folder, `out${round}`)]);
    if (flags.peers) {
      const { out } = await runNode(['bench/peers/run.mjs', 'human', photos]);
      const { took, backend } = JSON.parse(out.trim().split('\n').at(-1)!) as { took: number; backend: string };
      if (backend !== 'wasm') throw new Error(`human ran on ${backend}, not on wasm`);
      note('human, a plain loop', took);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}

async function time(name: string, options: readonly string[], before: readonly string[] = []): Promise<void> {
  const start = performance.now();
  await runNode(['dist/cli/main.js', 'analyze', photos, '--quiet', ...options], undefined, before);
  note(name, performance.now() - start);
}

/** Photos a second. */
function note(name: string, milliseconds: number): void {
  rates[name] ??= [];
  rates[name].push((PHOTOS / milliseconds) * 1000);
}

const base = median(rates['one core']!);
const rows = Object.entries(rates).map(([name, all]) => ({ name, rate: median(all), times: median(all) / base, all }));
if (flags.json) console.log(JSON.stringify({ cpu: cpus()[0]?.model, cores: availableParallelism(), photos: PHOTOS, rows }));
else {
  console.log(
    `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, ${PHOTOS} photos, ${ROUNDS} rounds\n`,
  );
  console.log('| | photos/s, median | times one core | each round |\n| --- | --- | --- | --- |');
  for (const { name, rate, times, all } of rows)
    console.log(`| ${name} | ${rate.toFixed(1)} | ${times.toFixed(2)} | ${all.map((each) => each.toFixed(1)).join(', ')} |`);
}
