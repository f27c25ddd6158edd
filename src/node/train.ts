/** Training as a library: what `import … from 'phiz/train'` gives. Analysing is `phiz` itself (index.ts). */
export { NETWORKS, networkNamed } from '../networks/index.js';
export type { Network } from '../networks/network.js';
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
export { writeComparison } from './compare/write.js';
export { type CompareOptions, type ComparisonOutcome, compare } from './compare.js';
export { writeDetectorComparison } from './compare-detectors/write.js';
export { type CompareDetectorsOptions, compareDetectors } from './compare-detectors.js';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.js';
export { type ImportOptions, type ImportResult, importModel } from './import-keras.js';
export { type TrainOptions, type TrainResult, train } from './train/index.js';
export type { EpochLog, RunProgress } from './train/run.js';
