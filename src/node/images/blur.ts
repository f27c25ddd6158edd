/** An image out of focus, by sharp. */
import type { Image } from '../../core/image.js';
import { loadSharp } from './sharp.js';

/** The image under a Gaussian of the given standard deviation in pixels; below 0.3 as it is, where sharp would do something else. */
export async function blurImage(image: Image, sigma: number): Promise<Image> {
  if (sigma < 0.3) return image;
  const sharp = await loadSharp();
  const { width, height, channels } = image;
  const pixels = sharp(image.data, { raw: { width, height, channels }, limitInputPixels: false });
  const blurred = channels === 1 ? pixels.blur({ sigma }).toColourspace('b-w') : pixels.blur({ sigma });
  const { data, info } = await blurred.raw().toBuffer({ resolveWithObject: true });
  return { width, height, channels: info.channels as Image['channels'], data };
}
