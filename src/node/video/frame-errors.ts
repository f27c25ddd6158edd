/** Ends of reading that every kind of clip shares: stopped, and pixels that were not asked for. */
import type { Frame } from '../../analyze/frame.js';
import { PhizError } from '../../core/error.js';

export function aborted(called: string, reason: unknown): PhizError {
  return new PhizError('aborted', `reading ${called} was stopped`, { cause: reason });
}

/** A frame outside the sample: its times, and no pixels. */
export function unsampled({ timestamp, duration }: Pick<Frame, 'timestamp' | 'duration'>): Frame {
  return {
    timestamp,
    duration,
    get image(): never {
      throw new PhizError('invalid-option', `the frame at ${timestamp} s is not in the sample; ask for it to read its pixels`);
    },
  };
}
