/**
 * From pixels to the float planes that networks read. One sampler serves training and use, so that a network sees in a
 * photo what it saw in training. Bilinear; where the image shrinks, several samples per pixel are averaged; beyond the
 * image's edge the edge repeats. Planes are NCHW order (channel, row, column), values 0–255, RGB or grey (BT.601 luma).
 */
import type { BoundingBox } from './geometry.js';
import type { Image } from './image.js';

/** Maps output pixel coordinates (u right, v down, pixel edges at whole numbers) to source: x = a·u + b·v + c, y = d·u + e·v + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The affine map that shows `box` of the source in an output of the given size. */
export function boxToAffine(box: BoundingBox, width: number, height: number): Affine {
  return [box.width / width, 0, box.x, 0, box.height / height, box.y];
}

/** Where and in what form warp writes. */
export interface PlaneSize {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green, blue planes. */
  readonly channels: 1 | 3;
}

/** Most samples a side taken for one pixel. */
const MOST_SAMPLES = 16;

/** Samples the source through `map` into `out` (channels·height·width floats from `offset`), values 0–255. */
export function warp(image: Image, map: Affine, size: PlaneSize, out: Float32Array, offset = 0): void {
  const [a, b, c, d, e, f] = map;
  // Without a turn, columns and rows can be sampled one after the other: the same values for a fraction of the work.
  if (b === 0 && d === 0)
    straightWarp(image, taps(a, c, size.width, image.width), taps(e, f, size.height, image.height), size, out, offset);
  else turnedWarp(image, map, size, out, offset);
}

/** Three planes of values 0–255, from `offset` on, as an image. */
export function pixelsOf(planes: Float32Array, width: number, height: number, offset = 0): Image {
  const size = width * height;
  const data = new Uint8ClampedArray(3 * size);
  for (let i = 0; i < size; i++) for (let c = 0; c < 3; c++) data[3 * i + c] = planes[offset + c * size + i]!;
  return { width, height, channels: 3, data };
}

function samplesFor(shrink: number): number {
  return Math.min(Math.max(Math.ceil(shrink - 0.25), 1), MOST_SAMPLES);
}

/** For each output pixel along one axis, the source pixels it is made of and their weights: entries `start[i]` to `start[i + 1]`. */
interface Taps {
  readonly start: Int32Array;
  readonly index: Int32Array;
  readonly weight: Float64Array;
}

/** The taps of an axis of `count` pixels on which pixel edge u lies at scale·u + shift of a source with `length` pixels. */
function taps(scale: number, shift: number, count: number, length: number): Taps {
  const samples = samplesFor(Math.abs(scale));
  const start = new Int32Array(count + 1);
  const index = new Int32Array(count * samples * 2);
  const weight = new Float64Array(count * samples * 2);
  let end = 0;
  const add = (at: number, share: number): void => {
    // Neighbouring samples fall between the same pixels, on one or other of the last two entries.
    const first = Math.max(end - 2, start[current]!);
    for (let k = end - 1; k >= first; k--)
      if (index[k] === at) {
        weight[k]! += share;
        return;
      }
    index[end] = at;
    weight[end++] = share;
  };
  let current = 0;
  for (; current < count; current++) {
    start[current] = end;
    for (let i = 0; i < samples; i++) {
      const x = Math.min(Math.max(scale * (current + (i + 0.5) / samples) + shift - 0.5, 0), length - 1);
      const before = Math.floor(x);
      const part = x - before;
      add(before, (1 - part) / samples);
      if (part > 0) add(Math.min(before + 1, length - 1), part / samples);
    }
  }
  start[count] = end;
  return { start, index, weight };
}

