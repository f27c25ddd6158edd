/** The small images that MTCNN's second and third networks classify: squares cut from the image, black beyond its edge, as in training. */
import type { BoundingBox } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import { boxToAffine, warp } from '../core/resample.js';

/** What all three nets are fed: RGB, (sample − 127.5) / 128. */
export const MTCNN_INPUT = { order: 'RGB', mean: 127.5, scale: 0.0078125 } as const;

const BLACK = -MTCNN_INPUT.mean * MTCNN_INPUT.scale;

/** Cuts each box to `side`×`side` pixels: [boxes, 3, side, side], normalised. */
export function cropFaces(image: Image, boxes: readonly BoundingBox[], side: number): Float32Array {
  const plane = side * side;
  const out = new Float32Array(boxes.length * 3 * plane);
  for (const [i, box] of boxes.entries()) {
    const offset = i * 3 * plane;
    warp(image, boxToAffine(box, side, side), { width: side, height: side, channels: 3 }, out, offset);
    const column = inside(box.x, box.width, image.width, side);
    const row = inside(box.y, box.height, image.height, side);
    for (let p = 0; p < 3 * plane; p++) {
      const x = p % side;
      const y = Math.floor(p / side) % side;
      const seen = x >= column.from && x < column.to && y >= row.from && y < row.to;
      out[offset + p] = seen ? (out[offset + p]! - MTCNN_INPUT.mean) * MTCNN_INPUT.scale : BLACK;
    }
  }
  return out;
}

/** The output pixels whose centres lie inside an image of `length` pixels, along one axis of a box from `start`. */
function inside(start: number, size: number, length: number, side: number): { readonly from: number; readonly to: number } {
  const at = (edge: number) => Math.ceil(((edge - start) / size) * side - 0.5);
  return { from: at(0), to: at(length) };
}
