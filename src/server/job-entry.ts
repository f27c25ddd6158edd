/** A job as the running service holds it: its record, and what is under way with it. */
import type { Job } from '../results/service.js';
import type { JobProcess } from './job-process.js';
import type { JobRecord } from './job-record.js';

export interface Entry {
  record: JobRecord;
  progress: Job['progress'];
  process: JobProcess | undefined;
  /** Set while the job runs: resolves when its files are at rest. */
  running: Promise<void> | undefined;
  expiry: Disposable | undefined;
  /** While it waits for its next attempt outside the queue. */
  backoff: Disposable | undefined;
  deleted: boolean;
}

/** Progress of an attempt that has just begun. */
export const NOTHING: Job['progress'] = { frames: 0, totalFrames: null };

/** Processes that may die on one job. */
export const MOST_ATTEMPTS = 3;
/** Milliseconds after the death of a process: what killed it may be about to kill the service, and then it does not count. */
export const SETTLING = 1000;
/** Seconds before the next attempt after a death, times five after each further one; and the longest wait. */
const FIRST_BACKOFF = 1;
const LONGEST_BACKOFF = 600;

export function newEntry(record: JobRecord): Entry {
  const idle = { process: undefined, running: undefined, expiry: undefined, backoff: undefined, deleted: false };
  return { record, progress: NOTHING, ...idle };
}

/** Seconds to wait after so many deaths. */
export function backoffOf(deaths: number): number {
  return Math.min(FIRST_BACKOFF * 5 ** (deaths - 1), LONGEST_BACKOFF);
}
