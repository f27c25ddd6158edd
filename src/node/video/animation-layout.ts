/** An animation as its container stores it: patches, each laid on what stood there before. gif-layout.ts, apng-layout.ts and webp-layout.ts read it. */

/** One image of an animation. */
export interface Patch {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Milliseconds, as they stand there. */
  readonly delay: number;
  /** Whether what lies below shows through; otherwise the patch takes its place, transparency and all. */
  readonly over: boolean;
  /** What becomes of its place once it was shown. */
  readonly after: 'stays' | 'cleared' | 'restored';
  /** A file of this image alone. */
  alone(): Uint8Array;
}

export interface AnimationLayout {
  readonly width: number;
  readonly height: number;
  readonly patches: Iterable<Patch, unknown>;
}
