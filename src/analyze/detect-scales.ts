/**
 * At which sizes the detector looks at a picture, and how what it finds there becomes one list. A detector sees faces of about
 * 10 px of its input up to the whole input; small faces in a large photo need a larger input than the whole-picture face does,
 * so such photos are looked at twice, coarse and fine.
 */
import { type BoundingBox, iou } from '../core/geometry.js';
import type { Detection } from '../detect/detector.js';
import { DETECT_SIZE } from '../detect/fit.js';

/** Smallest face kept by default, in pixels of the picture. */
export const MIN_FACE = 20;

/** Side in pixels of the detector's input below which it does not find faces reliably. */
const SMALLEST_ON_INPUT = 10;

/** Longest side that the default `minFace` may lead to: bounds time and memory. */
const DEFAULT_FINE_LIMIT = 1920;

/** Longest side that an explicit `minFace` may lead to: the most that detectors take. */
export const LARGEST_DETECT_SIZE = 8192;

/** Overlap from which two boxes are the same face. */
const SAME_FACE = 0.4;

/** The sizes to look at, coarse first: one, or two where faces of `minFace` pixels would be too small on the first. */
export function detectSizes(
  longest: number,
  { detectSize = DETECT_SIZE, minFace }: { readonly detectSize?: number | undefined; readonly minFace?: number | undefined },
): readonly number[] {
  const wanted = Math.ceil((SMALLEST_ON_INPUT * longest) / (minFace ?? MIN_FACE));
  const fine = Math.min(longest, wanted, minFace === undefined ? DEFAULT_FINE_LIMIT : LARGEST_DETECT_SIZE);
  return fine > detectSize ? [detectSize, fine] : [detectSize];
}

/**
 * One list from the coarse and the fine look. What the coarse look found stays; the fine look adds faces that are not there
 * yet. A fine box that lies on a coarse face is that face or a part of it (a large face seen too close up).
 */
export function mergeScales(coarse: readonly Detection[], fine: readonly Detection[]): readonly Detection[] {
  const added = fine.filter(({ box }) => !coarse.some((known) => iou(known.box, box) > SAME_FACE || holdsCentre(known.box, box)));
  return [...coarse, ...added];
}

function holdsCentre(outer: BoundingBox, inner: BoundingBox): boolean {
  const x = inner.x + inner.width / 2;
  const y = inner.y + inner.height / 2;
  return x > outer.x && x < outer.x + outer.width && y > outer.y && y < outer.y + outer.height;
}
