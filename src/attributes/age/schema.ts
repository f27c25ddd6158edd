/** What phiz says about a face's age. */
import { z } from 'zod';
import { AGE_RANGES } from './ranges.js';

export const ageSchema = z
  .object({
    range: z.enum(AGE_RANGES).describe('first and last year'),
    years: z.number().describe('median of the predicted distribution'),
    interval: z.tuple([z.number(), z.number()]).readonly().describe('10th and 90th percentile of the predicted distribution'),
    reliable: z.boolean().default(true).describe('false: the interval is too wide to go by'),
    probabilities: z.record(z.enum(AGE_RANGES), z.number().min(0).max(1)).readonly(),
  })
  .readonly();

/** What a face says of its age: years, their interval, and the range that they fall into. */
export type AgeResult = z.output<typeof ageSchema>;
