/** Pixels that are decoded already, as platforms hand them around: `ImageData` of a canvas, or phiz's own images. */
import { PhizError } from '../../core/error.js';
import { checkImage, type Image } from '../../core/image.js';

/** The pixels of an `ImageData`, of browsers or of a canvas package: RGBA, 8 bits. */
export interface PixelData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** The image that a source is, transparency laid over white; undefined where it is none. Throws PhizError `invalid-data`. */
export function imageOfPixels(source: unknown): Image | undefined {
  if (typeof source !== 'object' || source === null || !('data' in source && 'width' in source && 'height' in source))
    return undefined;
  const { width, height, data } = source as PixelData;
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray))
    throw new PhizError('invalid-data', 'pixels are 8 bits a sample: Uint8Array or Uint8ClampedArray');
  if ('channels' in source) return checkImage(source as Image);
  return overWhite(checkImage({ width, height, channels: 4, data }));
}

function overWhite({ width, height, data }: Image): Image {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const alpha = data[4 * i + 3]! / 255;
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round(data[4 * i + c]! * alpha + 255 * (1 - alpha));
  }
  return { width, height, channels: 3, data: rgb };
}
