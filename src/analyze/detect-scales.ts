/**
 * At which sizes the detector looks at an image, and how what it finds there becomes one list. A detector sees faces from about 10 px
 * of its input up to the 300 px or so that it was trained on. So an image is looked at once more at half the size, for faces that fill
 * it; and where small faces in a large photo are asked for, a third time at a larger size.
 */

import { area, type BoundingBox, iou } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { BothLooks, Detection, FaceDetector, HalfOptions } from '../detect/detector.js';
import { DETECT_SIZE } from '../detect/letterbox.js';
import { LARGEST_DETECT_SIZE } from '../results/analysis-options.js';
import { stopIfAborted } from './abort.js';

/** Smallest face kept by default, in pixels of the image. */
export const MIN_FACE = 20;

/** Side in pixels of the detector's input below which it does not find faces reliably. */
const SMALLEST_ON_INPUT = 10;

/** Longest side that the default `minFace` may lead to: bounds time and memory. */
const DEFAULT_FINE_LIMIT = 1920;

/** Side of the detector's input up to which it sees faces that fill it, so that no smaller look is needed. */
const WHOLE_FACE_INPUT = 320;

/**
 * Smallest face, on the smaller input, that the smaller look is for, and the largest on a larger one that is seen better there: with 240
 * a face of 230 px in the video benchmark was measured in 270 of 300 frames, with 170 in all.
 */
const LARGE_ON_INPUT = 72;
const BEST_ON_INPUT = 170;

/** Overlap from which two boxes are the same face. */
const SAME_FACE = 0.4;

/** A look at an image: the detector's `detectSize`, and whether half of that is looked at too, for faces that fill the image. */
export interface PlannedLook {
  readonly size: number;
  readonly half: boolean;
}

/**
 * The looks to take, coarse first: the detector's own size, with half of it for large faces where `maxFace` asks for any; a second where
 * faces of `minFace` pixels would be too small on it. `longest` is the image's longer side.
 */
export function plannedLooks(
  longest: number,
  { detectSize = DETECT_SIZE, minFace, maxFace = Infinity }: Pick<ScaleOptions, 'detectSize' | 'minFace' | 'maxFace'>,
): readonly PlannedLook[] {
  const wanted = Math.ceil((SMALLEST_ON_INPUT * longest) / (minFace ?? MIN_FACE));
  const fine = Math.min(longest, wanted, minFace === undefined ? DEFAULT_FINE_LIMIT : LARGEST_DETECT_SIZE);
  const half = Math.min(longest, detectSize) > WHOLE_FACE_INPUT && maxFace >= smallestAtHalf(longest, detectSize);
  return [{ size: detectSize, half }, ...(fine > detectSize ? [{ size: fine, half: false }] : [])];
}

/** Options of {@link detectAtScales}; see the analyzer's. */
export interface ScaleOptions {
  readonly detectSize?: number | undefined;
  readonly minFace?: number | undefined;
  readonly maxFace?: number | undefined;
  readonly scoreThreshold?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Takes all the looks that an image needs and gives what they found, in no particular order. Throws what the detector throws, `aborted`. */
export async function detectAtScales(
  detector: FaceDetector,
  image: Image,
  { detectSize, minFace, maxFace, scoreThreshold, signal }: ScaleOptions = {},
): Promise<readonly Detection[]> {
  const longest = Math.max(image.width, image.height);
  const looks = detector.fixedSize
    ? [{ size: DETECT_SIZE, half: false }]
    : plannedLooks(longest, { detectSize, minFace, maxFace });
  let found: readonly Detection[] = [];
  for (const { size, half } of looks) {
    stopIfAborted(signal);
    const options = { detectSize: size, scoreThreshold, leastFace: minFace ?? MIN_FACE };
    if (half) {
      const leastAtHalf = smallestAtHalf(longest, size);
      const seen = await lookWithHalf(detector, image, { ...options, leastAtHalf });
      const large = seen.half.filter(({ box }) => Math.sqrt(area(box)) >= leastAtHalf);
      found = mergeLooks(large, seen.whole, largestSeenWell(longest, size));
    } else found = mergeLooks(found, await detector.detect(image, options), largestSeenWell(longest, size));
  }
  return found;
}

/** A look at a size and one at half of it, together where the detector knows how. */
async function lookWithHalf(
  detector: FaceDetector,
  image: Image,
  options: HalfOptions & { readonly detectSize: number },
): Promise<BothLooks> {
  if (detector.detectWithHalf) return detector.detectWithHalf(image, options);
  const detectSize = Math.ceil(Math.min(options.detectSize, Math.max(image.width, image.height)) / 2);
  const half = await detector.detect(image, { ...options, detectSize });
  return { half, whole: await detector.detect(image, options) };
}

/** Smallest face, in pixels of the image, that is taken from a look at half of `size`. */
function smallestAtHalf(longest: number, size: number): number {
  return (2 * LARGE_ON_INPUT * longest) / Math.min(longest, size);
}

/** Largest face, in pixels of the image, that a look at `size` places better than a smaller look does. */
function largestSeenWell(longest: number, size: number): number {
  return BEST_ON_INPUT * Math.max(1, longest / size);
}

/**
 * Adds what a finer look found to what coarser ones did. A face that both saw is taken from the finer look, which places it better, unless
 * it is larger than `largest`; a fine box whose centre lies in a face already known is a part of it (a large face seen too close up).
 */
function mergeLooks(known: readonly Detection[], found: readonly Detection[], largest: number): readonly Detection[] {
  const merged = [...known];
  for (const face of found) {
    const side = Math.sqrt(area(face.box));
    const same = merged.findIndex(({ box }) => iou(box, face.box) > SAME_FACE);
    if (same >= 0 && same < known.length && side <= largest) merged[same] = face;
    else if (!merged.some(({ box }, i) => i < known.length && (i === same || holdsCentre(box, face.box)))) merged.push(face);
  }
  return merged;
}

function holdsCentre(outer: BoundingBox, inner: BoundingBox): boolean {
  const x = inner.x + inner.width / 2;
  const y = inner.y + inner.height / 2;
  return x > outer.x && x < outer.x + outer.width && y > outer.y && y < outer.y + outer.height;
}
