/** What the library gives on every platform: the same names, the same types. src/node/index.ts and src/browser/index.ts add their own. */
// For projects whose `lib` has no AsyncDisposable: declarations below name it.
/// <reference lib="esnext.disposable" preserve="true" />
export type { Analysis, Analyzer } from '../analyze/analyzer.js';
export type { AnalyzeOptions } from '../analyze/options.js';
export type { StreamOptions } from '../analyze/people.js';
export { photoResult } from '../analyze/photo-result.js';
export { AGE_RANGES, type AgeRange } from '../attributes/age/ranges.js';
export { EMOTIONS, type Emotion } from '../attributes/emotion/labels.js';
export type { Model, ModelCard } from '../core/card.js';
export { cardSchema, parseCard } from '../core/card.js';
export type { Device } from '../core/engine.js';
export { PhizError, type PhizErrorCode } from '../core/error.js';
export type { BoundingBox, Landmarks, Point } from '../core/geometry.js';
export type { Image } from '../core/image.js';
export {
  type AgeResult,
  type EmotionResult,
  type FaceResult,
  type PhotoResult,
  photoResultSchema,
  type Quality,
  SCHEMA_VERSION,
} from '../results/result.js';
export {
  type FrameResult,
  frameResultSchema,
  type TrackedFace,
  VIDEO_SCHEMA_VERSION,
  type VideoSummary,
  videoSummarySchema,
} from '../results/video-result.js';
export { createSummary, type SummaryAccumulator, type SummaryEnd, type SummaryOptions } from './sums/summary.js';
export { facesCsvHeader, facesCsvRows } from './tables/faces-csv.js';
export { timelineCsvHeader, timelineCsvRows } from './tables/timeline-csv.js';
