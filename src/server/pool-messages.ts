/** What the service and a process of a pool say to each other; sent by structured clone. */
import type { CallFailure } from '../core/calls.js';

/** To the process: how it is to open, once; then calls, one after the other, each with its bytes in pieces before it. */
export type PoolRequest<Order, Request> =
  | { readonly kind: 'open'; readonly order: Order; readonly maxMemory: number }
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'call'; readonly request: Request }
  | { readonly kind: 'abort' };

/** From the process: that it is ready; then the answer of each call. */
export type PoolNews<Ready, Answer> =
  | { readonly kind: 'ready'; readonly ready: Ready }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | ({ readonly kind: 'failed' } & CallFailure);
