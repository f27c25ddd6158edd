/** A dense float tensor as plain data: what goes into an engine and comes out of it. Row-major, no strides; images are NCHW. */

export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A tensor of bytes (dropout masks). */
export interface ByteTensor {
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

/** How many elements a shape holds. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, d) => product * d, 1);
}
