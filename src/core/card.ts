/**
 * The model card: data beside each .onnx (`emotion.onnx` + `emotion.json`) that says what goes in, what comes out, what it
 * was trained on, how good it is and who owns it. Preprocessing is read from here, never guessed from a tensor's shape.
 */
import { z } from 'zod';
import { parsedAs } from './schema-fault.js';

/** Longest side of an input in pixels: memory is taken for what a card says. */
const LONGEST_SIDE = 4096;
/** Most labels, and their longest in characters: messages and tables repeat them. */
const MOST_LABELS = 1000;
const LONGEST_LABEL = 200;

const interval = z.tuple([z.number(), z.number()]);

/** A measured figure: its value, the 95 % interval where there is one, and on what it was measured. */
export const metricSchema = z
  .object({
    name: z.string(),
    value: z.number(),
    interval: interval.optional(),
    on: z.string().describe('data set and split, and how many samples'),
  })
  .readonly();

/** A figure under a condition that is worse than the training's ('plain': none); `phiz evaluate --stress` measures them. */
export const stressSchema = metricSchema.unwrap().extend({ condition: z.string() }).readonly();

/** What a classifier or detector wants to be fed: NCHW float32, value = (sample − mean) · scale. */
export const inputSchema = z
  .object({
    name: z.string().default('input'),
    /** 1: grey (ITU-R BT.601 luma), 3: colour in `order`. */
    channels: z.union([z.literal(1), z.literal(3)]),
    /** Side lengths in pixels of a classifier's input; a detector takes any size that is a multiple of `multiple`. */
    width: z.number().int().positive().max(LONGEST_SIDE).optional(),
    height: z.number().int().positive().max(LONGEST_SIDE).optional(),
    multiple: z.number().int().positive().max(LONGEST_SIDE).optional(),
    order: z.enum(['RGB', 'BGR', 'grey']),
    /** Fed value = (sample − mean) · scale, sample 0–255. */
    mean: z.number(),
    scale: z.number(),
  })
  .readonly();

/**
 * How a classifier's crop is cut from the image: see squareCrop in geometry.ts. Lengths are in units of the root of the box's area, with
 * alignment 'points' in sides of the template of five points that a face is laid onto (src/classify/align.ts).
 */
export const cropSchema = z
  .object({
    /** Side of the square. */
    margin: z.number().positive(),
    /** Downward shift of the square's centre. */
    shift: z.number().default(0),
    alignment: z.enum(['none', 'eyes', 'points']).default('none'),
  })
  .readonly();

/**
 * The view of a data set's own image (already cut to a face) that a classifier was trained and is measured on: a centred square.
 * Photos go through `crop` instead.
 */
export const directSchema = z
  .object({
    /** Side of the square in units of the image's shorter side. */
    cover: z.number().positive().default(1),
    /** Downward shift of the square's centre in the same units. */
    shift: z.number().default(0),
  })
  .readonly();

/** The form of a model card, as a zod schema; schema/model-card.schema.json is made from it. */
export const cardSchema = z
  .object({
    cardVersion: z.literal(1),
    name: z.string().min(1),
    version: z.string().min(1),
    task: z
      .string()
      .regex(/^[a-z][a-z0-9_-]*$/)
      .describe('what it is for: detector, classes (of its own), or the name of what it reads from a face'),
    summary: z.string(),
    file: z.string().describe('the .onnx beside this card'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: z.number().int().positive(),
    parameters: z.number().int().nonnegative(),
    multiplyAdds: z
      .number()
      .nonnegative()
      .optional()
      .describe('of one pass: for one face, or for one 640×640 image of a detector'),
    input: inputSchema,
    crop: cropSchema.optional(),
    direct: directSchema.optional(),
    mirror: z
      .boolean()
      .optional()
      .describe(
        'classifiers: each crop is seen as it is and mirrored, and the mean of both rows of logits taken, at twice the cost',
      ),
    /** Class names in the order of the logits: emotions, age ranges or the user's own. */
    labels: z.array(z.string().max(LONGEST_LABEL)).max(MOST_LABELS).readonly(),
    /** Divides the logits before the soft-max (calibration, Guo et al. 2017, arXiv:1706.04599). */
    temperature: z.number().positive().default(1),
    /** Detectors: default score threshold and NMS IoU. */
    detector: z
      .object({
        kind: z.enum(['phiz']),
        strides: z.array(z.number().int()).readonly(),
        scoreThreshold: z.number(),
        nmsIou: z.number(),
        refiner: z
          .string()
          .optional()
          .describe('the card, beside this one, of the network that looks at its candidates once more'),
      })
      .readonly()
      .optional(),
    /** Refiners: how a detector's candidates are cut, and how much their word counts. */
    refiner: z
      .object({
        margin: z.number().positive().describe("side of the square in units of the root of the box's area"),
        weight: z.number().gt(0).lt(1).describe('the score is detector^(1 − weight) · refiner^weight'),
        boxWeight: z.number().gt(0).lte(1).default(1).describe('the box is the mean of both, the refiner’s weighing this much'),
        mirror: z
          .boolean()
          .optional()
          .describe('what is still a face after that is looked at once more, mirrored and about its new box'),
      })
      .readonly()
      .optional(),
    training: z
      .object({
        data: z.array(z.object({ name: z.string(), split: z.string(), samples: z.number().int(), terms: z.string() })),
        command: z.string(),
        seed: z.number().int(),
        epochs: z.number(),
        bestEpoch: z.number().optional(),
        date: z.string(),
      })
      .readonly()
      .optional(),
    metrics: z.array(metricSchema).readonly().default([]),
    stress: z.array(stressSchema).readonly().optional(),
    limits: z.array(z.string()).readonly().default([]),
    licence: z.string(),
    provenance: z.string().describe('who trained it on what, and what that means for its use'),
  })
  .readonly();

/** A validated model card. */
export type ModelCard = z.output<typeof cardSchema>;
export type ModelInput = ModelCard['input'];

/** A model in memory: its card and the ONNX bytes (already checked against the card's sha256). */
export interface Model {
  readonly card: ModelCard;
  readonly bytes: Uint8Array;
  /** A detector's refiner, where its card names one. */
  readonly refiner?: Model | undefined;
  /** Where the bytes were read from, for messages. Default: the card's `file`. */
  readonly file?: string | undefined;
}

/** Reads a card from parsed JSON. Throws PhizError `model-damaged` naming the first field at fault and `where`. */
export function parseCard(json: unknown, where: string): ModelCard {
  return parsedAs(cardSchema, json, { code: 'model-damaged', lead: `${where} is not a model card`, whole: 'card' });
}
