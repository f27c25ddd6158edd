/** The emotion network that phiz ships: a small residual network on 48×48 grey faces. */
import { dropout } from '../layers/activation.js';
import { dense } from '../layers/dense.js';
import { sequence } from '../layers/layer.js';
import { globalAveragePool } from '../layers/pool.js';
import { convBlock, type Network, residualBlock } from './network.js';

export const emotion: Network = {
  name: 'emotion',
  task: 'classes',
  summary: 'Seven expressions of a face; a residual network on 48×48 grey pixels.',
  input: { channels: 1, size: 48, mean: 127.5, scale: 1 / 64 },
  initialisation: 'he-normal',
  output: 'logits',
  layers: (classes) =>
    sequence(
      convBlock(32),
      convBlock(40, { stride: 2 }),
      residualBlock(40, { gates: true }),
      convBlock(80, { stride: 2 }),
      residualBlock(80, { gates: true }),
      convBlock(160, { stride: 2 }),
      residualBlock(160, { gates: true }),
      // Last, so that the names of the layers before it stay, and `--from` finds the weights of the network that had no such block.
      residualBlock(160, { gates: true, inner: 112 }),
      globalAveragePool(),
      dropout(0.25),
      dense(classes),
    ),
};
