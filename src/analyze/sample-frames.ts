/** Which frames of a clip are analysed: every so many, or so many a second. A matter of timestamps alone; reads no pixels. */
import { PhizError } from '../core/error.js';

/** Without either, every frame. */
export interface FrameSample {
  /** Every so many frames, from the first. */
  readonly every?: number | undefined;
  /** So many frames a second at most: the first at or after each tick, counted from the first frame's timestamp. */
  readonly fps?: number | undefined;
}

/** Timestamps in files are rounded (Matroska: to the millisecond), so a frame may come this many seconds before its tick. */
const EARLY = 0.001;

/**
 * A function that is asked for each frame of a clip in order, by its timestamp in seconds, and says whether it is in the sample.
 * The first always is. Throws PhizError `invalid-option`.
 *
 * @example const wanted = frameSampler({ fps: 5 }); for await (const frame of frames) if (wanted(frame.timestamp)) …
 */
export function frameSampler({ every, fps }: FrameSample = {}): (timestamp: number) => boolean {
  if (every !== undefined && fps !== undefined)
    throw new PhizError('invalid-option', `every and fps exclude each other; got every ${every} and fps ${fps}`);
  if (every !== undefined && !(Number.isInteger(every) && every >= 1))
    throw new PhizError('invalid-option', `every must be a whole number of frames from 1 up; got ${every}`);
  if (fps !== undefined && !(Number.isFinite(fps) && fps > 0))
    throw new PhizError('invalid-option', `fps must be a number of frames a second above 0; got ${fps}`);
  if (fps === undefined) {
    const step = every ?? 1;
    let index = 0;
    return () => index++ % step === 0;
  }
  let start: number | undefined;
  let last = -1;
  return (timestamp) => {
    start ??= timestamp;
    const tick = Math.floor((timestamp - start + EARLY) * fps);
    if (tick <= last) return false;
    last = tick;
    return true;
  };
}
