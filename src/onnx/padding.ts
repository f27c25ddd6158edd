/** How much zero padding "same" means in TensorFlow: as many output pixels as strides fit into the input, the odd pixel at the end. */

/**
 * Pixels before and after one axis of `size` pixels, so that the output has ⌈size / stride⌉. Where the sum is odd the larger half
 * comes last, which is why a stride of 2 pads unevenly (tensorflow.org/api_docs/python/tf/nn, "Notes on padding").
 */
export function samePadding(
  size: number,
  kernel: number,
  stride: number,
  dilation = 1,
): readonly [before: number, after: number] {
  const reach = (kernel - 1) * dilation + 1;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}
