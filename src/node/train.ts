/** Training as a library: what `import … from 'phiz/train'` gives. Analysing is `phiz` itself (index.ts). */
// For projects whose `lib` has no AsyncDisposable: declarations below name it.
/// <reference lib="esnext.disposable" preserve="true" />

export { type CompareOptions, type ComparisonOutcome, compare } from '../apps/compare/compare.js';
export { writeComparison } from '../apps/compare/write.js';
export { type CompareDetectorsOptions, compareDetectors } from '../apps/compare-detectors/compare-detectors.js';
export { writeDetectorComparison } from '../apps/compare-detectors/write.js';
export { type EvaluateOptions, type Evaluation, evaluate } from '../apps/evaluate/evaluate.js';
export { type ImportOptions, type ImportResult, importModel } from '../apps/import/import-keras.js';
export type { EpochLog, RunProgress } from '../apps/train/run.js';
export { type TrainOptions, type TrainResult, train } from '../apps/train/train.js';
export { NETWORKS, networkNamed } from '../train/networks/index.js';
export type { Network } from '../train/networks/network.js';
export {
  type AdamOptions,
  type Arrays,
  adam,
  adamW,
  type Optimiser,
  type OptimiserState,
  type SgdOptions,
  sgd,
  type UpdateOptions,
} from '../train/optimiser.js';
export { type Recipe, recipeFor } from '../train/recipes.js';
export {
  type CosineOptions,
  constant,
  cosine,
  type OneCycleOptions,
  oneCycle,
  type PlateauOptions,
  reduceOnPlateau,
  type Schedule,
  type ScheduleContext,
  type ScheduleState,
} from '../train/schedule.js';
