/**
 * Annotated images: marks painted on pixels in memory. Only text goes by way of a canvas (lettering.ts), for drawing a whole photo
 * on one and reading it back costs more than all else.
 */
import type { Attribute } from '../../attributes/attribute.js';
import { kindOf } from '../../core/check.js';
import { PhizError } from '../../core/error.js';
import type { BoundingBox } from '../../core/geometry.js';
import { checkImage, type Image } from '../../core/image.js';
import { colourOf } from '../../media/annotate.js';
import { blurInto } from '../../media/blur.js';
import { layoutMarks, type MarkedFace } from '../../media/label-layout.js';
import { drawSprite } from '../../media/paint.js';
import { paintBox } from '../../media/paint-box.js';
import { openLettering } from './lettering.js';

export interface AnnotateImageOptions {
  /** What is written of a face; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Hide the faces themselves; boxes and labels stay. */
  readonly blur?: boolean | undefined;
  /** Further faces to hide, which get no box and no label. */
  readonly hide?: readonly BoundingBox[] | undefined;
}

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
  const rgb = image.channels === 3 ? image : toRgb(image);
  const data = new Uint8Array(rgb.data);
  blurInto(rgb, hidden, data);
  const out: Image = { width, height, channels: 3, data };
  const { measure, label: letter } = await openLettering();
  const marks = layoutMarks(faces, { width, height, attributes, measure });
  const colours = faces.map((face) => colourOf(face, attributes));
  // The largest faces come first: theirs are drawn last, on top.
  for (let i = marks.length - 1; i >= 0; i--) paintBox(out, marks[i]!, colours[i]!);
  for (let i = marks.length - 1; i >= 0; i--) {
    const { label } = marks[i]!;
    if (!label) continue;
    const { x, y, ...size } = label.box;
    drawSprite(out, letter({ ...label, box: { x: 0, y: 0, ...size } }, colours[i]!), x, y);
  }
  return out;
}

/** A grey or transparent image in RGB. */
function toRgb({ width, height, channels, data }: Image): Image {
  const rgb = new Uint8Array(width * height * 3);
  const step = channels === 1 ? 0 : 1;
  for (let i = 0, o = 0; o < rgb.length; i += channels) {
    rgb[o++] = data[i]!;
    rgb[o++] = data[i + step]!;
    rgb[o++] = data[i + 2 * step]!;
  }
  return { width, height, channels: 3, data: rgb };
}
