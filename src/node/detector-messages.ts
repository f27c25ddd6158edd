/** What detector-thread.ts and detector-worker.ts say to each other. */
import type { Model } from '../core/card.js';
import type { PhizErrorCode } from '../core/error.js';
import type { Image } from '../core/image.js';
import type { Detection, DetectOptions, FaceDetector } from '../detect/detector.js';
import type { NodeEngineOptions } from './engine.js';

/** What the worker is started with. */
export interface DetectorJob {
  readonly detector: string | Model;
  readonly engine: NodeEngineOptions;
}

export interface DetectorRequest {
  readonly id: number;
  readonly image: Image;
  readonly options: DetectOptions | undefined;
}

export type DetectorFailure = { readonly code: PhizErrorCode | undefined; readonly message: string };

export type DetectorAnswer =
  | { readonly kind: 'opened'; readonly about: Pick<FaceDetector, 'name' | 'version' | 'scoreThreshold'> }
  | { readonly kind: 'unopened'; readonly failure: DetectorFailure }
  | { readonly kind: 'found'; readonly id: number; readonly faces: readonly Detection[] }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: DetectorFailure };
