/**
 * Writes the network of a run's last epoch, where `phiz train` keeps the best: to begin another run with (`--from`), when the best came
 * before a schedule's high rates and the last after them.
 *
 *     node build/scripts/last-epoch.js RUN OUT.onnx
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCheckpoint } from '#dist/node/train/checkpoint.js';
import { writeModel } from './write-model.js';

const [run, out] = process.argv.slice(2);
if (!run || !out?.endsWith('.onnx')) throw new Error('usage: last-epoch RUN OUT.onnx');
const { epoch, config, average, parameters } = await loadCheckpoint(join(run, 'checkpoint.bin'));
const card = JSON.parse(await readFile(join(run, `${String(config.network)}.json`), 'utf8'));
const weights = average ?? Object.fromEntries(Object.entries(parameters).map(([name, { data }]) => [name, data as Float32Array]));
await writeModel(out, { ...card, training: { ...card.training, bestEpoch: epoch } }, weights);
