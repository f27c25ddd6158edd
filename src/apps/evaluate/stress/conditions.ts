/** The conditions under which networks are measured, in the order of tables. */
import { BLURRED_FACES, BLURRED_PHOTOS } from './blurred.js';
import { COMPRESSED } from './compressed.js';
import type { Condition } from './condition.js';
import { COVERED } from './covered.js';
import { DARK } from './dark.js';
import { GREY } from './grey.js';
import { NOISY } from './noisy.js';
import { SMALL_FACES, SMALL_PHOTOS } from './small.js';
import { TURNED_FACES, TURNED_PHOTOS } from './turned.js';

/** For classifiers: images of one face each. A network that sees grey cannot miss colours. */
export function faceConditions(grey: boolean): readonly Condition[] {
  const colour = grey ? [] : GREY;
  return [...TURNED_FACES, ...BLURRED_FACES, ...DARK, ...COMPRESSED, ...NOISY, ...SMALL_FACES, ...COVERED, ...colour];
}

/** For detectors: whole photos. */
export const PHOTO_CONDITIONS: readonly Condition[] = [
  ...TURNED_PHOTOS,
  ...BLURRED_PHOTOS,
  ...DARK,
  ...COMPRESSED,
  ...NOISY,
  ...SMALL_PHOTOS,
  ...GREY,
];
