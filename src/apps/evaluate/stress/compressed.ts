/** Images that went through a JPEG encoder. */
import { encodeImage } from '../../../node/images/encode.js';
import { readImage } from '../../../node/images/read-image.js';
import type { Condition } from './condition.js';

export const COMPRESSED: readonly Condition[] = [50, 20, 10].map((quality) => ({
  family: 'JPEG',
  level: `quality ${quality}`,
  apply: async (image) => readImage(await encodeImage(image, 'jpeg', { quality })),
}));
