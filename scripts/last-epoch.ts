/**
 * Writes the network of a run's last epoch, where `phiz train` keeps the best: to begin another run with (`--from`), when the best came
 * before a schedule's high rates and the last after them.
 *
 *     node build/scripts/last-epoch.js RUN OUT.onnx
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { loadCheckpoint } from '#dist/node/train/checkpoint.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { networkNamed } from '#dist/train/networks/index.js';
import { inferenceGraph } from '#dist/train/program.js';

const [run, out] = process.argv.slice(2);
if (!run || !out?.endsWith('.onnx')) throw new Error('usage: last-epoch RUN OUT.onnx');
const { epoch, config, average, parameters } = await loadCheckpoint(join(run, 'checkpoint.bin'));
const network = networkNamed(String(config.network));
const card = JSON.parse(await readFile(join(run, `${network.name}.json`), 'utf8'));
const weights = average ?? Object.fromEntries(Object.entries(parameters).map(([name, { data }]) => [name, data as Float32Array]));
const model = encodeModel(inferenceGraph(network, { classes: card.labels.length, weights }).graph);
// What was measured is the best epoch's, not this one's.
const own = {
  ...card,
  file: basename(out),
  sha256: createHash('sha256').update(model).digest('hex'),
  bytes: model.length,
  metrics: [],
};
const training = { ...card.training, bestEpoch: epoch };
await writeAtomic(out, model);
await writeAtomic(out.replace(/\.onnx$/, '.json'), `${JSON.stringify({ ...own, training }, null, 2)}\n`);
