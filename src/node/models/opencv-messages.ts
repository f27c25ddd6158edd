/** What opencv-thread.ts and opencv-worker.ts say to each other: one model a thread, pictures there, numbers back. */
import type { CallFailure } from '../../core/calls.js';
import type { Image } from '../../core/image.js';

/** What a thread runs, with the bytes of its files. */
export type OpenCvFiles =
  | { readonly kind: 'ssd'; readonly weights: Uint8Array; readonly description: Uint8Array }
  | { readonly kind: 'haar'; readonly cascade: Uint8Array };

export interface OpenCvRequest {
  readonly id: number;
  readonly picture: Image;
}

/** Answer 0 says that the model is loaded; the others carry the number of their request. */
export type OpenCvAnswer = { readonly id: number; readonly rows: Float32Array } | ({ readonly id: number } & CallFailure);
