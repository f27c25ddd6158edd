/** Images with fewer pixels. */

import { scaleBox } from '../../../core/geometry.js';
import type { Image } from '../../../core/image.js';
import { scaleTo } from '../logits.js';
import type { Condition } from './condition.js';

/** Faces cut out beforehand, by their longer side; what is smaller stays. */
export const SMALL_FACES: readonly Condition[] = [32, 24, 16].map((side) => ({
  family: 'small',
  level: `${side} px`,
  apply: (image) => (Math.max(image.width, image.height) > side ? scaleTo(image, side) : image),
}));

/** Whole photos. */
export const SMALL_PHOTOS: readonly Condition[] = [2, 4].map((times) => {
  const side = (image: Image) => Math.max(1, Math.round(Math.max(image.width, image.height) / times));
  return {
    family: 'small',
    level: `1/${times} of the size`,
    apply: (image) => scaleTo(image, side(image)),
    move: (box, image) => scaleBox(box, side(image) / Math.max(image.width, image.height)),
  };
});
