/** What engine-thread.ts and engine-worker.ts say to each other: the port of engine-link.ts, after the engine was opened. */
import type { CallReply } from '../core/calls.js';
import type { EngineAnswers, EngineRequest } from '../core/engine-link.js';
import type { WebEngineOptions } from './engine.js';

export type ThreadRequest =
  | { readonly kind: 'open'; readonly options: WebEngineOptions & { readonly binary: ArrayBuffer } }
  | EngineRequest;

/** The answer to each kind of request, where it succeeds. */
export interface ThreadAnswers extends EngineAnswers {
  readonly open: { readonly threads: number };
}

export type ToEngine = { readonly id: number; readonly request: ThreadRequest };
export type FromEngine = CallReply<ThreadAnswers[keyof ThreadAnswers]>;
