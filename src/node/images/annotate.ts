/** Annotated images on @napi-rs/canvas: the drawing is src/media/annotate.ts, this binds it to pixels in memory. */
import type { Attribute } from '../../attributes/attribute.js';
import { kindOf } from '../../core/check.js';
import { PhizError } from '../../core/error.js';
import type { BoundingBox } from '../../core/geometry.js';
import { checkImage, type Image } from '../../core/image.js';
import { drawMarks, planMarks } from '../../media/annotate.js';
import { blurFaces } from '../../media/blur.js';
import { inkOf, type MarkedFace } from '../../media/label-layout.js';
import { loadCanvas } from './canvas.js';
import { FONT_FAMILY } from './font.js';

export interface AnnotateImageOptions {
  /** What is written of a face; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Hide the faces themselves; boxes and labels stay. */
  readonly blur?: boolean | undefined;
  /** Further faces to hide, which get no box and no label. */
  readonly hide?: readonly BoundingBox[] | undefined;
}

/** Pixels drawn at a time: an image of any size is annotated in strips, so that the canvas never holds it all. */
const STRIP_PIXELS = 1_000_000;

/**
 * A copy of the image, in RGB, with a box and a label for each face (largest first, as the analyzer gives them). Pixels
 * that no mark covers are unchanged. Throws PhizError `engine-unavailable` where the canvas has no binary for this platform.
 */
export async function annotateImage(
  image: Image,
  faces: readonly MarkedFace[],
  { blur = false, hide = [], attributes }: AnnotateImageOptions = {},
): Promise<Image> {
  checkImage(image);
  if (!Array.isArray(faces))
    throw new PhizError('invalid-option', `faces are an array, such as the faces of an analysis; got ${kindOf(faces)}`);
  const { width, height } = image;
  const hidden = [...(blur ? faces.map((face) => face.box) : []), ...hide];
  const out = toRgb(hidden.length > 0 ? blurFaces(image, hidden) : image);
  const canvasModule = await loadCanvas();
  const stripHeight = Math.min(Math.max(Math.floor(STRIP_PIXELS / width), 1), height);
  const canvas = canvasModule.createCanvas(width, stripHeight);
  const context = canvas.getContext('2d');
  const options = { width, height, attributes, fontFamily: `"${FONT_FAMILY}"` };
  const marks = planMarks(context, faces, options);
  const ink = marks.flatMap(inkOf);
  for (let top = 0; top < height; top += stripHeight) {
    const rows = Math.min(stripHeight, height - top);
    const touched = ink.filter((box) => box.y < top + rows + 1 && box.y + box.height > top - 1);
    if (touched.length === 0) continue;
    context.putImageData(new canvasModule.ImageData(rgbaRows(out, width, top, rows), width, rows), 0, 0);
    context.save();
    context.translate(0, -top);
    drawMarks(context, faces, marks, options);
    context.restore();
    // Reading a canvas is slow: only what was drawn on is read.
    for (const box of touched) {
      const x = Math.max(Math.floor(box.x) - 1, 0);
      const y = Math.max(Math.floor(box.y) - 1 - top, 0);
      const w = Math.min(Math.ceil(box.x + box.width) + 1, width) - x;
      const h = Math.min(Math.ceil(box.y + box.height) + 1 - top, rows) - y;
      if (w > 0 && h > 0) copyRgba(context.getImageData(x, y, w, h).data, w, out, width, x, y + top);
    }
  }
  return { width, height, channels: 3, data: out };
}

/** The pixels of an image in RGB; always a copy. */
function toRgb({ width, height, channels, data }: Image): Uint8Array {
  if (channels === 3) return new Uint8Array(data);
  const out = new Uint8Array(width * height * 3);
  const step = channels === 1 ? 0 : 1;
  for (let i = 0, o = 0; o < out.length; i += channels) {
    out[o++] = data[i]!;
    out[o++] = data[i + step]!;
    out[o++] = data[i + 2 * step]!;
  }
  return out;
}

/** Some rows of RGB pixels as opaque RGBA. */
function rgbaRows(rgb: Uint8Array, width: number, top: number, rows: number): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(width * rows * 4);
  for (let i = top * width * 3, o = 0; o < rgba.length; i += 3) {
    rgba[o++] = rgb[i]!;
    rgba[o++] = rgb[i + 1]!;
    rgba[o++] = rgb[i + 2]!;
    rgba[o++] = 255;
  }
  return rgba;
}

/** Puts a rectangle of RGBA pixels, `w` wide, into an RGB image at (x, y). */
function copyRgba(rgba: Uint8ClampedArray, w: number, rgb: Uint8Array, width: number, x: number, y: number): void {
  for (let i = 0, row = y; i < rgba.length; row++) {
    for (let o = (row * width + x) * 3, end = o + w * 3; o < end; i += 4) {
      rgb[o++] = rgba[i]!;
      rgb[o++] = rgba[i + 1]!;
      rgb[o++] = rgba[i + 2]!;
    }
  }
}
