/** What opencv-thread.ts asks of opencv-worker.ts, which answers with rows of numbers. */
import type { Image } from '../../core/image.js';

/** What a thread runs, with the bytes of its files. */
export type OpenCvFiles =
  | { readonly kind: 'ssd'; readonly weights: Uint8Array; readonly description: Uint8Array }
  | { readonly kind: 'haar'; readonly cascade: Uint8Array };

/** `open` is answered with no rows once the model is loaded. */
export type OpenCvRequest = 'open' | Image;
