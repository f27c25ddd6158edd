/** The library: what `import … from 'phiz'` gives. Training is `phiz/train`. */
export type { Analysis, AnalyzeOptions, Analyzer } from '../analyze/analyzer.js';
export type { ClipFacts, Frame, FrameSource } from '../analyze/frame.js';
export { photoResult } from '../analyze/photo-result.js';
export type { StreamOptions } from '../analyze/stream.js';
export type { Model, ModelCard } from '../core/card.js';
export { cardSchema, parseCard } from '../core/card.js';
export type { Device, Engine, Session } from '../core/engine.js';
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
export type { Tensor } from '../core/tensor.js';
export {
  type FrameResult,
  frameResultSchema,
  type TrackedFace,
  VIDEO_SCHEMA_VERSION,
  type VideoSummary,
  videoSummarySchema,
} from '../core/video-result.js';
export type { Detection, DetectOptions, FaceDetector } from '../detect/detector.js';
export { facesCsvHeader, facesCsvRows } from '../report/faces-csv.js';
export { createSummary, type SummaryAccumulator, type SummaryEnd, type SummaryOptions } from '../report/summary.js';
export { timelineCsvHeader, timelineCsvRows } from '../report/timeline-csv.js';
export { annotateImage } from './annotate.js';
export { type CreateAnalyzerOptions, createAnalyzer } from './create-analyzer.js';
export { encodeImage } from './encode.js';
export { createNodeEngine, type NodeEngineOptions } from './engine.js';
export { listModels, loadModel, type ModelStore } from './models.js';
export { openDetector } from './open-detector.js';
export { openTimelineParquet } from './parquet.js';
export { type PulledModel, type PullOptions, pullModel } from './pull-model.js';
export { readImage } from './read-image.js';
export { type ReportOptions, report } from './report.js';
export { type AnalyzeClipOptions, analyzeClip, type ClipOutcome } from './video/analyze-clip.js';
export { type AnnotatedClip, type AnnotatedClipOptions, openAnnotatedClip } from './video/annotated-clip.js';
export { type FrameSink, openFramesFile, openTimelineCsv } from './video/frame-sink.js';
export { readFrames } from './video/frames-file.js';
export { type OpenClipOptions, openClip } from './video/open-clip.js';
export { type Outputs, type OutputsOptions, openOutputs } from './video/outputs.js';
