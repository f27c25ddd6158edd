/** How long an analysed frame stands for what it shows: until the next one, the last for its own duration. */
import type { FrameResult } from './video-result.js';

export interface FrameSpans<Frame> {
  /** Takes the next frame. */
  add(frame: Frame): void;
  /** Ends the last one. */
  finish(): void;
}

/** Hands frames on one by one, each with the second until which it stands. */
export function spanFrames<Frame extends Pick<FrameResult<never>, 'timestamp' | 'duration'>>(
  take: (frame: Frame, until: number) => void,
): FrameSpans<Frame> {
  let previous: Frame | undefined;
  return {
    add(frame) {
      if (previous) take(previous, frame.timestamp);
      previous = frame;
    },
    finish() {
      if (previous) take(previous, previous.timestamp + previous.duration);
      previous = undefined;
    },
  };
}
