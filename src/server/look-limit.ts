/**
 * How closely the service looks at images that strangers send. A small `minFace` asks for a second look at a large size, whose
 * time grows with the square; on the command line that is the user's own to spend.
 */
import { plannedLooks } from '../analyze/detect-scales.js';
import { PhizError } from '../core/error.js';

/** Longest side at which the detector looks at a stranger's image, and of the square of as many pixels as it sees of one in a look. */
export const LARGEST_LOOK = 4096;

/** Throws PhizError `invalid-option` where `minFace` would need a larger look at an image or frame of this size. */
export function checkLook(
  { width, height }: { readonly width: number; readonly height: number },
  { detectSize, minFace }: { readonly detectSize?: number | undefined; readonly minFace?: number | undefined },
): void {
  if (minFace === undefined) return;
  const scale = Math.min(1, Math.max(...plannedLooks({ width, height }, { detectSize, minFace }).map((look) => look.scale)));
  const [across, down] = [width, height].map((side) => Math.ceil(scale * side));
  if (across! * down! <= LARGEST_LOOK ** 2) return;
  throw new PhizError(
    'invalid-option',
    `faces of ${minFace} pixels in an image of ${width}×${height} need a look at ${across}×${down} pixels, more than ${LARGEST_LOOK}×${LARGEST_LOOK}; raise minFace or send a part of the image`,
  );
}
