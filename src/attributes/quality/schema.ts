/** What phiz says about the quality of a face's image. */
import { z } from 'zod';

const probability = z.number().min(0).max(1);

export const qualitySchema = z
  .object({
    size: probability.describe('1 where the face is at least as large as the classifiers see it'),
    sharpness: probability.describe('0: no detail left, 1: as sharp as a good photo'),
  })
  .readonly();

/** How well a face can be seen, measured on its pixels. */
export type Quality = z.output<typeof qualitySchema>;
