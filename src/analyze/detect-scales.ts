/**
 * At which sizes the detector looks at an image, and how what it finds there becomes one list. A detector sees faces from 10 to 20 px
 * of its input up to the 300 px or so that it was trained on. So an image is looked at once more at half the size, for faces that fill
 * it; and where small faces in a large photo are asked for, again at larger sizes, in tiles (tiles.ts) where one look would take too much
 * memory. A long image, of which little would be left when it is shrunk to the detector's size, is looked at in stretches, as so many photos.
 */

import { type BoundingBox, iou, sideOf } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { BothLooks, Detection, DetectOptions, FaceDetector, HalfOptions } from '../detect/detector.js';
import { DETECT_SIZE } from '../detect/letterbox.js';
import { stopIfAborted } from './abort.js';
import { lookInTiles, type Tile, tilesOf } from './tiles.js';

/** Smallest face kept by default, in pixels of the image. */
export const MIN_FACE = 20;

/** Side in pixels of the detector's input below which it finds hardly a face. */
const SMALLEST_ON_INPUT = 10;

/**
 * Side from which it finds most: of 109 faces of 20 to 24 px in photos of the detection data's `val` 0.70, of 317 larger ones 0.85, of 120
 * of 14 to 20 px half, of 87 of 8 to 12 px one in twelve.
 */
const CLEAR_ON_INPUT = 20;

/** Times the smallest face kept by default from which on it is said that smaller ones may have been missed: in photos of over 5,760 px. */
const FAR_FROM_KEPT = 3;

/** Longest side of an image, or of a stretch of a long one, that the default `minFace` may lead to: bounds time. */
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

/** Times its shorter side that an image's longer one may measure: a longer one is looked at in stretches of so many times that. */
const STRETCH = 3;

/** Longest side of the detector's input in a closer look, which bounds memory: more is looked at in tiles. */
const TILE = 2048;

/** Pixels of the detector's input about a tile's core: faces that are looked for there are whole in some tile. */
const MARGIN = 128;

/** How much closer one look may be than the one before: each sees faces of ten times as many sizes. */
const CLOSER = 8;

/** A look at an image: at which scale, and whether half of that is looked at too, for faces that fill the image. */
export interface PlannedLook {
  /** Pixels of the detector's input for one of the image. */
  readonly scale: number;
  readonly half: boolean;
  /** What is looked at one after the other, each with the detector's `detectSize`. */
  readonly tiles: readonly SizedTile[];
}

interface SizedTile extends Tile {
  readonly detectSize: number;
}

type Size = Pick<Image, 'width' | 'height'>;

/**
 * The looks to take, coarse first: the detector's own size, with half of it for large faces where `maxFace` asks for any; closer ones
 * where faces of `minFace` pixels would be too small on it.
 */
export function plannedLooks(
  image: Size,
  { detectSize = DETECT_SIZE, minFace, maxFace = Infinity }: Pick<ScaleOptions, 'detectSize' | 'minFace' | 'maxFace'>,
): readonly PlannedLook[] {
  const stretches = stretchesOf(image, detectSize);
  const longest = Math.max(...stretches.map(longestSide));
  const half = Math.min(longest, detectSize) > WHOLE_FACE_INPUT && maxFace >= smallestAtHalf(longest, detectSize);
  const looks: PlannedLook[] = [{ scale: detectSize / longest, half, tiles: stretches }];
  const limit = minFace === undefined ? DEFAULT_FINE_LIMIT / longest : 1;
  // Who names a smallest face wants it found; by default most photos are to take no second look.
  const finest = Math.min(1, minFace === undefined ? SMALLEST_ON_INPUT / MIN_FACE : CLEAR_ON_INPUT / minFace, limit);
  const steps = Math.ceil(Math.log(finest / looks[0]!.scale) / Math.log(CLOSER));
  for (let step = steps - 1; step >= 0; step--) {
    const scale = finest / CLOSER ** step;
    const tiles = tilesOf(image, { most: TILE / scale, margin: MARGIN / scale }).map((tile) => {
      const side = longestSide(tile);
      return { ...tile, detectSize: Math.min(side, Math.ceil(scale * side - 1e-6)) };
    });
    looks.push({ scale, half: false, tiles });
  }
  return looks;
}

