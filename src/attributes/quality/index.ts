/** How good a face's image is for the networks: as an attribute. */
import type { MeasuredAttribute } from '../attribute.js';
import { faceQuality } from './measure.js';
import { type Quality, qualitySchema } from './schema.js';

export const quality = {
  name: 'quality',
  schema: qualitySchema,
  measure: (image, { box }, facePixels) => faceQuality(image, box, facePixels),
  columns: [
    {
      name: 'size',
      type: 'number',
      says: 'how good the face’s image is; in clips empty where it was not measured',
      unit: '0 to 1',
      value: ({ size }) => size,
    },
    { name: 'sharpness', type: 'number', value: ({ sharpness }) => sharpness },
  ],
} as const satisfies MeasuredAttribute<'quality', Quality>;
