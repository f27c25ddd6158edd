/**
 * How a view of a training image is posed at random: its scale, turn, mirror and surroundings, and where it must lie to fill its frame.
 * What it shows is compose.ts's business.
 */
import { type BoundingBox, type Point, sideOf } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';
import type { Random } from '../../core/random.js';
import type { View } from './view.js';

/** How a view is scaled, turned, mirrored and surrounded. */
export function pose(random: Random, scale: number): Pick<View, 'scale' | 'aspect' | 'angle' | 'mirrored' | 'fill'> {
  const turned = random.uniform();
  const limit = turned < 0.35 ? 5 : turned < 0.7 ? 25 : 50;
  const filled = random.uniform();
  const level = () => random.uniform(0, 255);
  return {
    scale,
    aspect: Math.exp(random.uniform(-0.06, 0.06)),
    angle: (random.uniform(-limit, limit) * Math.PI) / 180,
    mirrored: random.chance(0.5),
    fill: filled < 0.4 ? undefined : filled < 0.8 ? [127.5, 127.5, 127.5] : [level(), level(), level()],
  };
}

/** Mostly moves a view so that its image covers the frame, where it is large enough. */
export function keepFilled(
  random: Random,
  image: Image,
  from: Point,
  to: Point,
  form: Pick<View, 'scale' | 'aspect' | 'mirrored'>,
  width: number,
  height: number,
): Point {
  if (random.chance(0.2)) return to;
  const along = (start: number, length: number, scale: number, target: number, frame: number) => {
    if (length * scale < frame) return target;
    return clamp(target, frame - (length - start) * scale, start * scale);
  };
  const startX = form.mirrored ? image.width - from.x : from.x;
  return {
    x: along(startX, image.width, form.scale * form.aspect, to.x, width),
    y: along(from.y, image.height, form.scale / form.aspect, to.y, height),
  };
}

/** The part of an image that portraits and data sets of faces show of it: a frame about a face's box, often cut at forehead, chin or ears. */
export function cutAbout(random: Random, box: BoundingBox, image: Pick<Image, 'width' | 'height'>): BoundingBox {
  const side = sideOf(box);
  const cut = () => random.uniform(-0.12, 0.5) * side;
  const x = clamp(Math.round(box.x - cut()), 0, image.width - 2);
  const y = clamp(Math.round(box.y - cut()), 0, image.height - 2);
  const right = clamp(Math.round(box.x + box.width + cut()), x + 2, image.width);
  const bottom = clamp(Math.round(box.y + box.height + cut()), y + 2, image.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** A number whose logarithm is spread evenly. */
export function logUniform(random: Random, low: number, high: number): number {
  return Math.exp(random.uniform(Math.log(low), Math.log(Math.max(low, high))));
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
