/** What a run and its threads for photos say to each other. */
import type { CreateAnalyzerOptions } from '../../node/create-analyzer.js';
import type { Models, PhotoResult } from '../../results/result.js';
import type { PhotoSettings, PhotoTask } from './analyze-photo.js';

/** What a thread starts with. */
export interface PhotoThreadData {
  readonly analyzer: CreateAnalyzerOptions;
  readonly settings: PhotoSettings;
}

/** Whether its models are loaded, or a photo to be done. */
export type PhotoRequest = 'models' | PhotoTask;
export type PhotoAnswer = Models | PhotoResult;
