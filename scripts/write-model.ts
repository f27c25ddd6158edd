/** Writes a network made of the weights of a trained one, with its card: what other scripts make of a run's weights, beside `phiz train`. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ModelCard } from '#dist/core/card.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { networkNamed } from '#dist/train/networks/index.js';
import { inferenceGraph } from '#dist/train/program.js';
import type { Weights } from '#dist/train/scope.js';

/** `out` ends in `.onnx`; beside it goes the card, of another network with the same layers and without what was measured of that. */
export async function writeModel(out: string, card: ModelCard, weights: Weights): Promise<void> {
  const network = networkNamed(card.name);
  const model = encodeModel(inferenceGraph(network, { classes: card.labels.length, weights }).graph);
  const file = { file: basename(out), sha256: createHash('sha256').update(model).digest('hex'), bytes: model.length };
  await writeAtomic(out, model);
  await writeAtomic(
    out.replace(/\.onnx$/, '.json'),
    `${JSON.stringify({ ...card, ...file, metrics: [], stress: undefined }, null, 2)}\n`,
  );
}
