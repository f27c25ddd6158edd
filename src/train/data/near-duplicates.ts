/**
 * Finds images that nearly repeat each other: the correlation of their grey values at a small size, as FER-2013's lists of
 * duplicates were made. Data sets scraped from the web hold the same photo under different labels; evaluation leaves those out.
 * Compares all pairs: a few seconds for five thousand images, no tool for a million.
 */
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import { boxToAffine, warp } from '../../core/resample.js';

export interface NearDuplicateOptions {
  /** Side in pixels at which images are compared. Default 24. */
  readonly side?: number | undefined;
  /** Lowest correlation of two that nearly repeat each other. Default 0.98. */
  readonly threshold?: number | undefined;
}

/** Pairs are compared whole only if their correlation at this side comes near the threshold: smooth parts decide most pairs. */
const COARSE = 6;
const COARSE_SLACK = 0.06;

/**
 * Groups of two or more images that nearly repeat each other, as ascending indices, by first index; a chain of pairs is one
 * group. Blank images are in none. Throws PhizError `invalid-option`.
 */
export function findNearDuplicates(
  images: readonly Image[],
  { side = 24, threshold = 0.98 }: NearDuplicateOptions = {},
): readonly (readonly number[])[] {
  if (!Number.isInteger(side) || side < COARSE || side > 256)
    throw new PhizError('invalid-option', `side must be a whole number of pixels from ${COARSE} to 256; got ${side}`);
  if (!(threshold > 0.5 && threshold < 1))
    throw new PhizError('invalid-option', `threshold must be between 0.5 and 1; got ${threshold}`);
  const fine = describe(images, side);
  const coarse = describe(images, COARSE);
  const parent = Uint32Array.from(images, (_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at]!;
    parent[i] = at;
    return at;
  };
  for (let i = 0; i < images.length; i++)
    for (let j = 0; j < i; j++)
      if (dot(coarse, i, j, COARSE * COARSE) > threshold - COARSE_SLACK && dot(fine, i, j, side * side) > threshold)
        parent[Math.max(root(i), root(j))] = Math.min(root(i), root(j));
  const groups = new Map<number, number[]>();
  for (let i = 0; i < images.length; i++) {
    const group = groups.get(root(i));
    if (group) group.push(i);
    else groups.set(i, [i]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** The members of the groups whose labels differ by more than `tolerance` (default 0): their label cannot be trusted. */
export function contradictory(
  groups: readonly (readonly number[])[],
  labels: ArrayLike<number>,
  { tolerance = 0 }: { readonly tolerance?: number } = {},
): ReadonlySet<number> {
  const members = new Set<number>();
  for (const group of groups) {
    const own = group.map((index) => labels[index]!);
    if (Math.max(...own) - Math.min(...own) > tolerance) for (const index of group) members.add(index);
  }
  return members;
}

/** Grey values at the given side, with zero mean and unit length, so that a dot product is a correlation; zeros for a blank. */
function describe(images: readonly Image[], side: number): Float32Array {
  const size = side * side;
  const out = new Float32Array(images.length * size);
  for (const [i, image] of images.entries()) {
    const box = { x: 0, y: 0, width: image.width, height: image.height };
    warp(image, boxToAffine(box, side, side), { width: side, height: side, channels: 1 }, out, i * size);
    const values = out.subarray(i * size, (i + 1) * size);
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    const length = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
    for (let k = 0; k < size; k++) values[k] = length > side * 0.1 ? (values[k]! - mean) / length : 0;
  }
  return out;
}

function dot(vectors: Float32Array, i: number, j: number, size: number): number {
  let sum = 0;
  for (let k = 0, a = i * size, b = j * size; k < size; k++) sum += vectors[a + k]! * vectors[b + k]!;
  return sum;
}
