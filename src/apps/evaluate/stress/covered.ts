/**
 * Faces of which a part is covered by a grey patch: a mask, a scarf; sunglasses, a hand. In the images of FER-2013, UTKFace and RAF-DB our
 * detector sees 80 % of the eyes 0.27 to 0.43 and of the mouths 0.65 to 0.80 down the image's square, the eyes 0.27 to 0.47 apart.
 */
import type { Image } from '../../../core/image.js';
import type { Condition } from './condition.js';

export const COVERED: readonly Condition[] = [
  covered('mouth', { left: 0.24, right: 0.76, top: 0.6, bottom: 0.86 }),
  covered('eyes', { left: 0.14, right: 0.86, top: 0.22, bottom: 0.48 }),
];

/** In parts of the shorter side, within the square in the image's middle. */
interface Patch {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function covered(level: string, patch: Patch): Condition {
  return { family: 'covered', level, apply: (image) => paintOver(image, patch) };
}

function paintOver(image: Image, { left, right, top, bottom }: Patch): Image {
  const { width, height, channels } = image;
  const side = Math.min(width, height);
  const x = (share: number) => Math.round((width - side) / 2 + share * side);
  const y = (share: number) => Math.round((height - side) / 2 + share * side);
  const data = image.data.slice();
  for (let row = y(top); row < y(bottom); row++)
    data.fill(127, (row * width + x(left)) * channels, (row * width + x(right)) * channels);
  return { ...image, data };
}
