/**
 * Paints on pixels in memory: filled rectangles, frames, and small ready-made images (sprites). For clips, where putting every
 * frame on a canvas and reading it back would cost more than all else that is drawn.
 */
import type { BoundingBox } from '../core/geometry.js';
import type { Image } from '../core/image.js';

/** A small image with transparency: straight alpha, RGBA. */
export interface Sprite {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array | Uint8ClampedArray;
}

/** A colour that covers what is under it to the share `alpha`; channels 0–255. */
export interface Paint {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha: number;
}

/** A paint from a CSS colour of the form #rrggbb. */
export function paintOf(hex: string, alpha = 1): Paint {
  const value = Number.parseInt(hex.slice(1), 16);
  return { red: value >> 16, green: (value >> 8) & 255, blue: value & 255, alpha };
}

/** Fills a rectangle of whole pixels of an RGB or RGBA image; what lies outside the image is left out. */
export function fillRect(image: Image, { x, y, width, height }: BoundingBox, { red, green, blue, alpha }: Paint): void {
  const { width: w, height: h, channels, data } = image;
  const x0 = Math.max(Math.round(x), 0);
  const y0 = Math.max(Math.round(y), 0);
  const x1 = Math.min(Math.round(x + width), w);
  const y1 = Math.min(Math.round(y + height), h);
  for (let row = y0; row < y1; row++) {
    for (let i = (row * w + x0) * channels, end = (row * w + x1) * channels; i < end; i += channels) {
      data[i] = data[i]! + (red - data[i]!) * alpha;
      data[i + 1] = data[i + 1]! + (green - data[i + 1]!) * alpha;
      data[i + 2] = data[i + 2]! + (blue - data[i + 2]!) * alpha;
    }
  }
}

/** A frame of whole pixels along the inside of a rectangle. */
export function strokeRect(image: Image, { x, y, width, height }: BoundingBox, thickness: number, paint: Paint): void {
  const t = Math.min(thickness, width / 2, height / 2);
  fillRect(image, { x, y, width, height: t }, paint);
  fillRect(image, { x, y: y + height - t, width, height: t }, paint);
  fillRect(image, { x, y: y + t, width: t, height: height - 2 * t }, paint);
  fillRect(image, { x: x + width - t, y: y + t, width: t, height: height - 2 * t }, paint);
}

/** Lays a sprite on an RGB or RGBA image, its top left corner at a whole pixel; what lies outside is left out. */
export function drawSprite(image: Image, { width: sw, height: sh, rgba }: Sprite, x: number, y: number): void {
  const { width, height, channels, data } = image;
  const x0 = Math.max(x, 0);
  const x1 = Math.min(x + sw, width);
  for (let row = Math.max(y, 0); row < Math.min(y + sh, height); row++) {
    let from = ((row - y) * sw + (x0 - x)) * 4;
    for (let i = (row * width + x0) * channels, end = (row * width + x1) * channels; i < end; i += channels, from += 4) {
      const alpha = rgba[from + 3]! / 255;
      if (alpha === 0) continue;
      data[i] = data[i]! + (rgba[from]! - data[i]!) * alpha;
      data[i + 1] = data[i + 1]! + (rgba[from + 1]! - data[i + 1]!) * alpha;
      data[i + 2] = data[i + 2]! + (rgba[from + 2]! - data[i + 2]!) * alpha;
    }
  }
}
