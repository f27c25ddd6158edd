/** A job as the service tells it, made from its record. */
import type { Job } from '../results/service.js';
import type { JobPart } from './job-part.js';
import { expiryOf, type JobRecord } from './job-record.js';

/** Times that are not known yet are null. */
export function jobView(
  record: JobRecord,
  { kind, progress, keep }: Pick<Job, 'kind' | 'progress'> & { readonly keep: number },
): Job {
  const { id, state, created, started, ended, complete, problem, warnings, settings } = record;
  const path = (part: JobPart): string => `/v1/jobs/${id}/${part}`;
  return {
    id,
    kind,
    state,
    progress,
    created,
    started,
    ended,
    complete,
    problem,
    warnings,
    expires: ended === null ? null : new Date(expiryOf(Date.parse(ended), keep)).toISOString(),
    results:
      state === 'done' && kind === 'clip'
        ? {
            summary: path('summary'),
            frames: path('frames'),
            timeline: path('timeline.csv'),
            report: path('report'),
            annotated: settings.annotated ? path('annotated') : null,
          }
        : null,
    files: state === 'done' ? `/v1/jobs/${id}/files` : null,
  };
}
