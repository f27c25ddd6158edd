/**
 * A decoded image in memory: rows of interleaved 8-bit samples. Knows nothing of files, codecs or canvases
 * (src/node and src/browser decode), nor of networks (resample.ts turns pixels into tensors).
 */
import { kindOf } from './check.js';
import { PhizError } from './error.js';

/** Pixels as displayed (EXIF orientation already applied), row by row from the top left, interleaved, sRGB, no padding. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: RGB, 4: RGBA (alpha is ignored by the networks: decoders flatten over white). */
  readonly channels: 1 | 3 | 4;
  /** width · height · channels samples, 0–255. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Checks that an image's sizes agree with its data. Throws PhizError `invalid-data`. */
export function checkImage(image: Image): Image {
  if (typeof image !== 'object' || image === null || !('data' in image))
    throw new PhizError(
      'invalid-data',
      `an image is { width, height, channels, data }, which readImage makes of a file or bytes; got ${kindOf(image)}`,
    );
  const { width, height, channels, data } = image;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1)
    throw new PhizError('invalid-data', `an image needs whole, positive sizes; got ${width}×${height}`);
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new PhizError('invalid-data', `an image has 1, 3 or 4 channels; got ${String(channels)}`);
  if (data.length !== width * height * channels)
    throw new PhizError(
      'invalid-data',
      `an image of ${width}×${height} with ${channels} channels needs ${width * height * channels} samples; got ${data.length}`,
    );
  return image;
}
