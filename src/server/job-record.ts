/** A job as its file on disk has it; what the service says of it (src/results/service.ts) is made from this. */
import { z } from 'zod';
import { FACE_LIMITS, FOLLOW_OPTIONS, optionShape } from '../results/analysis-options.js';
import { JOB_STATES, jobSchema, PROBLEM_CODES } from '../results/service.js';

/** How a clip is to be analysed. */
export const clipSettingsSchema = z
  .object({
    ...optionShape(FACE_LIMITS),
    ...optionShape(FOLLOW_OPTIONS),
    annotated: z.boolean(),
    bars: z.boolean(),
    blur: z.boolean(),
  })
  .readonly();

export const jobRecordSchema = z
  .object({
    recordVersion: z.literal(1),
    id: z.string().regex(/^[0-9a-f]{32}$/),
    /** Id of the key that made it; null where none was asked for. */
    owner: z.string().nullable().default(null),
    state: z.enum(JOB_STATES),
    /** What the results call the clip. */
    source: z.string(),
    settings: clipSettingsSchema,
    created: z.iso.datetime(),
    started: z.iso.datetime().nullable(),
    ended: z.iso.datetime().nullable(),
    /** Processes that died on it while the service lived. */
    attempts: z.number().int().nonnegative(),
    /** Times in a row that the service died while the job ran. */
    interrupted: z.number().int().nonnegative().default(0),
    /** Whether the webhook was told that it ended. */
    announced: z.boolean().default(false),
    /** Folder of the results, within the job's. */
    out: z
      .string()
      .regex(/^out-[0-9a-f]+$/)
      .nullable(),
    complete: z.boolean().nullable(),
    problem: z
      .object({ code: z.enum(PROBLEM_CODES), detail: z.string() })
      .readonly()
      .nullable(),
    warnings: z.array(z.string()).readonly(),
    /** Of an ended job. */
    progress: jobSchema.unwrap().shape.progress.nullable(),
  })
  .readonly();

export type ClipSettings = z.output<typeof clipSettingsSchema>;
export type JobRecord = z.output<typeof jobRecordSchema>;

/** The record of a job that has just been accepted. */
export function newRecord({
  id,
  owner = null,
  source,
  settings,
}: Pick<JobRecord, 'id' | 'source' | 'settings'> & Partial<Pick<JobRecord, 'owner'>>): JobRecord {
  return {
    recordVersion: 1,
    id,
    owner,
    state: 'queued',
    source,
    settings,
    created: new Date().toISOString(),
    started: null,
    ended: null,
    attempts: 0,
    interrupted: 0,
    announced: false,
    out: null,
    complete: null,
    problem: null,
    warnings: [],
    progress: null,
  };
}

/**
 * When what ended then is deleted; both in milliseconds since 1970. What ended in the future is from before the clock was set back, and stays as
 * long as what ends now.
 */
export function expiryOf(ended: number, keepMinutes: number): number {
  return Math.min(ended, Date.now()) + 60_000 * keepMinutes;
}
