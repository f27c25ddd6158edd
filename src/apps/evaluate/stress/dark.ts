/** Images with a part of their light, in 8 bits: what is lost in the dark is lost. */
import type { Condition } from './condition.js';

export const DARK: readonly Condition[] = [0.5, 0.25, 0.1].map((light) => ({
  family: 'dark',
  level: `${100 * light} % of the light`,
  apply: (image) => ({ ...image, data: image.data.map((sample) => Math.round(sample * light)) }),
}));
