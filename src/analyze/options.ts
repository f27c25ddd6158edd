/** What a call of the analyzer may ask for: which faces are kept, and how closely is looked. */
import { PhizError } from '../core/error.js';
import { LARGEST_DETECT_SIZE } from './detect-scales.js';

export interface AnalyzeOptions {
  /**
   * Smallest face kept: side (root of the area) of its box in pixels of the picture; default 20. Where such faces would be
   * smaller than 10 px on the detector's input, the picture is looked at a second time at a size that makes them 10 px, at most
   * its own size. With the default that second look stops at 1920 px; an explicit value goes as far as needed, to 8192 px,
   * which takes time and memory.
   */
  readonly minFace?: number | undefined;
  /** Most faces given, the largest ones; default 200. */
  readonly maxFaces?: number | undefined;
  /** Lowest confidence that something is a face, 0–1; default: the detector's own. */
  readonly minConfidence?: number | undefined;
  /** Longest side in pixels at which the detector first sees the image; default 640. Smaller pictures are not enlarged. */
  readonly detectSize?: number | undefined;
  /**
   * Looks at a photo in which no sure face is found again, turned by 90°, 180° and 270°: for photos on their side that do not say so.
   * Default true. Frames of a clip are never turned.
   */
  readonly turn?: boolean | undefined;
  /** Stops between two steps of the analysis. */
  readonly signal?: AbortSignal | undefined;
}

/** What finding faces may ask for besides. */
export interface FindOptions extends AnalyzeOptions {
  /** Largest face kept, measured as `minFace` is; default: any. Where only small ones are looked for, the looks for large ones are left out. */
  readonly maxFace?: number | undefined;
}

/** The options that hold where a call gives no other; undefined: as each option says. */
export interface AnalyzerDefaults extends Omit<AnalyzeOptions, 'signal'> {
  readonly maxFaces: number;
  readonly minConfidence: number;
}

/** Checks the limits of an analysis. Throws PhizError `invalid-option` naming the first value at fault. */
export function checkOptions({ minFace, maxFace, maxFaces, minConfidence, detectSize, turn }: FindOptions): void {
  const whole = (name: string, value: number | undefined, least: number, most = Infinity): void => {
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most))
      throw new PhizError(
        'invalid-option',
        `${name} must be a whole number ${most < Infinity ? `from ${least} to ${most}` : `of ${least} or more`}; got ${value}`,
      );
  };
  for (const [name, value] of Object.entries({ minFace, maxFace }))
    if (value !== undefined && !(Number.isFinite(value) && value > 0))
      throw new PhizError('invalid-option', `${name} must be a number of pixels above 0; got ${value}`);
  if (turn !== undefined && typeof turn !== 'boolean')
    throw new PhizError('invalid-option', `turn must be true or false; got ${String(turn)}`);
  whole('maxFaces', maxFaces, 1);
  whole('detectSize', detectSize, 32, LARGEST_DETECT_SIZE);
  if (minConfidence !== undefined && !(minConfidence >= 0 && minConfidence <= 1))
    throw new PhizError('invalid-option', `minConfidence must be between 0 and 1; got ${minConfidence}`);
}
