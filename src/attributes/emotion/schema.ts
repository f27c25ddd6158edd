/** What phiz says of a face's expression. */
import { z } from 'zod';
import { EMOTIONS } from './labels.js';

const probability = z.number().min(0).max(1);

export const emotionSchema = z
  .object({
    label: z.enum(EMOTIONS),
    confidence: probability,
    probabilities: z.record(z.enum(EMOTIONS), probability).readonly(),
  })
  .readonly();

export type EmotionResult = z.output<typeof emotionSchema>;
