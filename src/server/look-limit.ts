/**
 * How closely the service looks at images that strangers send. A small `minFace` asks for a second look at a large size, whose
 * memory and time grow with the square; on the command line that is the user's own to spend.
 */
import { plannedLooks } from '../analyze/detect-scales.js';
import { PhizError } from '../core/error.js';

/** Longest side at which the detector looks at a stranger's image. */
export const LARGEST_LOOK = 4096;

/** Throws PhizError `invalid-option` where an image or frame of this size would need a larger look. */
export function checkLook(
  { width, height }: { readonly width: number; readonly height: number },
  { detectSize, minFace }: { readonly detectSize?: number | undefined; readonly minFace?: number | undefined },
): void {
  const largest = Math.max(...plannedLooks(Math.max(width, height), { detectSize, minFace }).map(({ size }) => size));
  if (largest <= LARGEST_LOOK) return;
  throw new PhizError(
    'invalid-option',
    `faces of ${minFace} pixels in an image of ${width}×${height} need a look at ${largest} pixels, more than ${LARGEST_LOOK}; raise minFace or send a part of the image`,
  );
}
