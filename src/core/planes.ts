/** Images as networks read them: planes of floats, one per channel, row-major. */

/** Red and blue change places in three planes of `plane` values each, from `offset` on. */
export function swapPlanes(planes: Float32Array, plane: number, offset = 0): void {
  const red = planes.slice(offset, offset + plane);
  planes.copyWithin(offset, offset + 2 * plane, offset + 3 * plane);
  planes.set(red, offset + 2 * plane);
}

/** Left and right change places in every row of `width` values. */
export function mirrorPlanes(planes: Float32Array, width: number): void {
  for (let row = 0; row < planes.length; row += width) planes.subarray(row, row + width).reverse();
}
