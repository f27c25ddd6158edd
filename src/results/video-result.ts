/**
 * The result of analysing a clip: a line for each analysed frame, and a summary per person and overall. Plain readonly data, the
 * same on every surface; the published JSON schemas are made from these. Probabilities are never rounded.
 */
import { z } from 'zod';
import { type Attribute, type ClipSummary, isRead, type Tally } from '../attributes/attribute.js';
import { classesFields } from '../attributes/classes/tally.js';
import { ATTRIBUTES, type AttributeName, type CourseName, type Reading } from '../attributes/index.js';
import { boxSchema, landmarksSchema, type Models, modelsSchema, ownSchema, readingShape } from './result.js';

/** Version of the form of a clip's results. */
export const VIDEO_SCHEMA_VERSION = 1;

const share = z.number().min(0).max(1);
/** A face in a frame of a clip. */
const trackedFaceSchema = z
  .object({
    person: z.number().int().positive().describe('stable identity within the clip, from 1 in order of appearance'),
    box: boxSchema,
    landmarks: landmarksSchema
      .nullable()
      .describe('null where the tracker carried the box without looking, or the detector finds boxes alone'),
    confidence: share.describe('of the detection; of the last one where the box was carried'),
    measured: z.boolean().describe('true: found and classified in this frame; false: carried by the tracker between detections'),
    ...Object.fromEntries(
      ATTRIBUTES.flatMap((attribute) => {
        if (!('overTime' in attribute)) return [];
        const followed = attribute.schema.nullable();
        return [[attribute.name, (isRead(attribute) ? followed.optional() : followed).describe(attribute.overTime.says)]];
      }),
    ),
    raw: z
      .object(readingShape(ATTRIBUTES))
      .catchall(ownSchema)
      .readonly()
      .nullable()
      .describe('as measured in this frame alone; null where the box was carried'),
  })
  .catchall(ownSchema.nullable())
  .readonly();

/** One line of `<name>.frames.ndjson`: an analysed frame, also one without a face. */
export const frameResultSchema = z
  .object({
    schemaVersion: z.literal(VIDEO_SCHEMA_VERSION),
    frame: z.number().int().nonnegative().describe('number in the clip, from 0, frames not analysed counted'),
    timestamp: z.number().describe('seconds'),
    duration: z.number().nonnegative().describe('seconds until the next frame of the clip'),
    cut: z.boolean().describe('a new scene begins here: nobody who was there goes on'),
    faces: z.array(trackedFaceSchema).readonly(),
  })
  .readonly() as unknown as z.ZodType<FrameResult>;

const fieldsOf = (of: ClipSummary<unknown>['of']): Record<string, z.ZodType> =>
  Object.fromEntries(
    (ATTRIBUTES as readonly Attribute[]).flatMap(({ summary, ...attribute }) =>
      summary?.of !== of
        ? []
        : Object.entries(summary.fields).map(([name, field]) => [name, isRead(attribute) ? field.optional() : field]),
    ),
  );

/** What is said of classes that a user's own model tells apart. */
const ownFields = z.object(classesFields([], 'class')).readonly();

const timeSummary = z
  .object({
    frames: z.number().int().nonnegative().describe('measured faces: one per person per frame'),
    seconds: z.number().nonnegative().describe('time seen; several persons at once count several times'),
    ...fieldsOf('clip'),
  })
  .catchall(ownFields);

const personSummarySchema = timeSummary
  .extend({
    person: z.number().int().positive(),
    firstSeen: z.number().describe('seconds: the first frame in which the face was measured'),
    lastSeen: z.number().describe('seconds: the last one'),
    ...fieldsOf('person'),
  })
  .readonly();

const count = z.number().int().nonnegative();

/**
 * Why a coded picture gave no frame: it refers to pictures before the file's first key frame; it could not be decoded; the file
 * lists it and does not hold it; it ends before the clip begins (edit lists); it is not meant to be shown (a reference picture, the
 * second field of a frame).
 */
const dropReason = z.enum(['no-key-frame', 'undecodable', 'missing', 'before-start', 'not-shown']);
export type DropReason = z.output<typeof dropReason>;

/** Those by which pictures are lost that belong to the clip: it is not complete then. */
export const LOSSES: readonly DropReason[] = ['no-key-frame', 'undecodable', 'missing'];