function straightWarp(
  { width: sourceWidth, channels, data }: Image,
  columns: Taps,
  rows: Taps,
  { width, height, channels: planes }: PlaneSize,
  out: Float32Array,
  offset: number,
): void {
  const parts = channels === 1 ? 1 : 3;
  const plane = width * height;
  // The last two source rows, sampled along their columns: neighbouring output rows share them.
  const lines = [new Float32Array(width * parts), new Float32Array(width * parts)];
  const held = [-1, -1];
  let oldest = 0;
  const lineOf = (row: number): Float32Array => {
    const known = held.indexOf(row);
    if (known >= 0) return lines[known]!;
    const line = lines[oldest]!;
    held[oldest] = row;
    oldest = 1 - oldest;
    sampleRow(data, row * sourceWidth * channels, channels, columns, width, line);
    return line;
  };
  const sums = new Float32Array(width * parts);
  for (let v = 0; v < height; v++) {
    sums.fill(0);
    for (let k = rows.start[v]!; k < rows.start[v + 1]!; k++) {
      const line = lineOf(rows.index[k]!);
      const weight = rows.weight[k]!;
      for (let i = 0; i < sums.length; i++) sums[i]! += weight * line[i]!;
    }
    const at = offset + v * width;
    for (let u = 0; u < width; u++) {
      const p = u * parts;
      const r = sums[p]!;
      const g = parts === 1 ? r : sums[p + 1]!;
      const b = parts === 1 ? r : sums[p + 2]!;
      if (planes === 1) out[at + u] = parts === 1 ? r : 0.299 * r + 0.587 * g + 0.114 * b;
      else {
        out[at + u] = r;
        out[at + u + plane] = g;
        out[at + u + 2 * plane] = b;
      }
    }
  }
}

/** One source row, which begins at `start`, sampled at the columns' taps: 1 or 3 interleaved values a column. */
function sampleRow(
  data: Image['data'],
  start: number,
  channels: number,
  { start: first, index, weight }: Taps,
  width: number,
  line: Float32Array,
): void {
  if (channels === 1) {
    for (let u = 0; u < width; u++) {
      let grey = 0;
      for (let k = first[u]!; k < first[u + 1]!; k++) grey += weight[k]! * data[start + index[k]!]!;
      line[u] = grey;
    }
    return;
  }
  for (let u = 0, o = 0; u < width; u++, o += 3) {
    let r = 0;
    let g = 0;
    let b = 0;
    for (let k = first[u]!; k < first[u + 1]!; k++) {
      const p = start + index[k]! * channels;
      const w = weight[k]!;
      r += w * data[p]!;
      g += w * data[p + 1]!;
      b += w * data[p + 2]!;
    }
    line[o] = r;
    line[o + 1] = g;
    line[o + 2] = b;
  }
}

function turnedWarp(image: Image, map: Affine, size: PlaneSize, out: Float32Array, offset: number): void {
  const [a, b, c, d, e, f] = map;
  const nu = samplesFor(Math.hypot(a, d));
  const nv = samplesFor(Math.hypot(b, e));
  const { width: w, height: h, channels: ch, data } = image;
  const colour = ch >= 3;
  const plane = size.width * size.height;
  const weight = 1 / (nu * nv);
  for (let v = 0; v < size.height; v++) {
    for (let u = 0; u < size.width; u++) {
      let r = 0;
      let g = 0;
      let bl = 0;
      for (let j = 0; j < nv; j++) {
        const vv = v + (j + 0.5) / nv;
        for (let i = 0; i < nu; i++) {
          const uu = u + (i + 0.5) / nu;
          let x = a * uu + b * vv + c - 0.5;
          let y = d * uu + e * vv + f - 0.5;
          x = x < 0 ? 0 : x > w - 1 ? w - 1 : x;
          y = y < 0 ? 0 : y > h - 1 ? h - 1 : y;
          const x0 = x | 0;
          const y0 = y | 0;
          const fx = x - x0;
          const fy = y - y0;
          const right = x0 < w - 1 ? ch : 0;
          const p = (y0 * w + x0) * ch;
          const q = y0 < h - 1 ? p + w * ch : p;
          const w00 = (1 - fx) * (1 - fy);
          const w10 = fx * (1 - fy);
          const w01 = (1 - fx) * fy;
          const w11 = fx * fy;
          r += data[p]! * w00 + data[p + right]! * w10 + data[q]! * w01 + data[q + right]! * w11;
          if (colour) {
            g += data[p + 1]! * w00 + data[p + right + 1]! * w10 + data[q + 1]! * w01 + data[q + right + 1]! * w11;
            bl += data[p + 2]! * w00 + data[p + right + 2]! * w10 + data[q + 2]! * w01 + data[q + right + 2]! * w11;
          }
        }
      }
      const o = offset + v * size.width + u;
      r *= weight;
      g *= weight;
      bl *= weight;
      if (size.channels === 1) out[o] = colour ? 0.299 * r + 0.587 * g + 0.114 * bl : r;
      else {
        out[o] = r;
        out[o + plane] = colour ? g : r;
        out[o + 2 * plane] = colour ? bl : r;
      }
    }
  }
}
