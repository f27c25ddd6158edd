/** What the service and the process of a job (job-worker.ts) say to each other. Plain data. */
import type { PhizErrorCode } from '../core/error.js';
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
}

/** Why a clip was not done, or not to its end; without a code it is a bug. */
export interface JobFailure {
  readonly code: PhizErrorCode | undefined;
  readonly message: string;
}

/** What the process says; after `done` or `failed` it ends. */
export type JobNews =
  | { readonly kind: 'progress'; readonly frames: number; readonly totalFrames: number | null }
  | { readonly kind: 'done'; readonly frames: number; readonly problem: JobFailure | null; readonly warnings: readonly string[] }
  | ({ readonly kind: 'failed' } & JobFailure);