const accountShape = z
  .object({
    read: count.describe('coded pictures in the file: `given`, `repeated` and all that are `dropped`'),
    given: count.describe('frames decoded and given'),
    retimed: count.describe("of those given: at another time than the file's, which repeats or goes back"),
    resized: count
      .optional()
      .describe('of those decoded: of another size than the first, in which they stand letterboxed; absent: none'),
    repeated: count.describe('empty pictures: the one before stays'),
    dropped: z
      .array(z.object({ frames: count, why: dropReason }).readonly())
      .readonly()
      .describe('no-key-frame, undecodable and missing are losses: `complete` is false then'),
  })
  .readonly();
/** What became of a clip's coded pictures: `read` is `given` + `repeated` + all that were dropped. */
export type FrameAccount = z.output<typeof accountShape>;

const accountSchema = accountShape
  .nullable()
  .optional()
  .describe('what became of every picture of the file; null where it was not read to its end, or nobody counts');

/** The container of what was recorded live. */
export const CAMERA = 'camera';

/** `<name>.json`. */
const summarySchema = z
  .object({
    schemaVersion: z.literal(VIDEO_SCHEMA_VERSION),
    source: z.string(),
    complete: z.boolean().describe('false: stopped or damaged; what was done so far stands'),
    problem: z.string().nullable().describe('why it is not complete'),
    clip: z
      .object({
        width: z.number().int().positive(),
        height: z.number().int().positive(),
        duration: z.number().nonnegative(),
        start: z
          .number()
          .nonnegative()
          .optional()
          .describe("seconds on the file's own clock at the first frame; all times here count from that frame"),
        frameRate: z.number().nonnegative(),
        frames: z.number().int().nonnegative().describe('frames decoded'),
        analysedFrames: z.number().int().nonnegative(),
        codec: z.string(),
        container: z.string(),
        rotation: z.number(),
        audio: z.boolean(),
        cuts: z.array(z.number()).readonly().describe('seconds at which new scenes begin'),
        account: accountSchema,
      })
      .readonly(),
    notes: z.array(z.string()).readonly().optional().describe('what to bear in mind with these numbers, a sentence each'),
    people: z.array(personSummarySchema).readonly(),
    overall: timeSummary.readonly(),
    settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
    models: modelsSchema,
  })
  .readonly();

/** The form of a clip's summary, as a zod schema; schema/video-summary.schema.json is made from it. */
export const videoSummarySchema = summarySchema as unknown as z.ZodType<VideoSummary>;

/** Time seen, and what attributes say of it. */
interface TimeSummary {
  readonly frames: number;
  readonly seconds: number;
}

/** What attributes say in a summary. Absent where a network was left out. */
type Said<Of> = UnionToIntersection<SaidBy<(typeof ATTRIBUTES)[number], Of>>;
type SaidBy<A, Of> = A extends { readonly summary: { readonly of: Of; start(): Tally<never, infer Says> } } ? Says : never;
type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;

export type PersonSummary = TimeSummary &
  Said<'clip'> &
  Said<'person'> & { readonly person: number; readonly firstSeen: number; readonly lastSeen: number };

/** The published summary of a clip: its people, and what holds of all of it. */
export type VideoSummary = Omit<z.output<typeof summarySchema>, 'models' | 'people' | 'overall'> & {
  readonly models: Models;
  readonly people: readonly PersonSummary[];
  readonly overall: TimeSummary & Said<'clip'>;
};

/** A face in a frame of a clip; what is followed over time is null before it was measured. */
export type TrackedFace<Name extends AttributeName = AttributeName> = {
  readonly person: number;
  readonly box: z.output<typeof boxSchema>;
  readonly landmarks: z.output<typeof landmarksSchema> | null;
  readonly confidence: number;
  readonly measured: boolean;
  readonly raw: Reading<Name> | null;
} & { readonly [A in CourseName & Name]: Reading[A] | null };

/** The published result of one analysed frame of a clip. */
export interface FrameResult<Name extends AttributeName = AttributeName> {
  readonly schemaVersion: typeof VIDEO_SCHEMA_VERSION;
  readonly frame: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly cut: boolean;
  readonly faces: readonly TrackedFace<Name>[];
}
