/** Non-maximum suppression: of overlapping detections, the best one stays. Plain greedy, for every detector here. */
import type { BoundingBox } from '../core/geometry.js';

/** Share of the smaller box that lies in the larger one from which both are taken for one face, where the better one is a sure face. */
const CONTAINED = 0.9;
const SURE = 0.5;

/**
 * Keeps each detection that overlaps no better-scored kept one by more than `iou`, and neither holds one nor lies in one almost
 * whole (a second, looser box round the same face); best first. At most `limit` are kept. The
 * cost is candidates times kept ones, on flat arrays: thousands are no trouble.
 */
export function suppress<T extends { readonly box: BoundingBox; readonly score: number }>(
  candidates: readonly T[],
  iou: number,
  limit = Number.POSITIVE_INFINITY,
): T[] {
  const sorted = [...candidates].sort((a, b) => b.score - a.score);
  const kept: T[] = [];
  const x0 = new Float64Array(sorted.length);
  const y0 = new Float64Array(sorted.length);
  const x1 = new Float64Array(sorted.length);
  const y1 = new Float64Array(sorted.length);
  const areas = new Float64Array(sorted.length);
  for (const candidate of sorted) {
    if (kept.length >= limit) break;
    const { x, y, width, height } = candidate.box;
    const right = x + width;
    const bottom = y + height;
    const size = width * height;
    let free = true;
    for (let k = 0; k < kept.length && free; k++) {
      const w = Math.min(right, x1[k]!) - Math.max(x, x0[k]!);
      const h = Math.min(bottom, y1[k]!) - Math.max(y, y0[k]!);
      if (w <= 0 || h <= 0) continue;
      const common = w * h;
      free = common <= iou * (size + areas[k]! - common);
      if (free && kept[k]!.score >= SURE) free = common <= CONTAINED * Math.min(size, areas[k]!);
    }
    if (!free) continue;
    const k = kept.length;
    x0[k] = x;
    y0[k] = y;
    x1[k] = right;
    y1[k] = bottom;
    areas[k] = size;
    kept.push(candidate);
  }
  return kept;
}
