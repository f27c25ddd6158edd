/** What the service and the process of a job (job-worker.ts) say to each other. Plain data. */
import type { AnalysedRecording, StudyOptions } from '../apps/study/run-study.js';
import type { CallFailure } from '../core/calls.js';
import type { ClipSettings } from './job-record.js';
import type { ModelOptions } from './options.js';

/** Options of a study that have nothing to do with where its files lie. */
export type StudyTaskOptions = Pick<
  StudyOptions,
  'title' | 'step' | 'seed' | 'outcomes' | 'primary' | 'threshold' | 'leastShare' | 'leastFace' | 'keepPoor' | 'csvSeparator'
>;

interface AnyTask {
  /** What the results, or people, call it. */
  readonly source: string;
  readonly settings: ClipSettings;
}

/** What is to be done, with what lies here by now. */
export type JobTask =
  | (AnyTask & { readonly kind: 'clip'; readonly upload: string })
  | (AnyTask & {
      readonly kind: 'photo-batch';
      readonly photos: readonly { readonly path: string; readonly source: string }[];
    })
  | (AnyTask & {
      readonly kind: 'study';
      /** Paths. */
      readonly design: string;
      readonly moments: string | undefined;
      readonly coded: string | undefined;
      readonly options: StudyTaskOptions;
      /** What came of each recording, by what the design calls it. */
      readonly analysed: Readonly<Record<string, AnalysedRecording>>;
    });

/** The one message to the process. */
export type JobOrder = JobTask & {
  /** Folder of the results. */
  readonly out: string;
  readonly models: ModelOptions;
  readonly maxPixels: number;
  readonly maxDuration: number;
  /** Bytes. */
  readonly maxMemory: number;
};

/** What the process says; a failure is why a job was not done, or not to its end. After `done` or `failed` it ends. */
export type JobNews =
  | { readonly kind: 'progress'; readonly frames: number; readonly totalFrames: number | null }
  | { readonly kind: 'done'; readonly frames: number; readonly problem: CallFailure | null; readonly warnings: readonly string[] }
  | ({ readonly kind: 'failed' } & CallFailure);
