/**
 * The refiner that phiz ships beside its detector: it looks once more at each place that the detector takes for a face, in a square of
 * 64×64 pixels cut from the image itself, and says whether it is one, where its box lies and where its five landmarks are. The last
 * stage of a cascade, as in MTCNN (Zhang et al. 2016, arXiv:1604.02878). Its output `prediction` [N, 1, 16] has the detector's columns,
 * for one point in the middle of the square (src/detect/refiner.ts).
 */
import { conv } from '../layers/conv.js';
import { grouped, sequence } from '../layers/layer.js';
import { rows } from '../layers/rows.js';
import { convBlock, type Network, residualBlock } from './network.js';

/** Numbers a point: score, overlap, box (4), landmarks (10). */
const COLUMNS = 16;

export const refiner: Network = {
  name: 'refiner',
  task: 'refiner',
  summary: 'Looks once more at each place that the detector takes for a face: whether it is one, its box and five landmarks.',
  input: { channels: 3, size: 64, mean: 127.5, scale: 1 / 64 },
  initialisation: 'he-normal',
  output: 'prediction',
  layers: () =>
    sequence(
      convBlock(16, { stride: 2 }),
      convBlock(32, { stride: 2 }),
      residualBlock(32),
      convBlock(56, { stride: 2 }),
      residualBlock(56),
      convBlock(80, { stride: 2 }),
      residualBlock(80, { gates: true }),
      grouped('late', residualBlock(80, { gates: true })),
      convBlock(64, { kernel: 1 }),
      conv(COLUMNS, { kernel: 4, pads: [0, 0, 0, 0], bias: true }),
      rows,
    ),
};
