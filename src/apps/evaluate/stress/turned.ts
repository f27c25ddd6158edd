/** Images turned about their middle, clockwise where positive. */

import type { Image } from '../../../core/image.js';
import { pixelsOf } from '../../../core/resample.js';
import { draw, transform, type View } from '../../../train/data/view.js';
import type { Condition } from './condition.js';

const DEGREES = [-45, -30, -15, 15, 30, 45];

/** Faces cut out beforehand: the image keeps its size, its edge is repeated beyond it. */
export const TURNED_FACES: readonly Condition[] = DEGREES.map((degrees) => ({
  family: 'turned',
  level: levelOf(degrees),
  apply: (image) => drawn(viewOf(image, degrees, image, undefined), image),
}));

/** Whole photos: the image grows so that nothing of it is lost, grey about it. */
export const TURNED_PHOTOS: readonly Condition[] = DEGREES.map((degrees) => {
  const view = (image: Image): View => viewOf(image, degrees, holding(image, degrees), [127.5, 127.5, 127.5]);
  return {
    family: 'turned',
    level: levelOf(degrees),
    apply: (image) => drawn(view(image), holding(image, degrees)),
    move: (box, image) => transform({ box, ignore: false }, view(image)).box,
  };
});

type Size = Pick<Image, 'width' | 'height'>;

function levelOf(degrees: number): string {
  return `${degrees > 0 ? '+' : '−'}${Math.abs(degrees)}°`;
}

/** The size that holds the whole image, turned. */
function holding({ width, height }: Size, degrees: number): Size {
  const [cos, sin] = [Math.abs(Math.cos((degrees * Math.PI) / 180)), Math.abs(Math.sin((degrees * Math.PI) / 180))];
  return { width: Math.ceil(width * cos + height * sin), height: Math.ceil(width * sin + height * cos) };
}

function viewOf(image: Image, degrees: number, { width, height }: Size, fill: View['fill']): View {
  return {
    image,
    faces: [],
    from: { x: image.width / 2, y: image.height / 2 },
    to: { x: width / 2, y: height / 2 },
    scale: 1,
    aspect: 1,
    angle: (degrees * Math.PI) / 180,
    mirrored: false,
    fill,
  };
}

function drawn(view: View, { width, height }: Size): Image {
  const planes = new Float32Array(3 * width * height);
  draw(view, width, height, planes, 0);
  return pixelsOf(planes, width, height);
}
