/** The frames of an annotated clip, as pixels: marked by clip-marks.ts, faces hidden by blur.ts. */
import type { Attribute } from '../attributes/attribute.js';
import { PhizError } from '../core/error.js';
import type { BoundingBox } from '../core/geometry.js';
import { checkImage, type Image } from '../core/image.js';
import { blurInto } from './blur.js';
import { type ClipFace, createClipMarks, type Lettering } from './clip-marks.js';

export interface ClipAnnotatorOptions {
  readonly lettering: Lettering;
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

/** Opens an annotator for the frames of one clip. */
export function createClipAnnotator({
  lettering,
  width,
  height,
  bars = true,
  blur = false,
  attributes,
}: ClipAnnotatorOptions): ClipAnnotator {
  const marks = createClipMarks({ width, height, bars, attributes, lettering });
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

function triple(grey: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, i * 3, i * 3 + 3);
  return rgb;
}
