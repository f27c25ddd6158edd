/**
 * Measures how a data set's images relate to the boxes that a detector finds in them: the margin and shift that make
 * squareCrop(box) show what the data set shows. What comes out goes into the recipe's `crop`, and so into the model card.
 * Training images only. Usage: node build/scripts/measure-crop.js DATA DETECTOR [count]
 */

import { CHAIN_SIDE, scaleTo } from '#dist/apps/evaluate/logits.js';
import { sideOf } from '#dist/core/geometry.js';
import { openFer2013 } from '#dist/node/data/fer2013.js';
import { recogniseData } from '#dist/node/data/recognise.js';
import { openUtkFace } from '#dist/node/data/utkface.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { openDetector } from '#dist/node/models/open-detector.js';

const [dir, detectorName, count = '1500'] = process.argv.slice(2);
if (!dir || !detectorName) throw new Error('usage: measure-crop DATA DETECTOR [count]');
const load = { dir, splits: ['train'] as const, limit: Number(count) };
const data = (await recogniseData(dir)) === 'fer2013' ? await openFer2013(load) : await openUtkFace(load);
const detector = await openDetector(detectorName, await createNodeEngine({ threads: 1 }));
const margins: number[] = [];
const shifts: number[] = [];
const sideways: number[] = [];
for (const { image } of data.train!.samples) {
  const large = scaleTo(image, CHAIN_SIDE);
  const [face] = (await detector.detect(large)).toSorted((a, b) => b.score - a.score);
  if (!face) continue;
  const { x, y, width, height } = face.box;
  const side = sideOf(face.box);
  margins.push(Math.min(large.width, large.height) / side);
  shifts.push((large.height / 2 - (y + height / 2)) / side);
  sideways.push((large.width / 2 - (x + width / 2)) / side);
}
const quantiles = (list: number[]) => {
  list.sort((a, b) => a - b);
  return [0.05, 0.25, 0.5, 0.75, 0.95].map((q) => list[Math.floor(q * (list.length - 1))]!.toFixed(3)).join('  ');
};
console.log(`${data.name}: face found in ${margins.length} of ${data.train!.samples.length}; quantiles 5 25 50 75 95 %`);
console.log(`margin    ${quantiles(margins)}\nshift     ${quantiles(shifts)}\nsideways  ${quantiles(sideways)}`);
