/**
 * Letterboxing: how an image is placed in a detector's input, shrunk so that its longest side fits, never enlarged, at the top left (or
 * inside a border), padded to whole cells. Knows the way back from pixels of the input to those of the image.
 */
import { PhizError } from '../core/error.js';
import type { BoundingBox, Point } from '../core/geometry.js';
import type { Image } from '../core/image.js';

/** Longest side that a detector sees by default, in pixels. */
export const DETECT_SIZE = 640;

/** An image's place in a detector's input. */
export interface Letterbox {
  /** The image's size in the input. */
  readonly width: number;
  readonly height: number;
  /** The input's size. */
  readonly canvasWidth: number;
  readonly canvasHeight: number;
  readonly left: number;
  readonly top: number;
  /** A box or point of the input in pixels of the image. */
  box(box: BoundingBox): BoundingBox;
  point(point: Point): Point;
}

/**
 * Fits an image into an input whose sides are multiples of `multiple`, with a border of `border` times its longest side
 * around. Throws PhizError `invalid-option`.
 */
export function letterbox(
  image: Pick<Image, 'width' | 'height'>,
  {
    detectSize = DETECT_SIZE,
    multiple = 32,
    border = 0,
  }: { readonly detectSize?: number | undefined; readonly multiple?: number; readonly border?: number } = {},
): Letterbox {
  if (!(detectSize >= 32 && detectSize <= 8192))
    throw new PhizError('invalid-option', `detectSize must be from 32 to 8192 pixels; got ${detectSize}`);
  if (!(border >= 0 && border <= 1)) throw new PhizError('invalid-option', `border must be from 0 to 1; got ${border}`);
  const ratio = Math.min(1, detectSize / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * ratio));
  const height = Math.max(1, Math.round(image.height * ratio));
  const edge = Math.round(border * Math.max(width, height));
  const cells = (side: number) => Math.ceil((side + 2 * edge) / multiple) * multiple;
  const sx = image.width / width;
  const sy = image.height / height;
  return {
    width,
    height,
    canvasWidth: cells(width),
    canvasHeight: cells(height),
    left: edge,
    top: edge,
    box: (box) => ({ x: (box.x - edge) * sx, y: (box.y - edge) * sy, width: box.width * sx, height: box.height * sy }),
    point: ({ x, y }) => ({ x: (x - edge) * sx, y: (y - edge) * sy }),
  };
}
