/**
 * The boxes that MTCNN's stages pass on, and the arithmetic between stages: suppression, regression, squaring. It has its own
 * suppression, without the rule of nms.ts for boxes inside boxes: across scales a face's candidates lie inside each other.
 */
import type { BoundingBox } from '../core/geometry.js';

/** A square or box that may be a face, and how a net would move its sides, in units of the box's own (left, top, right, bottom). */
export interface Candidate {
  readonly box: BoundingBox;
  readonly score: number;
  readonly shift: readonly [number, number, number, number];
}

/**
 * Greedy suppression: of candidates whose overlap exceeds `most` the best one stays; best first. Overlap is the intersection over the
 * `union`, or over the `smaller` of the two boxes.
 */
export function thin<T extends Pick<Candidate, 'box' | 'score'>>(
  candidates: readonly T[],
  most: number,
  over: 'union' | 'smaller' = 'union',
): T[] {
  const sorted = [...candidates].sort((a, b) => b.score - a.score);
  const kept: T[] = [];
  // Left, top, right, bottom and area of the kept ones on flat arrays: noisy images have thousands.
  const sides = new Float64Array(5 * sorted.length);
  for (const candidate of sorted) {
    const { x, y, width, height } = candidate.box;
    const size = width * height;
    let free = true;
    for (let k = 0; free && k < 5 * kept.length; k += 5) {
      const w = Math.min(x + width, sides[k + 2]!) - Math.max(x, sides[k]!);
      const h = Math.min(y + height, sides[k + 3]!) - Math.max(y, sides[k + 1]!);
      if (w <= 0 || h <= 0) continue;
      const other = sides[k + 4]!;
      free = w * h <= most * (over === 'union' ? size + other - w * h : Math.min(size, other));
    }
    if (!free) continue;
    sides.set([x, y, x + width, y + height, size], 5 * kept.length);
    kept.push(candidate);
  }
  return kept;
}

/** The candidate's box with its sides moved as the net says; never turned inside out. */
export function moved({ box, shift: [left, top, right, bottom] }: Candidate): BoundingBox {
  const x = box.x + left * box.width;
  const y = box.y + top * box.height;
  return {
    x,
    y,
    width: Math.max(box.x + (1 + right) * box.width - x, 1e-3),
    height: Math.max(box.y + (1 + bottom) * box.height - y, 1e-3),
  };
}

/** The square of the box's longer side around its centre. */
export function squared({ x, y, width, height }: BoundingBox): BoundingBox {
  const side = Math.max(width, height);
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}
