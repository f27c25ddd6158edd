/** Which frames of a clip are analysed: those of a stretch, of them every so many, or so many a second. frame-choice.ts does it. */
import { type FrameSample, frameChoice } from './frame-choice.js';
import { checkOptions } from './options.js';

/**
 * A function that is asked for each frame of a clip in order, by its timestamp in seconds, and says whether it is in the sample.
 * The first of the stretch always is. Throws PhizError `invalid-option`.
 *
 * @example const wanted = frameSampler({ fps: 5 }); for await (const frame of frames) if (wanted(frame.timestamp)) …
 */
export function frameSampler(sample: FrameSample = {}): (timestamp: number) => boolean {
  const { every, fps, from, to } = sample;
  checkOptions({ every, fps, from, to: to === Number.POSITIVE_INFINITY ? undefined : to });
  return frameChoice(sample);
}
