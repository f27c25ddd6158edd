/** The faces of a clip at any of its moments, from the frames that were analysed. */
import type { BoundingBox } from '../core/geometry.js';

/** An analysed frame, as far as it matters here. */
export interface KnownFrame<Face> {
  readonly timestamp: number;
  /** A new scene begins with it. */
  readonly cut: boolean;
  readonly faces: readonly Face[];
}

/** Frames this far apart in seconds say nothing about what lies between them. */
const LONGEST_GAP = 1;

/** The last analysed frame that began by then, and the one after it; frames in the order of time. */
export function framesAround<F extends Pick<KnownFrame<unknown>, 'timestamp'>>(
  frames: readonly F[],
  seconds: number,
): readonly [before: F | undefined, after: F | undefined] {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (frames[middle]!.timestamp <= seconds + 1e-6) low = middle + 1;
    else high = middle;
  }
  return [frames[low - 1], frames[low]];
}

/**
 * The faces at a moment: those of the last analysed frame; who is in the next one, too, is on a straight way there.
 */
export function facesAt<Face extends { readonly person: number; readonly box: BoundingBox }>(
  frames: readonly KnownFrame<Face>[],
  seconds: number,
): readonly Face[] {
  const [before, after] = framesAround(frames, seconds);
  if (!before) return [];
  const length = after && !after.cut ? after.timestamp - before.timestamp : Infinity;
  const share = Math.max((seconds - before.timestamp) / length, 0);
  if (length > LONGEST_GAP || share === 0) return before.faces;
  return before.faces.map((face) => {
    const next = after?.faces.find(({ person }) => person === face.person);
    return next ? { ...face, box: between(face.box, next.box, share) } : face;
  });
}

function between(a: BoundingBox, b: BoundingBox, share: number): BoundingBox {
  const mix = (from: number, to: number) => from + share * (to - from);
  return { x: mix(a.x, b.x), y: mix(a.y, b.y), width: mix(a.width, b.width), height: mix(a.height, b.height) };
}
