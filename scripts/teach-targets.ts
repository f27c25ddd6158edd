/**
 * Asks networks for what they see in a data set's training images and writes their mean answer, calibrated as their cards say, as the
 * `targets.json` that `phiz train --distil` mixes into the targets (src/node/data/soft-targets.ts). Images are seen as training validates
 * them: whole, or of faces cut beforehand the part that about.json names.
 *
 *     node build/scripts/teach-targets.js DATA MODEL [MODEL …]
 */
import { join } from 'node:path';
import { createClassifier } from '#dist/classify/classifier.js';
import { softmax } from '#dist/classify/softmax.js';
import { boxToAffine } from '#dist/core/resample.js';
import { readAbout } from '#dist/node/data/about.js';
import { openClassFolders } from '#dist/node/data/class-folders.js';
import { openFer2013 } from '#dist/node/data/fer2013.js';
import { recogniseData } from '#dist/node/data/recognise.js';
import { SOFT_TARGETS_NAME, type SoftTargetsFile } from '#dist/node/data/soft-targets.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { loadModel } from '#dist/node/models/models.js';
import { viewBox } from '#dist/train/augment.js';

/** Images asked about at once. */
const CHUNK = 256;

const [dir, ...names] = process.argv.slice(2);
if (!dir || names.length === 0) throw new Error('usage: teach-targets DATA MODEL [MODEL …]');
const engine = await createNodeEngine({ threads: 2 });
const { cut } = await readAbout(dir);
const fer = (await recogniseData(dir)) === 'fer2013';
const { labels, train } = await (fer ? openFer2013 : openClassFolders)({ dir, splits: ['train'] });
if (!train) throw new Error(`${dir} has no training images`);
const sums = train.samples.map(() => new Float64Array(labels.length));
for (const name of names) {
  const classifier = await createClassifier({ engine, model: await loadModel(name) });
  const { labels: own, input, temperature = 1 } = classifier.card;
  const order = labels.map((label) => own.indexOf(label));
  if (order.includes(-1)) throw new Error(`${name} does not know all of ${labels.join(', ')}`);
  for (let start = 0; start < sums.length; start += CHUNK) {
    const crops = train.samples.slice(start, start + CHUNK).map(({ image }) => ({
      image,
      map: boxToAffine(viewBox(image, { cover: cut?.cover ?? 1 }), input.width!, input.height!),
    }));
    for (const [i, logits] of (await classifier.logits(crops)).entries()) {
      const said = softmax(logits, temperature);
      for (const [k, from] of order.entries()) sums[start + i]![k]! += said[from]! / names.length;
    }
  }
  await classifier.dispose();
}
const targets: SoftTargetsFile['targets'] = {};
for (const [i, { meta }] of train.samples.entries())
  if (meta.path !== undefined) targets[meta.path] = [...sums[i]!].map((value) => Math.round(value * 1e4) / 1e4);
const file: SoftTargetsFile = { by: names, labels: [...labels], targets };
await writeAtomic(join(dir, SOFT_TARGETS_NAME), JSON.stringify(file));
const right = train.samples.filter(({ label }, i) => sums[i]!.indexOf(Math.max(...sums[i]!)) === label).length;
console.log(`${sums.length} images; the most probable class is the label of ${((right / sums.length) * 100).toFixed(1)} %`);
