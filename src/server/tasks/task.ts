/** What a job's process does for each kind of job: done in the process's own thread, told how far it is. */
import type { JobNews, JobOrder } from '../job-messages.js';

/** The order of one kind. */
export type OrderOf<Kind extends JobOrder['kind']> = Extract<JobOrder, { kind: Kind }>;

/** How it ended. Whatever else keeps it from ending is thrown. */
export type TaskEnd = Omit<Extract<JobNews, { kind: 'done' }>, 'kind'>;

/** Told of every step: frames of a clip, photos of a batch, recordings of a study. */
export type Step = (done: number, total: number | null) => void;
