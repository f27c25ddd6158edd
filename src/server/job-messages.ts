/** What the service and the process of a job (job-worker.ts) say to each other. Plain data. */
import type { CallFailure } from '../core/calls.js';
import type { ClipSettings } from './job-record.js';
import type { ModelOptions } from './options.js';

/** The one message to the process. */
export interface JobOrder {
  readonly upload: string;
  /** Folder of the results. */
  readonly out: string;
  /** What the results call the clip. */
  readonly source: string;
  readonly settings: ClipSettings;
  readonly models: ModelOptions;
  readonly maxPixels: number;
  readonly maxDuration: number;
  /** Bytes. */
  readonly maxMemory: number;
}

/** What the process says; a failure is why a clip was not done, or not to its end. After `done` or `failed` it ends. */
export type JobNews =
  | { readonly kind: 'progress'; readonly frames: number; readonly totalFrames: number | null }
  | { readonly kind: 'done'; readonly frames: number; readonly problem: CallFailure | null; readonly warnings: readonly string[] }
  | ({ readonly kind: 'failed' } & CallFailure);
