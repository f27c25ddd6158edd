/** A job as the queue on disk holds it while the service runs: its record, and who does it. */
import type { Job } from '../results/service.js';
import type { JobRecord } from './job-record.js';

export interface Entry {
  record: JobRecord;
  progress: Job['progress'];
  /** Set while somebody does it. */
  holder: Holder | undefined;
  expiry: Disposable | undefined;
  /** While it waits for its next attempt outside the queue. */
  backoff: Disposable | undefined;
  deleted: boolean;
}

/** Whoever does a job. */
export interface Holder {
  /** Aborted when the job is cancelled. */
  readonly lost: AbortController;
  /** Resolves when its files are at rest. */
  readonly settled: Promise<void>;
  settle(): void;
}

/** Progress of an attempt that has just begun. */
export const NOTHING: Job['progress'] = { frames: 0, totalFrames: null };

/** Seconds before the next attempt after a death, times five after each further one; and the longest wait. */
const FIRST_BACKOFF = 1;
const LONGEST_BACKOFF = 600;

export function newEntry(record: JobRecord): Entry {
  return { record, progress: NOTHING, holder: undefined, expiry: undefined, backoff: undefined, deleted: false };
}

export function newHolder(): Holder {
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { lost: new AbortController(), settled, settle };
}

/** Seconds to wait after so many deaths. */
export function backoffOf(deaths: number): number {
  return Math.min(FIRST_BACKOFF * 5 ** (deaths - 1), LONGEST_BACKOFF);
}
