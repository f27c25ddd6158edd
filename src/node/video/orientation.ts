/** What a display matrix asks for, as a turn and a mirroring. */

export interface Orientation {
  /** Clockwise degrees. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Mirrored left to right, after the turn. */
  readonly flip: boolean;
}

/**
 * Reads FFmpeg's display matrix: nine little-endian integers, the first rows of which map across (a, b) and down (c, d) to the
 * displayed image (ISO/IEC 14496-12, 8.3.2). Turns between are rounded to the nearest quarter.
 */
export function orientationOf(matrix: Uint8Array | null): Orientation {
  if (!matrix || matrix.length < 36) return { rotation: 0, flip: false };
  const view = new DataView(matrix.buffer, matrix.byteOffset, matrix.byteLength);
  const [a, b, c, d] = [0, 4, 12, 16].map((at) => view.getInt32(at, true)) as [number, number, number, number];
  const flip = a * d - b * c < 0;
  const quarters = Math.round(Math.atan2(b, flip ? -a : a) / (Math.PI / 2));
  return { rotation: ([0, 90, 180, 270] as const)[(quarters + 4) % 4]!, flip };
}
