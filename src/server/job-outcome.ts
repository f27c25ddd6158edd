/** What the answer of a job's process says of the job. */
import type { Logger } from 'pino';
import type { CallFailure } from '../core/calls.js';
import { PhizError } from '../core/error.js';
import type { ClipOutcome } from './disk-queue.js';
import type { JobEnd } from './job-process.js';
import type { JobRecord } from './job-record.js';
import { problemOf } from './problem.js';

/** How a job ended. */
export type Ended =
  | { readonly kind: 'done'; readonly outcome: ClipOutcome }
  | { readonly kind: 'failed'; readonly problem: NonNullable<JobRecord['problem']> };

/** What a process's answer says; its results lie in the folder `out`. Failures of the service's own go to the log. */
export function outcomeOf(
  { id, out }: { readonly id: string; readonly out: string },
  end: Exclude<JobEnd, { kind: 'crashed' }>,
  log: Logger,
): Ended {
  const told = ({ code, message }: CallFailure): NonNullable<JobRecord['problem']> => {
    const problem = problemOf(code === undefined ? new Error(message) : new PhizError(code, message));
    if (problem.status >= 500) log.error({ job: id, code, reason: message }, 'a job failed by no fault of its clip');
    return { code: problem.code, detail: problem.message };
  };
  if (end.kind === 'failed') return { kind: 'failed', problem: told(end) };
  const problem = end.problem && told(end.problem);
  const progress = { frames: end.frames, totalFrames: end.frames };
  return { kind: 'done', outcome: { out, complete: problem === null, problem, warnings: end.warnings, progress } };
}
