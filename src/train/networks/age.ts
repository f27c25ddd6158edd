/** The age network that phiz ships: a small residual network on 64×64 colour faces; its logits are over the years 1–116. */
import { dropout } from '../layers/activation.js';
import { dense } from '../layers/dense.js';
import { sequence } from '../layers/layer.js';
import { globalAveragePool } from '../layers/pool.js';
import { convBlock, type Network, residualBlock } from './network.js';

export const age: Network = {
  name: 'age',
  task: 'age',
  summary: 'A distribution over the ages 1 to 116 of a face; a residual network on 64×64 colour pixels.',
  input: { channels: 3, size: 64, mean: 127.5, scale: 1 / 64 },
  initialisation: 'he-normal',
  output: 'logits',
  layers: (classes) =>
    sequence(
      convBlock(32, { stride: 2 }),
      convBlock(48, { stride: 2 }),
      residualBlock(48, { gates: true }),
      convBlock(96, { stride: 2 }),
      residualBlock(96, { gates: true }),
      convBlock(192, { stride: 2 }),
      residualBlock(192, { gates: true }),
      globalAveragePool(),
      dropout(0.25),
      dense(classes),
    ),
};
