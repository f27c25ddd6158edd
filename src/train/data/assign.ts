/**
 * Training targets of the anchor-free detector: which point answers for which face. Static, so that the whole loss fits into one
 * graph: a face goes to the feature maps whose range of sizes it falls in, and there to the points near its centre (centre
 * sampling, FCOS, Tian et al. 2019, arXiv:1904.01355); where two faces claim a point the smaller gets it; every face keeps at
 * least one point. Points that could go either way are left out of the classification loss.
 */

import { PhizError } from '../../core/error.js';
import { LANDMARK_ORDER, sideOf } from '../../core/geometry.js';
import type { Tensor } from '../../core/tensor.js';
import type { Points } from '../../detect/points.js';
import type { LabelledFace } from './wider.js';

/** The named inputs of the detector's training graph, the image aside. Sizes and centres in pixels. */
export interface DetectionTargets {
  /** [N, P, 1]: the face's score where the point answers for one (1 where nobody knows better), 0 elsewhere. */
  readonly cls: Tensor;
  /** [N, P, 1]: 0 where the point could go either way, 1 elsewhere. */
  readonly clsWeight: Tensor;
  /** [N, P, 1]: 1 where there is a face whose overlap with the prediction is to be learnt. */
  readonly iouWeight: Tensor;
  /** [N, P, 4]: centre x, centre y, width, height; the point's own cell where it answers for no face. */
  readonly box: Tensor;
  readonly boxWeight: Tensor;
  /** [N, P, 10] in LANDMARK_ORDER; the point's own centre where nothing is known. */
  readonly landmark: Tensor;
  readonly landmarkWeight: Tensor;
}

export interface AssignOptions {
  /** Root of a face's area in pixels, from and to, that each feature map answers for; overlapping. Default for strides 8, 16, 32. */
  readonly ranges?: readonly (readonly [number, number])[] | undefined;
  /** Half side of the region of positive points round a face's centre, in strides. */
  readonly radius?: number | undefined;
  /** The same of the region around it that counts neither way. */
  readonly ignoreRadius?: number | undefined;
}

/** Sizes up to 40 pixels are seen on stride 8, 24–110 on 16, from 80 on 32. */
const RANGES = [
  [0, 40],
  [24, 110],
  [80, Number.POSITIVE_INFINITY],
] as const;

/** How far outside a map's range a face still silences the map's points at its centre, instead of teaching them "no face". */
const NEAR_RANGE = 1.4;

/** The part of a face's box, from its centre outwards, that may hold positive points. */
const INNER = 0.8;

/** Regions to ignore silence points up to this far outside, in pixels: the smallest fall between all points. */
const IGNORE_REACH = 4;

/** Arrays for a batch of `samples`, every point set to "background". Refill with {@link assignFaces}, sample by sample. */
export function createTargets(samples: number, points: Points): DetectionTargets {
  const tensor = (channels: number): Tensor => ({
    dims: [samples, points.count, channels],
    data: new Float32Array(samples * points.count * channels),
  });
  return {
    cls: tensor(1),
    clsWeight: tensor(1),
    iouWeight: tensor(1),
    box: tensor(4),
    boxWeight: tensor(1),
    landmark: tensor(10),
    landmarkWeight: tensor(1),
  };
}

/**
 * Writes the targets of one image into `targets` at `sample`, overwriting what was there. Returns how many points are positive.
 * Throws PhizError `invalid-option` where there are not as many ranges as feature maps.
 */
export function assignFaces(
  faces: readonly LabelledFace[],
  points: Points,
  targets: DetectionTargets,
  sample: number,
  { ranges = RANGES, radius = 1.5, ignoreRadius = 2.5 }: AssignOptions = {},
): number {
  if (ranges.length !== points.levels.length)
    throw new PhizError('invalid-option', `${points.levels.length} feature maps need as many size ranges; got ${ranges.length}`);
  const owner = new Int32Array(points.count).fill(-1);
  const silent = new Uint8Array(points.count);
  // Large faces first, so that smaller ones take over the points both claim.
  const real = faces.filter((face) => !face.ignore).sort((a, b) => sideOf(b.box) - sideOf(a.box));
  const owned = new Int32Array(real.length);
  for (const face of faces) if (face.ignore) silence(points, silent, face, Number.POSITIVE_INFINITY, IGNORE_REACH);
  for (const [index, face] of real.entries()) {
    const size = sideOf(face.box);
    const { x, y, width, height } = face.box;
    for (const [l, level] of points.levels.entries()) {
      const [low, high] = ranges[l]!;
      if (size * NEAR_RANGE < low || size > high * NEAR_RANGE) continue;
      const inRange = size >= low && size <= high;
      silence(points, silent, face, (inRange ? ignoreRadius : radius) * level.stride, 0, l);
      if (!inRange) continue;
      const halfWidth = Math.min(radius * level.stride, (INNER * width) / 2);
      const halfHeight = Math.min(radius * level.stride, (INNER * height) / 2);
      const cx = x + width / 2;
      const cy = y + height / 2;
      eachPoint(points, l, cx - halfWidth, cy - halfHeight, cx + halfWidth, cy + halfHeight, (p) => {
        if (owner[p]! >= 0) owned[owner[p]!]!--;
        owner[p] = index;
        owned[index]!++;
      });
    }
  }
  for (const [index, face] of real.entries()) if (owned[index] === 0) rescue(points, ranges, owner, owned, index, face);
  return write(real, points, owner, silent, targets, sample);
}

