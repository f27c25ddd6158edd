/** Jobs that were set aside since nothing can be read of them: they are named in the log, stay as long as an ended job, and go. */
import type { Logger } from 'pino';
import { callAfter } from './alarm.js';
import { expiryOf } from './job-record.js';
import type { SpoiledJob } from './job-store.js';

export interface SpoiledOptions {
  /** Minutes for which they stay. */
  readonly keep: number;
  readonly log: Logger;
}

/** Deletes each in its time, until disposed. */
export function expireSpoiled(jobs: readonly SpoiledJob[], { keep, log }: SpoiledOptions): Disposable {
  const alarms = jobs.map(({ path, since, remove }) => {
    log.error({ path }, 'the job.json of this job cannot be read; it was set aside with its upload');
    return callAfter(expiryOf(since, keep) - Date.now(), () => {
      remove().catch((error: unknown) => log.error({ err: error, path }, 'a spoiled job could not be deleted'));
    });
  });
  return {
    [Symbol.dispose]() {
      for (const alarm of alarms) alarm[Symbol.dispose]();
    },
  };
}
