/**
 * The result of an analysis, as plain readonly data: the same on every surface (library, CLI JSON, HTTP, browser). The published
 * JSON schema in schema/ is made from these zod schemas. What a face shows comes from the list of attributes, each under its own
 * name; one that was left out of an analysis is absent. Probabilities are never rounded.
 */
import { z } from 'zod';
import { type Attribute, isRead } from '../attributes/attribute.js';
import { classesSchema } from '../attributes/classes/schema.js';
import { ATTRIBUTES, type AttributeName, type NetworkName, type Reading } from '../attributes/index.js';

export type { AgeResult } from '../attributes/age/schema.js';
export type { EmotionResult } from '../attributes/emotion/schema.js';
export type { Quality } from '../attributes/quality/schema.js';

/** Version of the form of a photo's result; it changes where a reader would have to. */
export const SCHEMA_VERSION = 1;

const probability = z.number().min(0).max(1);
const point = z.object({ x: z.number(), y: z.number() }).readonly();

export const boxSchema = z
  .object({ x: z.number(), y: z.number(), width: z.number().nonnegative(), height: z.number().nonnegative() })
  .readonly()
  .describe('in pixels of the displayed image, origin at its top left');

export const landmarksSchema = z
  .object({ leftEye: point, rightEye: point, nose: point, leftMouth: point, rightMouth: point })
  .readonly()
  .describe('in pixels of the displayed image; left and right as the viewer sees them');

/** What a user's own models read (src/attributes/own.ts), under the names of their cards. */
export const ownSchema = classesSchema([]).describe("what a model of one's own reads, under its name");

/** What was measured of a face, by attribute. A network may be left out, so what it reads is optional. */
export function readingShape(attributes: readonly Attribute[]): Record<string, z.ZodType> {
  return Object.fromEntries(
    attributes.map((attribute) => [attribute.name, isRead(attribute) ? attribute.schema.optional() : attribute.schema]),
  );
}

const faceSchema = z
  .object({
    box: boxSchema,
    landmarks: landmarksSchema.nullable().describe('null where the detector finds boxes alone'),
    confidence: probability.describe('that this is a face'),
    ...readingShape(ATTRIBUTES),
  })
  .catchall(ownSchema)
  .readonly();

const modelName = z.object({ name: z.string(), version: z.string() }).readonly();
export type ModelName = z.output<typeof modelName>;

/** The models of an analysis: the detector, and one for each attribute that a network reads. */
export const modelsSchema = z
  .object({
    detector: modelName,
    ...Object.fromEntries(ATTRIBUTES.filter(isRead).map(({ name }) => [name, modelName.optional()])),
  })
  .catchall(modelName)
  .readonly() as unknown as z.ZodType<Models>;

/** The form of a photo's result, as a zod schema; schema/photo-result.schema.json is made from it. */
export const photoResultSchema = z
  .object({
    schemaVersion: z.literal(SCHEMA_VERSION),
    source: z.string(),
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    warnings: z
      .array(z.string())
      .readonly()
      .optional()
      .describe('what is wrong with the photo, where it was read all the same, and what may have been missed in it'),
    faces: z.array(faceSchema).readonly().describe('largest first'),
    models: modelsSchema,
  })
  .readonly() as unknown as z.ZodType<PhotoResult>;

/** A face, with what the analyzer reads of it. */
export type FaceResult<Name extends AttributeName = AttributeName> = {
  readonly box: z.output<typeof boxSchema>;
  readonly landmarks: z.output<typeof landmarksSchema> | null;
  readonly confidence: number;
} & Reading<Name>;

/** Name and version of each model. */
export type Models<Name extends AttributeName = AttributeName> = { readonly detector: ModelName } & {
  readonly [A in NetworkName & Name]: ModelName;
};

/** The published result of a photo, as JSON files and the service hold it. */
export interface PhotoResult<Name extends AttributeName = AttributeName> {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly source: string;
  readonly width: number;
  readonly height: number;
  /** What is wrong with the photo, where it was read all the same. */
  readonly warnings?: readonly string[] | undefined;
  /** Largest first. */
  readonly faces: readonly FaceResult<Name>[];
  readonly models: Models<Name>;
}
