/** Moving pictures as phiz sees them: frames with true timestamps, from any source. Nothing of codecs or files here. */
import type { Image } from '../core/image.js';

/** One picture of a clip. */
export interface Frame {
  /** As displayed: rotation applied, square pixels. */
  readonly image: Image;
  /** Seconds from the start of the clip, as its container says (not counted from a frame rate). */
  readonly timestamp: number;
  /** Seconds until the next frame. */
  readonly duration: number;
}

/** What is known of a clip before its frames are read. */
export interface ClipFacts {
  /** Displayed pixels, rotation applied. */
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly duration: number;
  /** Mean frames a second. */
  readonly frameRate: number;
  /** Frames in all, where the container tells without decoding. */
  readonly frameCount: number | undefined;
  readonly codec: string;
  readonly container: string;
  /** Clockwise degrees that the container asks for; already applied to frames. */
  readonly rotation: 0 | 90 | 180 | 270;
  readonly audio: boolean;
}

/** A clip that can be read once, front to back. */
export interface FrameSource extends AsyncDisposable {
  readonly facts: ClipFacts;
  /**
   * Frames in display order. Decoding runs at most a few frames ahead of the reader. Throws PhizError `invalid-data` after the last
   * frame that could be decoded where the clip is damaged, `aborted` where `signal` stops it.
   */
  frames(options?: { readonly signal?: AbortSignal }): AsyncIterable<Frame>;
}
