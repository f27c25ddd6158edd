/** Video as phiz sees it: frames with true timestamps, from any source. Knows nothing of codecs or files. */
import type { Image } from '../core/image.js';
import type { FrameAccount } from '../results/video-result.js';
import type { FrameSample } from './frame-choice.js';

/** One frame of a clip. */
export interface Frame {
  /** As displayed: rotation applied, square pixels. Not there to read (`invalid-option`) where `frames` was given a sample without it. */
  readonly image: Image;
  /** Seconds from the clip's first frame, as its container says (not counted from a frame rate). */
  readonly timestamp: number;
  /** Seconds until the next frame. */
  readonly duration: number;
  /**
   * Gives the memory of the pixels back for frames to come, which makes decoding markedly cheaper; the image is empty from then on.
   * Not required: a frame that is never released is left to the garbage collector.
   */
  release?(): void;
}

/** Seconds by which a frame's time may lie before its predecessor's without a word: such times are mended. */
const LARGEST_STEP_BACK = 1;

/** What is wrong where times jump back further than that, as where recordings were joined without joining their times. */
export function timeJump(previous: number, timestamp: number): string | undefined {
  if (!(previous - timestamp > LARGEST_STEP_BACK)) return undefined;
  return `its times jump back from ${previous.toFixed(2)} to ${timestamp.toFixed(2)} s`;
}

/** Coded pictures among which the first to be shown is looked for: no codec shows one later. */
const LONGEST_REORDERING = 32;

/**
 * Where a clip begins, in seconds of its own clock: recorders and segments of streams go on counting from elsewhere. 0 where it begins
 * earlier (edit lists cut so).
 * @param packets its coded pictures in the order of decoding
 */
export async function clipStart(packets: AsyncIterable<{ readonly timestamp: number }>): Promise<number> {
  let start = Number.POSITIVE_INFINITY;
  let count = 0;
  for await (const { timestamp } of packets) {
    start = Math.min(start, timestamp);
    if (start <= 0 || ++count > LONGEST_REORDERING) break;
  }
  return Number.isFinite(start) ? Math.max(start, 0) : 0;
}

/** What is known of a clip before its frames are read. */
export interface ClipFacts {
  /** Displayed pixels, rotation applied. */
  readonly width: number;
  readonly height: number;
  /** Seconds from the first frame to the end of the last. */
  readonly duration: number;
  /** Seconds on the file's own clock at the first frame, already taken off all times; absent: 0. */
  readonly start?: number | undefined;
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

export interface FramesOptions {
  readonly signal?: AbortSignal | undefined;
  /** The frames whose pixels are wanted; all frames are given, but only these are converted to an image. Default: all. */
  readonly sample?: FrameSample | undefined;
}

/** A clip that can be read once, front to back. */
export interface FrameSource extends AsyncDisposable {
  readonly facts: ClipFacts;
  /** What became of all pictures; undefined before the last was read, and where nobody counts (a camera). */
  readonly account?: FrameAccount | undefined;
  /**
   * Frames in display order. Decoding runs at most a few frames ahead of the reader. Throws PhizError `invalid-data` after the last
   * frame that could be decoded where the clip is damaged or frames of it are lost, `aborted` where `signal` stops it.
   */
  frames(options?: FramesOptions): AsyncIterable<Frame>;
}
