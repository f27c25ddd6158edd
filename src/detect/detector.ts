/** The port of every face detector. One file per detector; how it finds faces is its own business. */
import { PhizError } from '../core/error.js';
import type { BoundingBox, Landmarks } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { QuarterTurn } from '../core/turn.js';

/** A face found, in pixels of the image given (may reach beyond its edges). */
export interface Detection {
  readonly box: BoundingBox;
  /** Null where the detector finds boxes alone. */
  readonly landmarks: Landmarks | null;
  /** 0–1. */
  readonly score: number;
  /** Degrees clockwise by which the image must be turned to show the face upright; absent where it is as it is. */
  readonly turn?: QuarterTurn | undefined;
}

/** Options of one look of a detector. */
export interface DetectOptions {
  /** Longest side in pixels that the detector sees; larger images are shrunk, smaller ones are not enlarged. */
  readonly detectSize?: number | undefined;
  /** Lowest score kept. */
  readonly scoreThreshold?: number | undefined;
  /** Side in pixels of the image below which faces are of no use: a detector of two stages spares itself the second for them. Default 0. */
  readonly leastFace?: number | undefined;
}

/** Options of a look at an image and at half of it. */
export interface HalfOptions extends DetectOptions {
  /** `leastFace` of the look at half the size. Default: as `leastFace`. */
  readonly leastAtHalf?: number | undefined;
  /** Side in pixels of the image above which a face that half the size shows may be left out of `whole`. Default: none is. */
  readonly mostAtWhole?: number | undefined;
}

/** What a look at an image's full size and one at half of it show, each with its own overlapping faces suppressed. */
export interface BothLooks {
  readonly whole: readonly Detection[];
  readonly half: readonly Detection[];
}

/** Whatever finds faces in an image. */
export interface FaceDetector {
  readonly name: string;
  readonly version: string;
  /** Lowest score kept where a call gives no other. */
  readonly scoreThreshold?: number;
  /** Sees every image at one size of its own, whatever `detectSize` asks for: a second, closer look would show the same. */
  readonly fixedSize?: boolean;
  /** Faces in no particular order, overlapping ones already suppressed. */
  detect(image: Image, options?: DetectOptions): Promise<readonly Detection[]>;
  /** `detect`, and the same again with the image at half that size; present where the two cost less together than two calls. */
  detectWithHalf?(image: Image, options?: HalfOptions): Promise<BothLooks>;
  dispose(): Promise<void>;
}

/** Throws PhizError `invalid-option` where a threshold is not a number from 0 to 1. */
export function checkScoreThreshold(scoreThreshold: number): void {
  if (!(scoreThreshold >= 0 && scoreThreshold <= 1))
    throw new PhizError('invalid-option', `scoreThreshold must be from 0 to 1; got ${scoreThreshold}`);
}
