/** The results of a job done, as files in its folder of results. */

import { clipFile } from '../apps/analyze/formats.js';
import type { Storage } from '../node/storage/storage.js';
import type { JobRecord } from './job-record.js';
import { HttpProblem } from './problem.js';

/** A result as a file of this machine, or as one stored. */
export type JobFile = { readonly type: string } & (
  | { readonly path: string }
  | { readonly stored: Storage; readonly key: string }
);

/** What can be fetched of a job done: the file in its folder of results, and its type. */
export const JOB_PARTS = {
  summary: { file: 'clip.json', type: 'application/json' },
  frames: clipFile('clip', 'ndjson'),
  'timeline.csv': clipFile('clip', 'csv'),
  report: clipFile('clip', 'html'),
  annotated: clipFile('clip', 'mp4'),
} as const;
export type JobPart = keyof typeof JOB_PARTS;

/** Where a job's part lies in its folder. Throws HttpProblem `job-not-ready`, `job-failed`, `not-found` (no annotated clip was asked for). */
export function readyPart(
  { id, state, out, problem, settings }: JobRecord,
  part: JobPart,
): { readonly out: string; readonly file: string; readonly type: string } {
  if (state === 'failed') throw new HttpProblem('job-failed', problem?.detail ?? 'the job failed');
  if (state !== 'done' || out === null)
    throw new HttpProblem('job-not-ready', `the job is ${state}; ask /v1/jobs/${id} until it is done`, {
      headers: { 'Retry-After': '1' },
    });
  if (part === 'annotated' && !settings.annotated)
    throw new HttpProblem('not-found', 'this job was asked for no annotated clip (annotated=false)');
  return { out, ...JOB_PARTS[part] };
}
