/** What compare-detectors and the process that measures one detector (measure-worker.ts) say to each other. */
import type { CallFailure } from '../../core/calls.js';
import type { ComparedDetector, DetectorComparison } from '../../report/sums/detector-comparison.js';

/** What a process is to do. */
export interface MeasureJob {
  /** As openDetector takes it; none: only read the images, for what that costs. */
  readonly detector?: string | undefined;
  readonly data: string;
  readonly threads: number;
  readonly scoreThreshold: number;
  readonly limit?: number | undefined;
}

/** What is known of the images, the same for every detector. */
export type Measured = Pick<DetectorComparison, 'data' | 'images' | 'faces'>;

export type MeasureAnswer =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'measured'; readonly images: Measured; readonly figures: ComparedDetector }
  /** `opening`: the detector did not even open. */
  | ({ readonly kind: 'failed'; readonly opening: boolean } & CallFailure);
