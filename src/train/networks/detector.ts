/**
 * The face detector that phiz ships: anchor-free, three scales, boxes and five landmarks. A small dense backbone, a top-down
 * pyramid and one head shared by the levels; YuNet (Wu et al. 2023, doi:10.1007/s11633-023-1423-y) is the model it learnt from.
 * Its output `prediction` [N, P, 16] is read by src/detect/anchor-free.ts.
 */
import { conv } from '../layers/conv.js';
import { add, type Layer, sequence } from '../layers/layer.js';
import { upsample } from '../layers/pool.js';
import { concatRows, rows } from '../layers/rows.js';
import { convBlock, type Network, residualBlock } from './network.js';

/** Numbers a point: score, overlap, box (4), landmarks (10). */
const COLUMNS = 16;
const WIDTH = 32;

const stem = sequence(convBlock(16, { stride: 2 }), convBlock(24, { stride: 2 }));
const backbone: readonly Layer[] = [
  sequence(convBlock(32, { stride: 2 }), residualBlock(32)),
  sequence(convBlock(40, { stride: 2 }), residualBlock(40)),
  sequence(convBlock(40, { stride: 2 }), residualBlock(40)),
];

// A face is rare: the score's logit starts at −4, so that the first steps are not spent on saying no.
const start = Array.from({ length: COLUMNS }, (_, column) => (column === 0 ? -4 : 0));
const head = sequence(convBlock(WIDTH), conv(COLUMNS, { kernel: 1, bias: true, biasStart: start }), rows);

const layers: Layer = (scope, x) => {
  let value = stem(scope, x);
  const features = backbone.map((level) => {
    value = level(scope, value);
    return value;
  });
  const merged = features.map((feature) => convBlock(WIDTH, { kernel: 1 })(scope, feature));
  for (let i = merged.length - 2; i >= 0; i--) merged[i] = add(scope, merged[i]!, upsample(2)(scope, merged[i + 1]!));
  return concatRows(
    scope,
    merged.map((level) => head(scope, level)),
  );
};

export const detector: Network = {
  name: 'detector',
  task: 'detector',
  summary: 'Finds faces: boxes and five landmarks at three scales, anchor-free.',
  input: { channels: 3, size: 320, mean: 127.5, scale: 1 / 64 },
  initialisation: 'he-normal',
  output: 'prediction',
  layers: () => layers,
};
