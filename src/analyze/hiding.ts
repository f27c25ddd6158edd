/** Detections of one frame that cover each other. */
import { area, type BoundingBox, intersection, iou } from '../core/geometry.js';
import type { TrackableDetection } from './track.js';

/** Share of a face that a surer one may cover before it counts as hidden. */
const HIDDEN = 0.3;
/** Overlap (IoU) from which a detection beside a known face is that face twice. */
const SAME = 0.4;

/** Whether another, surer face covers much of this one. */
export function hidden(one: TrackableDetection, all: readonly TrackableDetection[]): boolean {
  const { box } = one;
  return all.some((other) => {
    if (other === one || other.score < one.score) return false;
    return intersection(box, other.box) > HIDDEN * area(box);
  });
}

/** Whether it is one of these faces, found twice. */
export function overlapsAny(box: BoundingBox, indices: readonly number[], detections: readonly TrackableDetection[]): boolean {
  return indices.some((i) => iou(detections[i]!.box, box) > SAME);
}
