/**
 * The appearance descriptor of a face: a few numbers, enough to tell the people in one scene apart for some seconds and far too few to
 * recognise anybody elsewhere. Two cues from the inner part of the box, where there is no background: the grey pattern at 16×16
 * pixels, compared by normalised correlation at the best of several small shifts (detectors' boxes wobble), and the chroma of its
 * four quarters. appearance-memory.ts remembers them, tracker.ts decides with them.
 */
import { type BoundingBox, sideOf } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import { boxToAffine, warp } from '../core/resample.js';

/** The appearance descriptor of a face in one frame. */
export interface Appearance {
  /** Grey pattern, 16×16 values 0–255, row-major. */
  readonly pattern: Float32Array;
  /** Two chroma values (red against green, yellow against blue; relative to brightness) for each quarter: 8 numbers. */
  readonly chroma: Float32Array;
}

/** Side of the pattern. */
export const PATTERN_SIDE = 16;

/** Pixels of the pattern by which two may be shifted against each other. */
const SHIFT = 2;

/** The parts of the box that are used, in units of its size: free of background for an upright face, whatever its shape. */
const PATTERN_PART = 0.7;
const CHROMA_PART = 0.6;

/** Brightness below which chroma is mostly noise. */
const DARK = 24;

/** The descriptor of the face in `box` (pixels of the image). */
export function appearanceOf(image: Image, box: BoundingBox): Appearance {
  const pattern = new Float32Array(PATTERN_SIDE * PATTERN_SIDE);
  const place = boxToAffine(inner(box, PATTERN_PART), PATTERN_SIDE, PATTERN_SIDE);
  warp(image, place, { width: PATTERN_SIDE, height: PATTERN_SIDE, channels: 1 }, pattern);
  const chroma = new Float32Array(8);
  if (image.channels === 1) return { pattern, chroma };
  const rgb = new Float32Array(12);
  warp(image, boxToAffine(inner(box, CHROMA_PART), 2, 2), { width: 2, height: 2, channels: 3 }, rgb);
  for (let i = 0; i < 4; i++) {
    const [r, g, b] = [rgb[i]!, rgb[4 + i]!, rgb[8 + i]!];
    const light = Math.max((r + g + b) / 3, DARK);
    chroma[2 * i] = (r - g) / light;
    chroma[2 * i + 1] = (r + g - 2 * b) / (2 * light);
  }
  return { pattern, chroma };
}

function inner(box: BoundingBox, part: number): BoundingBox {
  const side = sideOf(box) * part;
  return { x: box.x + (box.width - side) / 2, y: box.y + (box.height - side) / 2, width: side, height: side };
}

/** How unlike two patterns are: the root of 1 − correlation, at the best shift; 0 for the same, about 1 for unrelated ones. */
export function patternDistance(a: Appearance, b: Appearance): number {
  let best = -1;
  for (let dy = -SHIFT; dy <= SHIFT; dy++)
    for (let dx = -SHIFT; dx <= SHIFT; dx++) best = Math.max(best, correlation(a.pattern, b.pattern, dx, dy));
  return Math.sqrt(Math.max(1 - best, 0));
}

/** How unlike two chromas are: the root mean square over the quarters. Skins under one light differ by about 0.1. */
export function chromaDistance(a: Appearance, b: Appearance): number {
  let sum = 0;
  for (let i = 0; i < 8; i++) sum += (a.chroma[i]! - b.chroma[i]!) ** 2;
  return Math.sqrt(sum / 4);
}

/** Correlation of the middle of `a` with the part of `b` that lies dx, dy beside its middle; 0 where one has no pattern. */
function correlation(a: Float32Array, b: Float32Array, dx: number, dy: number): number {
  const side = PATTERN_SIDE - 2 * SHIFT;
  let [sa, sb, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let y = SHIFT; y < SHIFT + side; y++) {
    let p = y * PATTERN_SIDE + SHIFT;
    let q = p + dy * PATTERN_SIDE + dx;
    for (const end = p + side; p < end; p++, q++) {
      const u = a[p]!;
      const v = b[q]!;
      sa += u;
      sb += v;
      aa += u * u;
      bb += v * v;
      ab += u * v;
    }
  }
  const n = side * side;
  // Below a variance of 1 grey level there is nothing to correlate.
  const va = Math.max(aa - (sa * sa) / n, n);
  const vb = Math.max(bb - (sb * sb) / n, n);
  return (ab - (sa * sb) / n) / Math.sqrt(va * vb);
}