/** What is to be said where faces may have been missed since the image was looked at from too far; undefined where there is nothing to say. */
export function missedNote(image: Size, options: Pick<ScaleOptions, 'detectSize' | 'minFace'>): string | undefined {
  const { minFace } = options;
  const closest = Math.min(1, Math.max(...plannedLooks(image, options).map(({ scale }) => scale)));
  const clear = Math.round(CLEAR_ON_INPUT / closest);
  if (minFace !== undefined && minFace < clear)
    return `faces of less than ${clear} pixels are found the less often the smaller they are`;
  if (minFace === undefined && clear > FAR_FROM_KEPT * MIN_FACE)
    return `faces of less than about ${clear} pixels may have been missed; a smallest face (minFace, --min-face) of its own makes the look closer`;
  return undefined;
}

/** An image as a whole, or a long one in stretches in which every face is whole in one of them. */
function stretchesOf(image: Size, detectSize: number): readonly SizedTile[] {
  const shortest = Math.min(image.width, image.height);
  // No stretch needs to be shorter than what is seen without shrinking; and what is this narrow shows no face.
  const most = shortest < SMALLEST_ON_INPUT ? Infinity : Math.max(STRETCH * shortest, detectSize);
  return tilesOf(image, { most, margin: shortest / 2 }).map((tile) => ({ ...tile, detectSize }));
}

function longestSide({ width, height }: Size): number {
  return Math.max(width, height);
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
  const looks = detector.fixedSize
    ? [{ scale: 1, half: false, tiles: stretchesOf(image, DETECT_SIZE) }]
    : plannedLooks(image, { detectSize, minFace, maxFace });
  let found: readonly Detection[] = [];
  for (const { scale, half, tiles } of looks) {
    const seen = await lookInTiles(image, tiles, async (part, { detectSize }) => {
      stopIfAborted(signal);
      const options = { detectSize, scoreThreshold, leastFace: minFace ?? MIN_FACE };
      return half ? lookWithHalf(detector, part, options) : detector.detect(part, options);
    });
    found = mergeLooks(found, seen, BEST_ON_INPUT / Math.min(1, scale));
  }
  return found;
}

/** What a look at a size and one at half of it find, the latter large faces alone. */
async function lookWithHalf(
  detector: FaceDetector,
  image: Image,
  options: DetectOptions & { readonly detectSize: number },
): Promise<readonly Detection[]> {
  const longest = longestSide(image);
  const least = smallestAtHalf(longest, options.detectSize);
  const mostAtWhole = BEST_ON_INPUT * Math.max(1, longest / options.detectSize);
  const { whole, half } = await bothLooks(detector, image, { ...options, leastAtHalf: least, mostAtWhole });
  const large = half.filter(({ box }) => sideOf(box) >= least);
  return mergeLooks(large, whole, mostAtWhole);
}

/** A look at a size and one at half of it, together where the detector knows how. */
async function bothLooks(
  detector: FaceDetector,
  image: Image,
  options: HalfOptions & { readonly detectSize: number },
): Promise<BothLooks> {
  if (detector.detectWithHalf) return detector.detectWithHalf(image, options);
  const detectSize = Math.ceil(Math.min(options.detectSize, longestSide(image)) / 2);
  const half = await detector.detect(image, { ...options, detectSize });
  return { half, whole: await detector.detect(image, options) };
}

/** Smallest face, in pixels of the image, that is taken from a look at half of `size`. */
function smallestAtHalf(longest: number, size: number): number {
  return (2 * LARGE_ON_INPUT * longest) / Math.min(longest, size);
}

/**
 * Adds what a finer look found to what coarser ones did. A face that both saw is taken from the finer look, which places it better, unless
 * it is larger than `largest`; a fine box whose centre lies in a face already known is a part of it (a large face seen too close up).
 */
function mergeLooks(known: readonly Detection[], found: readonly Detection[], largest: number): readonly Detection[] {
  const merged = [...known];
  for (const face of found) {
    const side = sideOf(face.box);
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
