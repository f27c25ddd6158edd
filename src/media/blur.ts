/**
 * Hides faces on the pixels themselves: an ellipse well round each face is replaced by a smooth patch made of no more than
 * CELLS × CELLS average colours, so that nothing of the face is left to recover, whatever one does to the image.
 */
import type { BoundingBox } from '../core/geometry.js';
import { checkImage, type Image } from '../core/image.js';

/** Average colours kept across an ellipse; over the face itself fewer than three, four where the face fills the image. */
const CELLS = 4;
/** Half axes of the ellipse in half sides of the box: above √2 it covers the box to its corners, hair and ears as well. */
const REACH = 1.5;
/** The patch fades out between the ellipse and one this much larger, outside the face. */
const FADE = 1.12;

/** A copy of the image with the faces in these boxes made unrecognisable. The boxes may reach beyond the image. */
export function blurFaces(image: Image, boxes: readonly BoundingBox[]): Image {
  const { width, height, channels, data } = checkImage(image);
  const out = new Uint8Array(data);
  blurInto(image, boxes, out);
  return { width, height, channels, data: out };
}

/** Makes the faces unrecognisable in `out`, which holds a copy of the image's samples. */
export function blurInto(image: Image, boxes: readonly BoundingBox[], out: Uint8Array): void {
  for (const box of boxes) blurEllipse(image, box, out);
}

function blurEllipse(image: Image, box: BoundingBox, out: Uint8Array): void {
  const { width, height, channels } = image;
  const cx = box.x + box.width / 2;
  const cy = box.y + box.height / 2;
  const rx = Math.max((box.width / 2) * REACH, 1);
  const ry = Math.max((box.height / 2) * REACH, 1);
  const x0 = Math.max(Math.floor(cx - rx * FADE), 0);
  const y0 = Math.max(Math.floor(cy - ry * FADE), 0);
  const x1 = Math.min(Math.ceil(cx + rx * FADE), width);
  const y1 = Math.min(Math.ceil(cy + ry * FADE), height);
  if (!(x1 > x0 && y1 > y0)) return;
  const cells = averages(image, x0, y0, x1, y1);
  for (let y = y0; y < y1; y++) {
    const v = cellAt(y + 0.5, y0, y1);
    const dy = (y + 0.5 - cy) / ry;
    for (let x = x0; x < x1; x++) {
      const dx = (x + 0.5 - cx) / rx;
      const distance = Math.sqrt(dx * dx + dy * dy);
      if (distance >= FADE) continue;
      const share = distance <= 1 ? 1 : (FADE - distance) / (FADE - 1);
      const u = cellAt(x + 0.5, x0, x1);
      for (let c = 0; c < channels; c++) {
        const at = (y * width + x) * channels + c;
        // What is faded over is what an earlier patch left, never the original under one.
        out[at] = Math.round(out[at]! + (mix(cells, channels, u, v, c) - out[at]!) * share);
      }
    }
  }
}

/** Mean colour of each of CELLS × CELLS parts of a rectangle. */
function averages({ width, channels, data }: Image, x0: number, y0: number, x1: number, y1: number): Float64Array {
  const sums = new Float64Array(CELLS * CELLS * channels);
  const counts = new Float64Array(CELLS * CELLS);
  for (let y = y0; y < y1; y++) {
    const row = Math.floor(((y - y0) * CELLS) / (y1 - y0)) * CELLS;
    for (let x = x0; x < x1; x++) {
      const cell = row + Math.floor(((x - x0) * CELLS) / (x1 - x0));
      counts[cell]!++;
      for (let c = 0; c < channels; c++) sums[cell * channels + c]! += data[(y * width + x) * channels + c]!;
    }
  }
  fillEmpty(sums, counts, channels);
  return sums.map((sum, i) => sum / counts[Math.floor(i / channels)]!);
}

/** A rectangle with fewer pixels than cells leaves cells empty: they repeat the one before. */
function fillEmpty(sums: Float64Array, counts: Float64Array, channels: number): void {
  let last = counts.findIndex((n) => n > 0);
  for (let cell = 0; cell < counts.length; cell++) {
    if (counts[cell]! > 0) last = cell;
    else {
      counts[cell] = counts[last]!;
      for (let c = 0; c < channels; c++) sums[cell * channels + c] = sums[last * channels + c]!;
    }
  }
}

/** Position in cells, measured between cell centres. */
function cellAt(position: number, from: number, to: number): number {
  return Math.min(Math.max(((position - from) * CELLS) / (to - from) - 0.5, 0), CELLS - 1);
}

/** Bilinear between the four nearest cells, eased so that no grid shows. */
function mix(cells: Float64Array, channels: number, u: number, v: number, c: number): number {
  const i = Math.min(Math.floor(u), CELLS - 2);
  const j = Math.min(Math.floor(v), CELLS - 2);
  const fx = ease(u - i);
  const fy = ease(v - j);
  const at = (column: number, row: number) => cells[(row * CELLS + column) * channels + c]!;
  const top = at(i, j) * (1 - fx) + at(i + 1, j) * fx;
  const bottom = at(i, j + 1) * (1 - fx) + at(i + 1, j + 1) * fx;
  return top * (1 - fy) + bottom * fy;
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
