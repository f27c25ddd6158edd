/** What engine-thread.ts and engine-worker.ts say to each other. Requests and answers carry one id. */
import type { PhizErrorCode } from '../core/error.js';
import type { ByteTensor, Tensor } from '../core/tensor.js';
import type { WebEngineOptions } from './engine.js';

export type EngineRequest =
  | { readonly kind: 'open'; readonly options: WebEngineOptions & { readonly binary: ArrayBuffer } }
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
  readonly open: { readonly threads: number };
  readonly load: { readonly session: number; readonly inputNames: readonly string[]; readonly outputNames: readonly string[] };
  readonly run: Record<string, Tensor>;
  readonly dispose: undefined;
}

export type ToEngine = { readonly id: number; readonly request: EngineRequest };

export type FromEngine =
  | { readonly id: number; readonly answer: EngineAnswers[keyof EngineAnswers] }
  | { readonly id: number; readonly code: PhizErrorCode | undefined; readonly message: string };
