/** The library in a browser: what `import … from 'phiz'` gives in a bundle for one. The same names as in Node give the same results. */
export type { Analysis, AnalyzeOptions, Analyzer } from '../analyze/analyzer.js';
export { photoResult } from '../analyze/photo-result.js';
export type { StreamOptions } from '../analyze/stream.js';
export type { Model, ModelCard } from '../core/card.js';
export { cardSchema, parseCard } from '../core/card.js';
export type { Device } from '../core/engine.js';
export { PhizError, type PhizErrorCode } from '../core/error.js';
export type { BoundingBox, Landmarks, Point } from '../core/geometry.js';
export type { Image } from '../core/image.js';
export { AGE_RANGES, type AgeRange, EMOTIONS, type Emotion } from '../core/labels.js';
export {
  type AgeResult,
  type EmotionResult,
  type FaceResult,
  type PhotoResult,
  photoResultSchema,
  type Quality,
  SCHEMA_VERSION,
} from '../core/result.js';
export {
  type FrameResult,
  frameResultSchema,
  type TrackedFace,
  VIDEO_SCHEMA_VERSION,
  type VideoSummary,
  videoSummarySchema,
} from '../core/video-result.js';
export { facesCsvHeader, facesCsvRows } from '../report/faces-csv.js';
export { createSummary, type SummaryAccumulator, type SummaryEnd, type SummaryOptions } from '../report/summary.js';
export { timelineCsvHeader, timelineCsvRows } from '../report/timeline-csv.js';
export { type Camera, type CameraChoice, type CameraFrame, listCameras, type OpenCameraOptions, openCamera } from './camera.js';
export { type BrowserAnalyzer, type CreateAnalyzerOptions, createAnalyzer } from './create-analyzer.js';
export type { EngineFacts } from './messages.js';
export { type BrowserClip, type ClipFrame, openClip } from './open-clip.js';
export { type Picture, readImage } from './picture.js';
export type { FollowOptions, PictureFrame, Step, StreamSource } from './worker-stream.js';
