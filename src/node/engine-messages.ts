/** What engine-thread.ts and engine-worker.ts say to each other. Requests and answers carry one id. */
import type { PhizErrorCode } from '../core/error.js';
import type { ByteTensor, Tensor } from '../core/tensor.js';

export type EngineRequest =
  | { readonly kind: 'load'; readonly model: Uint8Array }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly feeds: Readonly<Record<string, Tensor | ByteTensor>>;
      readonly outputs: readonly string[] | undefined;
    }
  | { readonly kind: 'dispose'; readonly session: number };

/** The answer to each kind of request, where it succeeds. */
export interface EngineAnswers {
  readonly load: {
    readonly kind: 'load';
    readonly id: number;
    readonly session: number;
    readonly inputNames: readonly string[];
    readonly outputNames: readonly string[];
  };
  readonly run: { readonly kind: 'run'; readonly id: number; readonly results: Record<string, Tensor> };
  readonly dispose: { readonly kind: 'dispose'; readonly id: number };
}

export type EngineAnswer =
  | EngineAnswers[keyof EngineAnswers]
  | { readonly kind: 'failed'; readonly id: number; readonly code: PhizErrorCode | undefined; readonly message: string };
