/** Images turned by quarters, and where points and boxes of them go: exact, nothing is sampled anew. resample.ts turns by any angle. */
import type { BoundingBox, Point } from './geometry.js';
import type { Image } from './image.js';

/** Degrees clockwise. */
export type QuarterTurn = 90 | 180 | 270;

/** The turn that undoes another. */
export function turnBack(turn: QuarterTurn): QuarterTurn {
  return (360 - turn) as QuarterTurn;
}

type Size = Pick<Image, 'width' | 'height'>;

/** Where a point of an image of this size lies in the turned one. */
export function turnPoint({ x, y }: Point, turn: QuarterTurn, { width, height }: Size): Point {
  if (turn === 90) return { x: height - y, y: x };
  if (turn === 180) return { x: width - x, y: height - y };
  return { x: y, y: width - x };
}

/** Where a box of an image of this size lies in the turned one. */
export function turnBox({ x, y, width, height }: BoundingBox, turn: QuarterTurn, size: Size): BoundingBox {
  const a = turnPoint({ x, y }, turn, size);
  const b = turnPoint({ x: x + width, y: y + height }, turn, size);
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

/** Pixels a side of the squares in which an image is turned: both rows and columns of one stay in the processor's cache. */
const BLOCK = 32;

/** A new image, turned. */
export function turnImage({ width, height, channels, data }: Image, turn: QuarterTurn): Image {
  const upright = turn === 180;
  const [outWidth, outHeight] = upright ? [width, height] : [height, width];
  const out = new Uint8Array(data.length);
  // What a step to the right and one down in the source mean in the turned image.
  const right = channels * (turn === 90 ? outWidth : upright ? -1 : -outWidth);
  const down = channels * (turn === 90 ? -1 : upright ? -outWidth : 1);
  const first = channels * (turn === 90 ? outWidth - 1 : upright ? width * height - 1 : (outHeight - 1) * outWidth);
  for (let top = 0; top < height; top += BLOCK)
    for (let left = 0; left < width; left += BLOCK)
      for (let y = top; y < Math.min(top + BLOCK, height); y++) {
        let from = (y * width + left) * channels;
        let to = first + left * right + y * down;
        for (const end = (y * width + Math.min(left + BLOCK, width)) * channels; from < end; from += channels, to += right)
          for (let c = 0; c < channels; c++) out[to + c] = data[from + c]!;
      }
  return { width: outWidth, height: outHeight, channels, data: out };
}
