/**
 * What the HTTP service returns besides results: problems, jobs, its state. The OpenAPI document is made from these schemas, and the
 * typed client (src/client) has its types from here. Nothing of HTTP itself.
 */
import { z } from 'zod';
import { cardSchema } from '../core/card.js';
import { JOB_KINDS } from './job-kinds.js';
import { modelsSchema } from './result.js';

/** Stable codes of what can go wrong over HTTP, safe to switch on. Where a PhizError has the same code, it means the same. */
export const PROBLEM_CODES = [
  'invalid-option',
  'invalid-data',
  'not-an-image',
  'image-too-large',
  'too-costly',
  'no-upload',
  'unsupported-media-type',
  'upload-too-large',
  'upload-incomplete',
  'upload-timeout',
  'download-failed',
  'unauthorized',
  'host-not-allowed',
  'origin-not-allowed',
  'not-found',
  'method-not-allowed',
  'range-not-satisfiable',
  'job-not-found',
  'job-not-ready',
  'job-failed',
  'job-crashed',
  'busy',
  'insufficient-storage',
  'shutting-down',
  'engine-unavailable',
  'engine-failed',
  'internal-error',
] as const;
/** Stable codes of the service's problems, safe to switch on. */
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** RFC 9457 `application/problem+json`. */
export const problemSchema = z
  .object({
    type: z.string().describe('a URN made of the code'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('one line: the value at fault and the way out'),
    code: z.enum(PROBLEM_CODES).describe('stable, safe to switch on'),
    requestId: z.string().describe('the same as in the X-Request-Id header and in the log'),
  })
  .readonly();

/** Where a job is in its life. */
export const JOB_STATES = ['queued', 'running', 'done', 'failed'] as const;

export const jobSchema = z
  .object({
    id: z.string().regex(/^[0-9a-f]{32}$/),
    kind: z.enum(JOB_KINDS),
    state: z.enum(JOB_STATES),
    progress: z
      .object({
        frames: z.number().int().nonnegative().describe('frames of the clip, photos or recordings done'),
        totalFrames: z.number().int().nonnegative().nullable().describe('null where the clip does not tell'),
      })
      .readonly()
      .describe('of the present attempt'),
    created: z.iso.datetime(),
    started: z.iso.datetime().nullable().describe('of the present or last attempt'),
    ended: z.iso.datetime().nullable(),
    expires: z.iso.datetime().nullable().describe('when an ended job and its results are deleted'),
    complete: z.boolean().nullable().describe('of a job done: whether the clip was read to its end'),
    problem: z
      .object({ code: z.enum(PROBLEM_CODES), detail: z.string() })
      .readonly()
      .nullable()
      .describe('why the job failed, or why a job done is not complete'),
    warnings: z.array(z.string()).readonly(),
    results: z
      .object({
        summary: z.string(),
        frames: z.string(),
        timeline: z.string(),
        report: z.string(),
        annotated: z.string().nullable().describe('null where none was asked for'),
      })
      .readonly()
      .nullable()
      .describe('paths of the results of a clip; null until the job is done'),
    files: z.string().nullable().describe('path of the list of all files of the results; null until the job is done'),
  })
  .readonly();

/** The files of the results of a job. */
export const jobFilesSchema = z
  .object({
    files: z
      .array(
        z
          .object({
            name: z.string().describe('with / between folders'),
            bytes: z.number().int().nonnegative(),
            path: z.string().describe('where it is fetched'),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

/** Whether the service is alive, or ready for work. */
export const healthSchema = z.object({ status: z.enum(['ok', 'unavailable']), version: z.string() }).readonly();

/** The models at work, and the cards of those in the package. */
export const modelListSchema = z.object({ inUse: modelsSchema, cards: z.array(cardSchema).readonly() }).readonly();

export type Problem = z.output<typeof problemSchema>;
/** A clip, photos or a study that the service analyses, or has analysed. */
export type Job = z.output<typeof jobSchema>;
/** The files of the results of a job. */
export type JobFiles = z.output<typeof jobFilesSchema>;
/** What the service says of its state. */
export type Health = z.output<typeof healthSchema>;
/** The models of the service, by role. */
export type ModelList = z.output<typeof modelListSchema>;
