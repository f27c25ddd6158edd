/** The two networks that the report trained from scratch, with Keras's defaults: raw grey values in, Glorot, BN 0.99 and 1e-3. */
import { dropout, relu } from '../layers/activation.js';
import { conv } from '../layers/conv.js';
import { dense, flatten } from '../layers/dense.js';
import { type Layer, sequence } from '../layers/layer.js';
import { batchNorm } from '../layers/normalise.js';
import { maxPool } from '../layers/pool.js';
import type { Network } from './network.js';

const keras = { momentum: 0.99, epsilon: 1e-3 };
const input = { channels: 1, size: 48, mean: 0, scale: 1 } as const;

/** The report has the rectifier before the pool; a maximum of rectified values is the rectified maximum, at a quarter of the work. */
function block(filters: number, kernel: number, drop: number): Layer {
  return sequence(conv(filters, { kernel, bias: true }), batchNorm(keras), maxPool(2), relu(), dropout(drop));
}

function hidden(units: number, drop: number): Layer {
  return sequence(dense(units), batchNorm(keras), relu(), dropout(drop));
}

/** Three convolutions, 2,863,495 trainable parameters with seven classes. */
export const small: Network = {
  name: 'small',
  task: 'classes',
  summary: "The report's first network: three convolutions and a dense layer.",
  input,
  initialisation: 'glorot-uniform',
  output: 'logits',
  layers: (classes) => sequence(block(64, 3, 0), block(128, 5, 0), block(256, 3, 0), flatten(), hidden(256, 0), dense(classes)),
};

/** Four convolutions and dropout, 4,474,759 trainable parameters with seven classes. */
export const big: Network = {
  name: 'big',
  task: 'classes',
  summary: "The report's second network: four convolutions, two dense layers, dropout throughout.",
  input,
  initialisation: 'glorot-uniform',
  output: 'logits',
  layers: (classes) =>
    sequence(
      block(64, 3, 0.25),
      block(128, 5, 0.25),
      block(512, 3, 0.25),
      block(512, 3, 0.25),
      flatten(),
      hidden(256, 0.25),
      hidden(512, 0.25),
      dense(classes),
    ),
};
