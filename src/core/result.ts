/**
 * What an analysis says, as plain readonly data: the same on every surface (library, CLI JSON, HTTP, browser). The published
 * JSON schema in schema/ is made from these zod schemas. Probabilities are never rounded.
 */
import { z } from 'zod';
import { AGE_RANGES, EMOTIONS } from './labels.js';

export const SCHEMA_VERSION = 1;

const probability = z.number().min(0).max(1);
const point = z.object({ x: z.number(), y: z.number() }).readonly();

export const boxSchema = z
  .object({ x: z.number(), y: z.number(), width: z.number().nonnegative(), height: z.number().nonnegative() })
  .readonly()
  .describe('in pixels of the displayed picture, origin at its top left');

export const landmarksSchema = z
  .object({ leftEye: point, rightEye: point, nose: point, leftMouth: point, rightMouth: point })
  .readonly()
  .describe('in pixels of the displayed picture; left and right as the viewer sees them');

export const emotionSchema = z
  .object({
    label: z.enum(EMOTIONS),
    confidence: probability,
    probabilities: z.record(z.enum(EMOTIONS), probability).readonly(),
  })
  .readonly();

export const ageSchema = z
  .object({
    range: z.enum(AGE_RANGES).describe('first and last year'),
    years: z.number().describe('median of the predicted distribution'),
    interval: z.tuple([z.number(), z.number()]).readonly().describe('10th and 90th percentile of the predicted distribution'),
    probabilities: z.record(z.enum(AGE_RANGES), probability).readonly(),
  })
  .readonly();

export const qualitySchema = z
  .object({
    size: probability.describe('1 where the face is at least as large as the classifiers see it'),
    sharpness: probability.describe('0: no detail left, 1: as sharp as a good photo'),
  })
  .readonly();

export const faceSchema = z
  .object({
    box: boxSchema,
    landmarks: landmarksSchema.nullable().describe('null where the detector finds boxes alone'),
    confidence: probability.describe('that this is a face'),
    emotion: emotionSchema,
    age: ageSchema,
    quality: qualitySchema,
  })
  .readonly();

const modelName = z.object({ name: z.string(), version: z.string() }).readonly();

export const photoResultSchema = z
  .object({
    schemaVersion: z.literal(SCHEMA_VERSION),
    source: z.string(),
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    faces: z.array(faceSchema).readonly().describe('largest first'),
    models: z.object({ detector: modelName, emotion: modelName, age: modelName }).readonly(),
  })
  .readonly();

export type FaceResult = z.output<typeof faceSchema>;
export type EmotionResult = z.output<typeof emotionSchema>;
export type AgeResult = z.output<typeof ageSchema>;
export type Quality = z.output<typeof qualitySchema>;
export type PhotoResult = z.output<typeof photoResultSchema>;
