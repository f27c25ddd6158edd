/** What the decoding thread (clip-worker.ts) and the thread that reads frames (clip-thread.ts) tell each other. */
import type { ClipFacts } from '../../analyze/frame.js';
import type { FrameSample } from '../../analyze/frame-choice.js';
import type { PhizErrorCode } from '../../core/error.js';
import type { FrameAccount } from '../../results/video-result.js';
import type { ClipContainer } from './clip-kind.js';

/** Handed to the thread when it starts. */
export interface DecodeJob {
  readonly source: string | Uint8Array;
  readonly container: ClipContainer;
  /** What messages call the clip. */
  readonly called: string;
  readonly maxPixels: number;
  readonly maxDuration: number;
}

/** To the decoding thread. */
export type DecodeRequest =
  | { readonly kind: 'start'; readonly sample: FrameSample; readonly ahead: number }
  /** A frame was taken: one more may be made. */
  | { readonly kind: 'taken' }
  /** Pixels that nobody needs any more. */
  | { readonly kind: 'released'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'stop' };

/** From the decoding thread: `opened` or `failed` first, then frames, `failed` after the last where something was wrong, `ended`. */
export type DecodeAnswer =
  | { readonly kind: 'opened'; readonly facts: ClipFacts }
  | { readonly kind: 'frame'; readonly timestamp: number; readonly duration: number; readonly rgb: ArrayBuffer | undefined }
  | {
      readonly kind: 'failed';
      readonly code: PhizErrorCode;
      readonly message: string;
      readonly account?: FrameAccount | undefined;
    }
  | { readonly kind: 'ended'; readonly account?: FrameAccount | undefined };
