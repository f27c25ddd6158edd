/** What BullMQ keeps of a job: the data that it carries from whoever hands it in to whoever does it. */
import type { Job } from 'bullmq';

export interface Kept<Work> {
  readonly owner: string | null;
  readonly priority: number;
  readonly work: Work;
}

export type KeptJob<Work, Outcome> = Job<Kept<Work>, Outcome, string>;
