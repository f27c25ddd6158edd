/**
 * Many windows of a cascade fire on each face; here they become one box per face, as OpenCV's groupRectangles does it, but keeping
 * their number and best margin and dropping no group for being small. Pure arithmetic.
 */
import type { BoundingBox } from '../core/geometry.js';

/** A window that passed every stage. */
export interface PassedWindow {
  readonly box: BoundingBox;
  /** By how much it passed the last stage. */
  readonly margin: number;
}

/** The windows on one face. */
export interface WindowGroup {
  /** Their mean box. */
  readonly box: BoundingBox;
  readonly count: number;
  /** The best of their margins. */
  readonly margin: number;
}

/** How far edges of one face's windows lie apart, in units of their size (OpenCV's GROUP_EPS). */
const TOLERANCE = 0.2;

/** Groups windows; a group within another of more windows is dropped. Quadratic in the windows, of which there are hundreds. */
export function groupWindows(windows: readonly PassedWindow[]): readonly WindowGroup[] {
  const groups = partition(windows).map(meanOf);
  return groups.filter((group) => !groups.some((other) => other !== group && swallows(other, group)));
}

/** Windows that are alike, directly or through others. */
function partition(windows: readonly PassedWindow[]): readonly (readonly PassedWindow[])[] {
  const left = new Set(windows);
  const parts: PassedWindow[][] = [];
  for (const first of windows) {
    if (!left.delete(first)) continue;
    const part = [first];
    // The part grows while it is walked.
    for (const { box } of part)
      for (const other of left)
        if (alike(box, other.box)) {
          left.delete(other);
          part.push(other);
        }
    parts.push(part);
  }
  return parts;
}

function alike(a: BoundingBox, b: BoundingBox): boolean {
  const delta = (TOLERANCE * (Math.min(a.width, b.width) + Math.min(a.height, b.height))) / 2;
  return (
    Math.abs(a.x - b.x) <= delta &&
    Math.abs(a.y - b.y) <= delta &&
    Math.abs(a.x + a.width - b.x - b.width) <= delta &&
    Math.abs(a.y + a.height - b.y - b.height) <= delta
  );
}

function meanOf(windows: readonly PassedWindow[]): WindowGroup {
  const count = windows.length;
  const mean = (side: keyof BoundingBox): number => windows.reduce((sum, { box }) => sum + box[side], 0) / count;
  return {
    box: { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height') },
    count,
    margin: Math.max(...windows.map(({ margin }) => margin)),
  };
}

/** Whether `inner` lies within `outer`, a little slack given, and is the less certain of the two. */
function swallows({ box: outer, count }: WindowGroup, { box: inner, count: few }: WindowGroup): boolean {
  const dx = TOLERANCE * outer.width;
  const dy = TOLERANCE * outer.height;
  const within =
    inner.x >= outer.x - dx &&
    inner.y >= outer.y - dy &&
    inner.x + inner.width <= outer.x + outer.width + dx &&
    inner.y + inner.height <= outer.y + outer.height + dy;
  return within && count > Math.max(3, few);
}
