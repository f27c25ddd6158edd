/** Which face keeps the close-up where only one has it. */

/** Another face must be this much larger. */
const LARGER = 1.15;

/** The largest face, or the one before as long as it is nearly as large: two of nearly the same size do not take turns. */
export function heldFace<F>(largest: F | undefined, before: F | undefined, size: (face: F) => number): F | undefined {
  return before && largest && size(largest) < LARGER * size(before) ? before : largest;
}
