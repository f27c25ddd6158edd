/**
 * Which frames of a clip a sample holds: a matter of timestamps alone, of options that sample-frames.ts has checked. Loads nothing, so that
 * a thread that decodes starts quickly.
 */
import type { FollowOptions } from '../results/analysis-options.js';

/** Without any, every frame. */
export type FrameSample = Pick<FollowOptions, 'every' | 'fps' | 'from' | 'to'>;

/** Timestamps in files are rounded (Matroska: to the millisecond), so a frame may come this many seconds before its tick or the ends of a stretch. */
const EARLY = 0.001;

/** A function that is asked for each frame of a clip in order, by its timestamp in seconds, and says whether it is in the sample. */
export function frameChoice({
  every,
  fps,
  from = 0,
  to = Number.POSITIVE_INFINITY,
}: FrameSample): (timestamp: number) => boolean {
  const wanted = withinStretch({ every, fps });
  return (timestamp) => (from === 0 || timestamp + EARLY >= from) && !isPast(timestamp, to) && wanted(timestamp);
}

/** Whether a frame lies behind the end of the stretch that is analysed. */
export function isPast(timestamp: number, to: number): boolean {
  return timestamp + EARLY >= to;
}

function withinStretch({ every, fps }: Pick<FrameSample, 'every' | 'fps'>): (timestamp: number) => boolean {
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
