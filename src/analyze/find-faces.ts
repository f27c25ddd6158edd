/**
 * All that is done to find the faces of one image: looks at several sizes (detect-scales.ts), which of what they show is kept
 * (kept-faces.ts), and for a photo without a sure face, looks at it with a border (bordered-look.ts) and turned (turned-looks.ts).
 */
import type { Image } from '../core/image.js';
import type { Detection, FaceDetector } from '../detect/detector.js';
import { lookBordered } from './bordered-look.js';
import { detectAtScales, MIN_FACE, type ScaleOptions } from './detect-scales.js';
import { keepFaces } from './kept-faces.js';
import { lookTurned } from './turned-looks.js';

/**
 * Share of the detector's own threshold from which a face counts in the look with a border, where nobody says what is sure enough: what
 * fills a photo so that nothing else is found is more often a face cut tightly than a mistake. On 236 images of nobody it adds none, of
 * 614 training images of RAF-DB it finds 602 instead of 597 (2026-11-27).
 */
const BORDERED = 0.7;

/** The most faces of an image that are kept where nothing else is said: the largest. */
export const MAX_FACES = 200;

export interface FindFacesOptions extends ScaleOptions {
  readonly maxFaces?: number | undefined;
  /** Looks at an image in which no sure face is found turned by quarters. Default true. */
  readonly turn?: boolean | undefined;
  /** Looks at an image in which nothing is found with a border round it. Default as `turn`. */
  readonly border?: boolean | undefined;
}

/** The faces of an image within the limits, largest first. Throws what the detector throws, `aborted`. */
export async function findFaces(
  detector: FaceDetector,
  image: Image,
  { turn = true, border = turn, maxFaces = MAX_FACES, ...scales }: FindFacesOptions = {},
): Promise<readonly Detection[]> {
  const { minFace = MIN_FACE, maxFace, scoreThreshold = 0 } = scales;
  const within = (found: readonly Detection[], seen: Image) =>
    keepFaces(found, seen, { minFace, maxFace, maxFaces, minScore: scoreThreshold });
  const look = async (seen: Image) => within(await detectAtScales(detector, seen, scales), seen);
  let found = await look(image);
  if (border && found.length === 0) {
    // One look at the size it is made for: the limits are those of the image, and the bordered one is smaller.
    const own = detector.scoreThreshold;
    const least = scales.scoreThreshold ?? (own === undefined ? undefined : BORDERED * own);
    const bordered = (seen: Image) => detector.detect(seen, { scoreThreshold: least });
    found = within(await lookBordered(image, bordered), image);
  }
  return turn ? lookTurned(image, found, look) : found;
}
