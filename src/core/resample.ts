/**
 * From pixels to the float planes that networks read. One sampler serves training and use, so that a network sees in a
 * photo what it saw in training. Bilinear; where the picture shrinks, several samples a pixel are averaged; beyond the
 * picture's edge the edge repeats. Planes are NCHW order (channel, row, column), values 0–255, RGB or grey (BT.601 luma).
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

/** Samples the source through `map` into `out` (channels·height·width floats from `offset`), values 0–255. */
export function warp(image: Image, map: Affine, size: PlaneSize, out: Float32Array, offset = 0): void {
  const [a, b, c, d, e, f] = map;
  const shrinkU = Math.hypot(a, d);
  const shrinkV = Math.hypot(b, e);
  const nu = Math.min(Math.max(Math.ceil(shrinkU - 0.25), 1), 16);
  const nv = Math.min(Math.max(Math.ceil(shrinkV - 0.25), 1), 16);
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
