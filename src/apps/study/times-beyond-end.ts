/**
 * Times of a design that lie beyond the end of what it names: an offset, a baseline, a stretch or a moment that no recording reaches. Only
 * containers are read here, no frames. What cannot be opened is left for the study to name.
 */
import { PhizError } from '../../core/error.js';
import { isRemote, placeIn } from '../../node/remote/remote-files.js';
import { openClip } from '../../node/video/open-clip.js';
import type { Design, Recording } from '../../study/design.js';

/** Containers round their durations: up to so many seconds nothing is said. */
const SLACK = 0.5;

/** A fault for each such time, with its place. Files are relative to `folder`. Throws what opening a clip throws but for its file's sake. */
export async function timesBeyondEnd({ recordings, moments }: Design, folder: string): Promise<readonly string[]> {
  const faults: string[] = [];
  const lengths = new Map<string, number>();
  const open = new Set(moments.map(({ stimulus }) => stimulus));
  for (const recording of recordings) {
    const { stimulus, offset, place, file } = recording;
    if (!open.has(stimulus) && timesOf(recording).length === 0) continue;
    const path = placeIn(folder, file);
    // What lies elsewhere is not fetched only for this.
    const duration = isRemote(path) ? undefined : await durationOf(path);
    // Where one recording's length is not known, a moment may lie in it.
    lengths.set(stimulus, Math.max(lengths.get(stimulus) ?? 0, duration === undefined ? Infinity : duration - offset));
    if (duration === undefined) continue;
    for (const [name, seconds] of timesOf(recording))
      if (seconds > duration + SLACK)
        faults.push(`${place}${name}: ${seconds} s lies beyond the end of '${file}', which is ${duration.toFixed(1)} s long`);
  }
  for (const { stimulus, label, to } of moments) {
    const length = lengths.get(stimulus) ?? Infinity;
    if (to > length + SLACK)
      faults.push(
        `moment '${label}' of '${stimulus}' ends at ${to} s, but its longest recording shows ${Math.max(length, 0).toFixed(1)} s`,
      );
  }
  return faults;
}

/** The times of a recording that must lie in it, each with its column. */
function timesOf({ offset, baseline, excluded }: Recording): readonly (readonly [name: string, seconds: number])[] {
  return [
    ...(offset > 0 ? [['offset', offset] as const] : []),
    ...(baseline ? [['baseline', baseline.to] as const] : []),
    ...excluded.map(({ to }) => ['left out', to] as const),
  ];
}

/** Seconds, as the container says; undefined where it cannot be opened or does not say. */
async function durationOf(path: string): Promise<number | undefined> {
  try {
    await using clip = await openClip(path);
    return clip.facts.duration > 0 ? clip.facts.duration : undefined;
  } catch (error) {
    if (error instanceof PhizError) return undefined;
    throw error;
  }
}
