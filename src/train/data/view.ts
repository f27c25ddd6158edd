/**
 * A labelled image shown in a frame: scaled, turned, mirrored and placed. Draws its pixels and moves its faces by the same
 * numbers. What to show, and how, compose.ts chooses.
 */
import { mapLandmarks, type Point } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';
import { type Affine, warp } from '../../core/resample.js';
import { halveImage } from './reduce.js';
import type { LabelledFace } from './wider.js';

/** A source image, its faces with the share of each that it shows, and where it goes. */
export interface View {
  readonly image: Image;
  readonly faces: readonly { readonly face: LabelledFace; readonly visible: number }[];
  /** Point of the source that `to` shows. */
  readonly from: Point;
  readonly to: Point;
  readonly scale: number;
  /** Source widths are stretched by this, heights shrunk. */
  readonly aspect: number;
  /** In radians, clockwise on the screen. */
  readonly angle: number;
  readonly mirrored: boolean;
  /** What lies beyond the source: its edge repeated, or one colour. */
  readonly fill: readonly [number, number, number] | undefined;
}

/** Draws a view into planes of `width`×`height`. */
export function draw(view: View, width: number, height: number, out: Float32Array, offset: number): void {
  let { image } = view;
  let reduced = 1;
  // Averaging 2×2 pixels beforehand costs less than taking many samples a pixel later.
  while (view.scale * reduced < 0.67 && image.width >= 4 && image.height >= 4) {
    image = halveImage(image);
    reduced *= 2;
  }
  const [a, b, c, d, e, f] = inverse(view);
  const map: Affine = [a / reduced, b / reduced, c / reduced, d / reduced, e / reduced, f / reduced];
  warp(image, map, { width, height, channels: 3 }, out, offset);
  if (view.fill) surround(view.fill, map, image, width, height, out, offset);
}

/** Paints over what lies beyond the source image. */
function surround(
  colour: readonly [number, number, number],
  [a, b, c, d, e, f]: Affine,
  image: Image,
  width: number,
  height: number,
  out: Float32Array,
  offset: number,
): void {
  const inside = (u: number, v: number) => {
    const x = a * u + b * v + c;
    const y = d * u + e * v + f;
    return x >= 0 && y >= 0 && x <= image.width && y <= image.height;
  };
  if (inside(0, 0) && inside(width, 0) && inside(0, height) && inside(width, height)) return;
  const plane = width * height;
  for (let v = 0; v < height; v++)
    for (let u = 0; u < width; u++) {
      if (inside(u + 0.5, v + 0.5)) continue;
      const o = offset + v * width + u;
      out[o] = colour[0];
      out[o + plane] = colour[1];
      out[o + 2 * plane] = colour[2];
    }
}

/** The map from a view's output to its source. */
function inverse({ from, to, scale, aspect, angle, mirrored }: View): Affine {
  const sx = (mirrored ? -1 : 1) / (scale * aspect);
  const sy = aspect / scale;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const [a, b, d, e] = [sx * cos, sx * sin, -sy * sin, sy * cos];
  return [a, b, from.x - a * to.x - b * to.y, d, e, from.y - d * to.x - e * to.y];
}

/** A face of the source as it appears in the view's output. A turned box becomes that of the ellipse inscribed in it. */
export function transform(face: LabelledFace, { from, to, scale, aspect, angle, mirrored }: View): LabelledFace {
  const sx = (mirrored ? -1 : 1) * scale * aspect;
  const sy = scale / aspect;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const move = ({ x, y }: Point): Point => {
    const u = sx * (x - from.x);
    const v = sy * (y - from.y);
    return { x: cos * u - sin * v + to.x, y: sin * u + cos * v + to.y };
  };
  const { x, y, width, height } = face.box;
  const centre = move({ x: x + width / 2, y: y + height / 2 });
  const halfWidth = (Math.abs(sx) * width) / 2;
  const halfHeight = (sy * height) / 2;
  const w = Math.hypot(halfWidth * cos, halfHeight * sin);
  const h = Math.hypot(halfWidth * sin, halfHeight * cos);
  const box = { x: centre.x - w, y: centre.y - h, width: 2 * w, height: 2 * h };
  return face.landmarks ? { ...face, box, landmarks: mapLandmarks(face.landmarks, move, mirrored) } : { ...face, box };
}

/** A face moved by whole offsets. */
export function shift(face: LabelledFace, dx: number, dy: number): LabelledFace {
  const box = { ...face.box, x: face.box.x + dx, y: face.box.y + dy };
  const move = ({ x, y }: Point): Point => ({ x: x + dx, y: y + dy });
  return face.landmarks ? { ...face, box, landmarks: mapLandmarks(face.landmarks, move) } : { ...face, box };
}
