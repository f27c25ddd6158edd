/** Annotated clips on @napi-rs/canvas: the drawing is src/media/clip-marks.ts, this letters its text and hides faces. */
import type { Attribute } from '../../attributes/attribute.js';
import { PhizError } from '../../core/error.js';
import type { BoundingBox } from '../../core/geometry.js';
import { checkImage, type Image } from '../../core/image.js';
import { drawLabel, font, PLATE } from '../../media/annotate.js';
import { blurInto } from '../../media/blur.js';
import { type ClipFace, createClipMarks, type Lettering } from '../../media/clip-marks.js';
import type { Sprite } from '../../media/paint.js';
import { loadCanvas } from './canvas.js';
import { FONT_FAMILY } from './font.js';

export interface ClipAnnotatorOptions {
  /** Size of the frames in pixels. */
  readonly width: number;
  readonly height: number;
  /** Show the confidences of the largest face's classes as bars. */
  readonly bars?: boolean | undefined;
  /** What is written of a face; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Hide the faces themselves; boxes and labels stay. */
  readonly blur?: boolean | undefined;
}

export interface ClipAnnotator {
  /**
   * A copy of a frame with its faces marked: box, person's number, and what it shows. Frames come in the clip's order. The
   * result is good until the next call, which reuses its memory. With `blur`, what is in `hide` is hidden as well as the faces.
   * Throws PhizError `invalid-data` for another size.
   */
  draw(image: Image, faces: readonly ClipFace[], hide?: readonly BoundingBox[]): Image;
}

/**
 * Opens an annotator for the frames of one clip. Throws PhizError `engine-unavailable` where the canvas has no binary for this
 * platform.
 */
export async function createClipAnnotator({
  width,
  height,
  bars = true,
  blur = false,
  attributes,
}: ClipAnnotatorOptions): Promise<ClipAnnotator> {
  const marks = createClipMarks({ width, height, bars, attributes, lettering: await createLettering() });
  let memory = new Uint8Array(0);
  return {
    draw(image, faces, hide = []) {
      checkImage(image);
      if (image.width !== width || image.height !== height)
        throw new PhizError(
          'invalid-data',
          `this clip's frames are ${width}×${height}; got one of ${image.width}×${image.height}`,
        );
      const source = image.channels === 1 ? { ...image, channels: 3 as const, data: triple(image.data) } : image;
      if (memory.length !== source.data.length) memory = new Uint8Array(source.data.length);
      memory.set(source.data);
      if (blur) blurInto(source, [...hide, ...faces.map(({ box }) => box)], memory);
      const drawn: Image = { width, height, channels: source.channels, data: memory };
      marks(drawn, faces);
      return drawn;
    },
  };
}

async function createLettering(): Promise<Lettering> {
  const { createCanvas } = await loadCanvas();
  const family = `"${FONT_FAMILY}"`;
  const ruler = createCanvas(1, 1).getContext('2d');
  // Measured large, since glyphs at small sizes are rounded to pixels.
  ruler.font = font(100, family);
  const letter = (width: number, height: number, draw: (context: typeof ruler) => void): Sprite => {
    const context = createCanvas(Math.max(width, 1), Math.max(height, 1)).getContext('2d');
    draw(context);
    return { width, height, rgba: context.getImageData(0, 0, width, height).data };
  };
  return {
    measure: (text) => ruler.measureText(text).width / 100,
    label: (label, colour) => letter(label.box.width, label.box.height, (context) => drawLabel(context, label, colour, family)),
    panel: ({ width, height, fontSize, heading, rows }, title) =>
      letter(width, height, (context) => {
        context.fillStyle = PLATE;
        context.beginPath();
        context.roundRect(0, 0, width, height, fontSize * 0.3);
        context.fill();
        context.fillStyle = '#ffffff';
        context.font = font(fontSize, family);
        context.fillText(title, heading.x, heading.y);
        for (const { label, text } of rows) context.fillText(label, text.x, text.y);
      }),
  };
}

function triple(grey: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, i * 3, i * 3 + 3);
  return rgb;
}
