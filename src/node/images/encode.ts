/** From pixels to the bytes of an image file, by sharp. */
import { PhizError } from '../../core/error.js';
import { checkImage, type Image } from '../../core/image.js';
import { loadSharp, sharpReason } from './sharp.js';

export type ImageFormat = 'png' | 'jpeg' | 'webp';

export interface EncodeOptions {
  /** 1–100, for JPEG and WebP; PNG is lossless. */
  readonly quality?: number | undefined;
  /** JPEG: Huffman tables made for the image, an eighth fewer bytes in twice the time. Default: true. */
  readonly optimise?: boolean | undefined;
}

/**
 * Encodes an image. JPEG keeps full colour resolution, so that coloured lines and text stay sharp, and lays transparency over
 * white. Throws PhizError `invalid-option` for an unknown format or quality, `invalid-data` for what the format cannot hold.
 */
export async function encodeImage(
  image: Image,
  format: ImageFormat,
  { quality = 90, optimise = true }: EncodeOptions = {},
): Promise<Uint8Array> {
  checkImage(image);
  if (!Number.isInteger(quality) || quality < 1 || quality > 100)
    throw new PhizError('invalid-option', `quality must be a whole number from 1 to 100, not ${quality}`);
  const sharp = await loadSharp();
  const { width, height, channels } = image;
  const pixels = sharp(image.data, { raw: { width, height, channels }, limitInputPixels: false });
  try {
    switch (format) {
      case 'png':
        return await pixels.png({ compressionLevel: 3, adaptiveFiltering: true }).toBuffer();
      case 'jpeg':
        return await pixels
          .flatten({ background: '#ffffff' })
          .jpeg({ quality, chromaSubsampling: '4:4:4', optimiseCoding: optimise })
          .toBuffer();
      case 'webp':
        return await pixels.webp({ quality }).toBuffer();
      default:
        throw new PhizError('invalid-option', `format must be 'png', 'jpeg' or 'webp', not '${String(format satisfies never)}'`);
    }
  } catch (cause) {
    if (cause instanceof PhizError) throw cause;
    const what = `an image of ${width}×${height} pixels cannot be written as ${format}: ${sharpReason(cause)}`;
    throw new PhizError('invalid-data', what, { cause });
  }
}