/** Gives a face without a point the nearest one that is free or whose owner has others. */
function rescue(
  points: Points,
  ranges: readonly (readonly [number, number])[],
  owner: Int32Array,
  owned: Int32Array,
  index: number,
  face: LabelledFace,
): void {
  const size = sideOf(face.box);
  const cx = face.box.x + face.box.width / 2;
  const cy = face.box.y + face.box.height / 2;
  let best = -1;
  let bestDistance = 4;
  for (const [l, level] of points.levels.entries()) {
    const [low, high] = ranges[l]!;
    if (size < low || size > high) continue;
    const reach = 2 * level.stride;
    eachPoint(points, l, cx - reach, cy - reach, cx + reach, cy + reach, (p) => {
      if (owner[p]! >= 0 && owned[owner[p]!]! < 2) return;
      const distance = Math.hypot(points.anchors[3 * p]! - cx, points.anchors[3 * p + 1]! - cy) / level.stride;
      // A free point is preferred to one taken from another face, at the same distance or a little more.
      const cost = distance + (owner[p]! >= 0 ? 0.25 : 0);
      if (cost < bestDistance) {
        best = p;
        bestDistance = cost;
      }
    });
  }
  if (best < 0) return;
  if (owner[best]! >= 0) owned[owner[best]!]!--;
  owner[best] = index;
  owned[index]!++;
}

/** Takes the points of a face that lie within `radius` pixels of its centre out of the loss; on one map, or on all. */
function silence(points: Points, silent: Uint8Array, face: LabelledFace, radius: number, margin: number, level?: number): void {
  const { x, y, width, height } = face.box;
  const cx = x + width / 2;
  const cy = y + height / 2;
  const halfWidth = Math.min(radius, width / 2 + margin);
  const halfHeight = Math.min(radius, height / 2 + margin);
  for (let l = level ?? 0; l <= (level ?? points.levels.length - 1); l++)
    eachPoint(points, l, cx - halfWidth, cy - halfHeight, cx + halfWidth, cy + halfHeight, (p) => {
      silent[p] = 1;
    });
}

/** Calls back with each point of a map whose centre lies in a rectangle. */
function eachPoint(
  points: Points,
  l: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  visit: (point: number) => void,
): void {
  const { stride, columns, rows, offset } = points.levels[l]!;
  const firstColumn = Math.max(0, Math.ceil(x0 / stride - 0.5));
  const lastColumn = Math.min(columns - 1, Math.floor(x1 / stride - 0.5));
  const firstRow = Math.max(0, Math.ceil(y0 / stride - 0.5));
  const lastRow = Math.min(rows - 1, Math.floor(y1 / stride - 0.5));
  for (let row = firstRow; row <= lastRow; row++)
    for (let column = firstColumn; column <= lastColumn; column++) visit(offset + row * columns + column);
}

function write(
  faces: readonly LabelledFace[],
  points: Points,
  owner: Int32Array,
  silent: Uint8Array,
  targets: DetectionTargets,
  sample: number,
): number {
  const { cls, clsWeight, iouWeight, box, boxWeight, landmark, landmarkWeight } = targets;
  const { anchors, count } = points;
  let positives = 0;
  for (let p = 0, at = sample * count; p < count; p++, at++) {
    const face = faces[owner[p]!];
    const known = face ? 1 : 0;
    positives += known;
    cls.data[at] = face ? (face.score ?? 1) : 0;
    clsWeight.data[at] = face || !silent[p] ? 1 : 0;
    iouWeight.data[at] = known;
    boxWeight.data[at] = known;
    landmarkWeight.data[at] = face?.landmarks ? 1 : 0;
    const x = anchors[3 * p]!;
    const y = anchors[3 * p + 1]!;
    const stride = anchors[3 * p + 2]!;
    const b = 4 * at;
    box.data[b] = face ? face.box.x + face.box.width / 2 : x;
    box.data[b + 1] = face ? face.box.y + face.box.height / 2 : y;
    box.data[b + 2] = face ? face.box.width : stride;
    box.data[b + 3] = face ? face.box.height : stride;
    for (let k = 0; k < 5; k++) {
      const mark = face?.landmarks?.[LANDMARK_ORDER[k]!];
      landmark.data[10 * at + 2 * k] = mark ? mark.x : x;
      landmark.data[10 * at + 2 * k + 1] = mark ? mark.y : y;
    }
  }
  return positives;
}
