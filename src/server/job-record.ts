/** A job as its file on disk has it; what the service says of it (src/results/service.ts) is made from this. */
import { z } from 'zod';
import { clipFile } from '../apps/analyze/formats.js';
import { FACE_LIMITS, FOLLOW_OPTIONS, optionShape } from '../results/analysis-options.js';
import { JOB_STATES, type Job, jobSchema, PROBLEM_CODES } from '../results/service.js';

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
    state: z.enum(JOB_STATES),
    /** What the results call the clip. */
    source: z.string(),
    settings: clipSettingsSchema,
    created: z.iso.datetime(),
    started: z.iso.datetime().nullable(),
    ended: z.iso.datetime().nullable(),
    /** Attempts begun that the service did not break off itself. */
    attempts: z.number().int().nonnegative(),
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

/** What can be fetched of a job done: the file in its folder of results, and its type. */
export const JOB_PARTS = {
  summary: { file: 'clip.json', type: 'application/json' },
  frames: clipFile('clip', 'ndjson'),
  'timeline.csv': clipFile('clip', 'csv'),
  report: clipFile('clip', 'html'),
  annotated: clipFile('clip', 'mp4'),
} as const;
export type JobPart = keyof typeof JOB_PARTS;

/** The record of a job that has just been accepted. */
export function newRecord({ id, source, settings }: Pick<JobRecord, 'id' | 'source' | 'settings'>): JobRecord {
  return {
    recordVersion: 1,
    id,
    state: 'queued',
    source,
    settings,
    created: new Date().toISOString(),
    started: null,
    ended: null,
    attempts: 0,
    out: null,
    complete: null,
    problem: null,
    warnings: [],
    progress: null,
  };
}

/** The job as the service tells it. */
export function jobView(record: JobRecord, progress: Job['progress'], keepMinutes: number): Job {
  const { id, state, created, started, ended, complete, problem, warnings, settings } = record;
  const path = (part: JobPart): string => `/v1/jobs/${id}/${part}`;
  return {
    id,
    state,
    progress,
    created,
    started,
    ended,
    complete,
    problem,
    warnings,
    expires: ended === null ? null : new Date(expiryOf(ended, keepMinutes)).toISOString(),
    results:
      state === 'done'
        ? {
            summary: path('summary'),
            frames: path('frames'),
            timeline: path('timeline.csv'),
            report: path('report'),
            annotated: settings.annotated ? path('annotated') : null,
          }
        : null,
  };
}

/** When a job that ended then is deleted, in milliseconds. */
export function expiryOf(ended: string, keepMinutes: number): number {
  return Date.parse(ended) + 60_000 * keepMinutes;
}
