/** What BullMQ keeps of a job: the data that it carries from whoever hands it in to whoever does it, and what the port makes of it. */
import type { Job } from 'bullmq';
import type { JobProblem, JobProgress, JobStatus, QueueState } from './job-queue.js';

export interface Kept<Work> {
  readonly owner: string | null;
  readonly priority: number;
  readonly work: Work;
}

export type KeptJob<Work, Outcome> = Job<Kept<Work>, Outcome, string>;

/** A job as the port tells it. */
export function statusOf<Work, Outcome>(job: KeptJob<Work, Outcome>, state: QueueState): JobStatus<Work, Outcome> {
  const { owner, priority, work } = job.data;
  const at = (time: number | undefined): string | null => (time ? new Date(time).toISOString() : null);
  const progress = typeof job.progress === 'object' ? (job.progress as JobProgress) : null;
  return {
    id: job.id!,
    owner,
    priority,
    work,
    state,
    progress,
    created: at(job.timestamp)!,
    started: state === 'queued' ? null : at(job.processedOn),
    ended: at(job.finishedOn),
    crashes: state === 'done' ? Math.max(job.attemptsMade - 1, 0) : job.attemptsMade,
    outcome: state === 'done' ? (job.returnvalue ?? null) : null,
    problem: state === 'failed' ? problemOf(job.failedReason ?? '') : null,
  };
}

/** What bullmq-claim.ts wrote, or BullMQ itself. */
function problemOf(reason: string): JobProblem {
  const [, code, detail] = /^([a-z-]+): (.*)$/s.exec(reason) ?? [];
  return code && detail ? { code, detail } : { code: 'job-crashed', detail: reason || 'no reason was given' };
}
