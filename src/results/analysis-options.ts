/**
 * The options of an analysis, each once: what it is, what it may be, and what holds where it is not given. The library's checks, the
 * command line, the query of URLs, jobs, the client and the tables in the pages are made from these.
 */
import { z } from 'zod';

/** Which faces of an image are kept. */
export interface FaceLimits {
  /**
   * Smallest face kept: side (root of the area) of its box in pixels of the image; default 20. Where such faces would be
   * smaller than 10 px on the detector's input, the image is looked at again at a size that makes them 10 px, at most
   * its own size, in tiles where that is above 2048 px. With the default that closer look stops at 1920 px (of images more than three times as long as
   * wide, for each stretch of that shape); an explicit value goes as far as needed, which takes time.
   */
  readonly minFace?: number | undefined;
  /** Most faces given, the largest ones; default 200. */
  readonly maxFaces?: number | undefined;
  /** Lowest confidence that something is a face, 0–1; default: the detector's own. */
  readonly minConfidence?: number | undefined;
}

/** How closely is looked at an image. */
export interface LookOptions {
  /** Longest side in pixels at which the detector first looks at the image; default 640. Smaller images are not enlarged. */
  readonly detectSize?: number | undefined;
}

/** Whether photos are looked at turned. */
export interface TurnOption {
  /**
   * Looks at a photo in which no sure face is found again: with a border, for a face that fills it, and turned by 90°, 180° and 270°, for
   * photos on their side that do not say so. Default true. Frames of a clip are looked at once, as they are.
   */
  readonly turn?: boolean | undefined;
}

/** What `turn` is, in half a sentence. */
export const TURN_SAYS = 'look at a photo without a sure face again, with a border and turned by 90, 180 and 270 degrees';

/** Which frames of a clip are analysed, and how what they show is followed. */
export interface FollowOptions {
  /** So many frames a second at most: the first at or after each tick, counted from the first frame's timestamp. Not with `every`. */
  readonly fps?: number | undefined;
  /** Every so many frames, from the first; default 1. */
  readonly every?: number | undefined;
  /** Seconds of the clip at which the analysis begins; frames keep the clip's own times. Default 0. */
  readonly from?: number | undefined;
  /** Seconds of the clip at which it ends, this moment not included. Default: the clip's end. */
  readonly to?: number | undefined;
  /** Faces are looked for in every so many analysed frames, and after each cut; between them the tracker carries boxes. Default 1. */
  readonly detectEvery?: number | undefined;
  /** Time constant in seconds over which what a person shows is smoothed; 0 for none; default 0.4. */
  readonly smoothing?: number | undefined;
}

/** One option. */
export interface AnalysisOption {
  /** From a number as it is, or from one that comes as text. */
  readonly rule: (number: z.ZodNumber) => z.ZodNumber;
  /** What it must be, as errors say it. */
  readonly must: string;
  /** How help texts call the value: `px`. */
  readonly unit: string;
  /** What it is, in half a sentence. */
  readonly says: string;
  /** What holds where it is not given. */
  readonly without: string;
}

/** Longest side at which a detector looks. */
export const LARGEST_DETECT_SIZE = 8192;

const count = (must: string, least = 1, most = Number.MAX_SAFE_INTEGER) =>
  ({ rule: (number: z.ZodNumber) => number.int().min(least).max(most), must }) as const;

export const FACE_LIMITS = {
  minFace: {
    rule: (number) => number.positive(),
    must: 'a number of pixels above 0',
    unit: 'px',
    says: 'smallest face kept, in pixels of the image; smaller ones take more time',
    without: '20',
  },
  maxFaces: {
    ...count('a whole number of 1 or more'),
    unit: 'n',
    says: 'most faces per image, the largest ones',
    without: '200',
  },
  minConfidence: {
    rule: (number) => number.min(0).max(1),
    must: 'a number between 0 and 1',
    unit: 'p',
    says: 'lowest confidence that something is a face, 0 to 1',
    without: "the detector's own",
  },
} as const satisfies Record<keyof FaceLimits, AnalysisOption>;

export const LOOK_OPTIONS = {
  detectSize: {
    ...count(`a whole number from 32 to ${LARGEST_DETECT_SIZE}`, 32, LARGEST_DETECT_SIZE),
    unit: 'px',
    says: 'longest side at which the detector first sees the image',
    without: '640',
  },
} as const satisfies Record<keyof LookOptions, AnalysisOption>;

export const FOLLOW_OPTIONS = {
  fps: {
    rule: (number) => number.positive(),
    must: 'a number above 0',
    unit: 'n',
    says: 'most frames of a clip analysed per second; not with every',
    without: 'all',
  },
  every: { ...count('a whole number of 1 or more'), unit: 'n', says: 'analyse every nth frame of a clip', without: '1' },
  from: {
    rule: (number) => number.min(0),
    must: 'a number of seconds of 0 or more',
    unit: 'seconds',
    says: 'where in a clip the analysis begins; frames keep its own times',
    without: '0',
  },
  to: {
    rule: (number) => number.positive(),
    must: 'a number of seconds above 0',
    unit: 'seconds',
    says: 'where in a clip the analysis ends',
    without: 'its end',
  },
  detectEvery: {
    ...count('a whole number of 1 or more'),
    unit: 'n',
    says: 'detect faces in every nth analysed frame and track them in between',
    without: '1',
  },
  smoothing: {
    rule: (number) => number.min(0),
    must: 'a number of seconds of 0 or more',
    unit: 'seconds',
    says: 'time constant over which what a person in a clip shows is smoothed',
    without: '0.4',
  },
} as const satisfies Record<keyof FollowOptions, AnalysisOption>;

/** All of them. */
export const ANALYSIS_OPTIONS: Readonly<Record<string, AnalysisOption>> = { ...FACE_LIMITS, ...LOOK_OPTIONS, ...FOLLOW_OPTIONS };

/** Their schemas, each optional and described: of numbers, or of numbers that come as text (`coerced`), as in a URL. */
export function optionShape<Options extends Readonly<Record<string, AnalysisOption>>>(
  options: Options,
  { coerced = false }: { readonly coerced?: boolean } = {},
): { readonly [Name in keyof Options]: z.ZodOptional<z.ZodNumber> } {
  const number = (): z.ZodNumber => (coerced ? (z.coerce.number() as unknown as z.ZodNumber) : z.number());
  return Object.fromEntries(
    Object.entries(options).map(([name, { rule, says, without }]) => [
      name,
      rule(number()).optional().describe(`${says} (default: ${without})`),
    ]),
  ) as { readonly [Name in keyof Options]: z.ZodOptional<z.ZodNumber> };
}

/** Made once: options are checked in every call of an analyzer, frame by frame. */
const SCHEMAS: ReadonlyMap<string, z.ZodNumber> = new Map(
  Object.entries(ANALYSIS_OPTIONS).map(([name, { rule }]) => [name, rule(z.number())]),
);

/** What is wrong with a value, or undefined: `must be a whole number of 1 or more`. */
export function faultOf(name: string, value: unknown): string | undefined {
  const schema = SCHEMAS.get(name);
  if (!schema || value === undefined || schema.safeParse(value).success) return undefined;
  return `must be ${ANALYSIS_OPTIONS[name]!.must}`;
}
