/** What a photo process (photo-worker.ts) is asked and answers. Plain data. */
import type { FaceLimits, LookOptions, TurnOption } from '../results/analysis-options.js';
import type { PhotoResult } from '../results/result.js';
import type { ModelList } from '../results/service.js';
import type { ModelOptions } from './options.js';
import type { ProcessPool } from './process-pool.js';

export interface PhotoLimits extends FaceLimits, LookOptions, TurnOption {}

/** How the processes open. */
export interface PhotoOrder {
  readonly models: ModelOptions;
  readonly maxPixels: number;
  readonly maxUpload: number;
}

/** One photo; its bytes go with it. */
export interface PhotoRequest {
  /** What the result calls it. */
  readonly name: string;
  readonly limits: PhotoLimits;
}

/** The processes that analyse photos; ready, they say which models they opened. */
export type PhotoPool = ProcessPool<PhotoOrder, PhotoRequest, ModelList['inUse'], PhotoResult>;
