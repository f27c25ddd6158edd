/**
 * Times training steps of the report's `big` network (batch 64 unless told otherwise): milliseconds per step, images per second, the
 * share of a step outside ONNX Runtime, and peak memory. Run it on a quiet machine; medians over the steps after a warm-up.
 * Usage: npm run bench:train -- [--network big] [--batch 64] [--steps 12] [--threads 2] [--json]
 */
import { parseArgs } from 'node:util';
import { random } from '#dist/core/random.js';
import { createShards } from '#dist/node/train/shards.js';
import { multiplyAdds } from '#dist/onnx/cost.js';
import { networkNamed } from '#dist/train/networks/index.js';
import { inferenceGraph, trainingProgram } from '#dist/train/program.js';
import { recipeFor } from '#dist/train/recipes.js';
import { Trainer } from '#dist/train/trainer.js';
import { median } from './measure.js';

const { values: flags } = parseArgs({
  options: {
    network: { type: 'string', default: 'big' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '12' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const [batchSize, steps, threads] = [flags.batch, flags.steps, flags.threads].map(Number) as [number, number, number];
const network = networkNamed(flags.network);
if (network.task === 'detector') throw new Error('this benchmark feeds classifiers: --network emotion, age, small or big');
const classes = network.task === 'age' ? 116 : 7;
const recipe = recipeFor(network.name);
const parts = recipe.parallel === 'samples' ? threads : 1;
const program = trainingProgram(network, { batch: batchSize / parts, classes, crossEntropy: recipe.loss });
const source = await createShards(program, { parts, threads: recipe.parallel === 'samples' ? 1 : threads });
const trainer = new Trainer({
  program,
  source,
  optimiser: recipe.optimiser,
  seed: 1,
  clip: recipe.clip,
  average: recipe.average,
});

const { channels, size } = network.input;
const stream = random(2);
const inputs = Float32Array.from({ length: batchSize * channels * size * size }, () => stream.uniform(0, 255));
const targets = new Float32Array(batchSize * classes);
for (let row = 0; row < batchSize; row++) targets[row * classes + stream.integer(classes)] = 1;
const batch = {
  size: batchSize,
  feeds: {
    input: { dims: [batchSize, channels, size, size], data: inputs },
    target: { dims: [batchSize, classes], data: targets },
  },
};

const whole: number[] = [];
const inside: number[] = [];
for (let step = 0; step < steps + 3; step++) {
  const start = performance.now();
  await trainer.step(batch, 1e-4);
  if (step < 3) continue;
  whole.push(performance.now() - start);
  inside.push(source.inside);
}
await source.close();

const step = median(whole);
// Forward, and twice as much for the gradients of inputs and weights; a multiply-add is two operations.
const operations = multiplyAdds(inferenceGraph(network, { classes }).graph) * batchSize * 3 * 2;
const report = {
  network: network.name,
  batch: batchSize,
  threads,
  stepMilliseconds: Math.round(step),
  fastestMilliseconds: Math.round(Math.min(...whole)),
  imagesPerSecond: Math.round((batchSize / step) * 1000),
  gigaOperationsPerSecond: Math.round(operations / step / 1e6),
  shareOutsideRuntime: Number((1 - median(inside.map((ms, i) => ms / whole[i]!))).toFixed(3)),
  peakMemoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
};
if (flags.json) console.log(JSON.stringify(report));
else {
  console.log(`| ${Object.keys(report).join(' | ')} |\n|${' --- |'.repeat(Object.keys(report).length)}`);
  console.log(`| ${Object.values(report).join(' | ')} |`);
}
