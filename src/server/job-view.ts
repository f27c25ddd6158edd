/** A job as the service tells it, made from its record. */
import type { Job } from '../results/service.js';
import type { JobPart } from './job-part.js';
import { expiryOf, type JobRecord } from './job-record.js';

/** Times that are not known yet are null. */
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
    expires: ended === null ? null : new Date(expiryOf(Date.parse(ended), keepMinutes)).toISOString(),
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
