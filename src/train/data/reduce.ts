/** Exact cropping and halving of 8-bit images: what composing training images needs before the sampler of core/resample.ts. */
import type { BoundingBox } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';

/** The part of an image inside `frame`, whose whole numbers must lie inside the image. */
export function cropImage(image: Image, frame: BoundingBox): Image {
  const { channels } = image;
  const line = frame.width * channels;
  const data = new Uint8Array(line * frame.height);
  for (let row = 0; row < frame.height; row++) {
    const from = ((frame.y + row) * image.width + frame.x) * channels;
    data.set(image.data.subarray(from, from + line), row * line);
  }
  return { width: frame.width, height: frame.height, channels, data };
}

/** An image of half the size, each pixel the mean of 2×2; an odd last row or column is left out. */
export function halveImage(image: Image): Image {
  const { channels, data: source } = image;
  const width = image.width >> 1;
  const height = image.height >> 1;
  const line = image.width * channels;
  const data = new Uint8Array(width * height * channels);
  let o = 0;
  for (let row = 0; row < height; row++) {
    let p = 2 * row * line;
    for (let column = 0; column < width; column++, p += channels)
      for (let c = 0; c < channels; c++, p++)
        data[o++] = (source[p]! + source[p + channels]! + source[p + line]! + source[p + line + channels]! + 2) >> 2;
  }
  return { width, height, channels, data };
}
