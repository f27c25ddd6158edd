/**
 * Writes the network whose weights are the mean of several networks', which one must have begun from another's: on one's way from one
 * to another the error is mostly low, and the mean is often steadier than either (Wortsman et al. 2022, arXiv:2203.05482).
 *
 *     node build/scripts/mean-weights.js OUT.onnx MODEL.onnx MODEL.onnx …
 *
 * The card is the first model's, its command too, without what was measured of it.
 */
import { loadModel } from '#dist/node/models/models.js';
import { readWeights } from '#dist/onnx/decode.js';
import { writeModel } from './write-model.js';

const [out, ...paths] = process.argv.slice(2);
if (!out?.endsWith('.onnx') || paths.length < 2) throw new Error('usage: mean-weights OUT.onnx MODEL.onnx MODEL.onnx …');
const models = await Promise.all(paths.map(async (path) => ({ path, ...(await loadModel(path)) })));
const all = models.map(({ path, bytes }) => ({ path, weights: readWeights(bytes, path) }));
const weights: Record<string, Float32Array> = {};
for (const [name, { data }] of Object.entries(all[0]!.weights)) {
  const sum = new Float64Array(data.length);
  for (const { path, weights: each } of all) {
    const part = each[name]?.data;
    if (part?.length !== sum.length)
      throw new Error(`${path} has no weights '${name}' of ${sum.length} numbers, as ${paths[0]} has`);
    for (let i = 0; i < sum.length; i++) sum[i]! += part[i]! / all.length;
  }
  weights[name] = Float32Array.from(sum);
}
const { card } = models[0]!;
const provenance = `the mean of ${models.length} networks’ weights (docs/training.md); the first: ${card.provenance}`;
await writeModel(out, { ...card, provenance }, weights);
