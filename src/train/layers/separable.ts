/**
 * Depth-wise separable convolution (Chollet 2017, arXiv:1610.02357): each channel filtered by itself, then all of them mixed by a
 * 1×1 convolution. Two conv.ts layers; nothing stands between them.
 */
import { known } from '../../onnx/graph.js';
import { type ConvOptions, conv } from './conv.js';
import type { Layer } from './layer.js';

/** One filter per channel. */
export function depthwiseConv(options: Omit<ConvOptions, 'groups' | 'biasStart'> = {}): Layer {
  return (scope, x) => {
    const channels = known(x.dims[1]);
    return conv(channels, { ...options, groups: channels })(scope, x);
  };
}

/** Separable convolution to `filters` channels; a bias stands after the second part, as in Keras. */
export function separableConv(
  filters: number,
  { bias = false, ...options }: Omit<ConvOptions, 'groups' | 'biasStart'> = {},
): Layer {
  const [each, mix] = [depthwiseConv(options), conv(filters, { kernel: 1, bias })];
  return (scope, x) => mix(scope, each(scope, x));
}
