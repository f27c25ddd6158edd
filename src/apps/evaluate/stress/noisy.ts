/** Images with a sensor's noise: Gaussian, each sample its own. */
import type { Image } from '../../../core/image.js';
import { random } from '../../../core/random.js';
import type { Condition } from './condition.js';

export const NOISY: readonly Condition[] = [10, 20, 40].map((deviation) => ({
  family: 'noisy',
  level: `σ ${deviation} of 255`,
  apply: (image, number) => withNoise(image, deviation, number),
}));

/** Normal deviates, drawn once: millions of samples an image each drawing its own would take minutes. */
const COUNT = 1 << 16;
const STREAM = random(1);
const DEVIATES = Float32Array.from({ length: COUNT }, () => STREAM.normal());

function withNoise(image: Image, deviation: number, number: number): Image {
  const stream = random(2, number);
  // Each image goes through the deviates from a place and in steps of its own.
  const step = 2 * stream.integer(COUNT / 2) + 1;
  let at = stream.integer(COUNT);
  const data = new Uint8ClampedArray(image.data.length);
  for (let i = 0; i < data.length; i++, at = (at + step) & (COUNT - 1)) data[i] = image.data[i]! + deviation * DEVIATES[at]!;
  return { ...image, data };
}
