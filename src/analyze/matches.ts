/**
 * Who is which detection: by place, size and appearance together, as from one frame to the next, or, where place tells nothing, by face and
 * surroundings. Which of the two holds when, tracker.ts says.
 */
import { iou } from '../core/geometry.js';
import { assignSurely } from './assignment.js';
import type { Track, TrackableDetection } from './track.js';

/** Nats from which a detection is not a face's: about ln of how rare it is that a new one appears just there. */
export const LIMIT = 12;
/** Where another assignment of overlapping faces is less than this many nats worse, none is taken. */
const MARGIN = 1.5;
/** Overlap (IoU) from which faces can be mixed up. */
export const CLOSE = 0.1;

/** Cost of face and surroundings (`Track.viewCost`) up to which they are the same, and by how much the second best must be worse. */
const SAME_VIEW = 7;
const VIEW_MARGIN = 2;

/** Sure detections (`high`) by motion and appearance; what could as well be another's is doubtful. */
export function matchSurely(
  time: number,
  tracks: readonly Track[],
  high: readonly number[],
  detections: readonly TrackableDetection[],
  clear: readonly boolean[],
): { readonly sure: readonly (readonly [Track, number])[]; readonly doubtful: readonly number[] } {
  const costs = tracks.map((track) => high.map((i) => track.cost(detections[i]!, time, clear[i]!, LIMIT)));
  const boxes = tracks.map((track) => track.boxAt(time));
  const overlap = (row: number, column: number) => iou(boxes[row]!, detections[high[column]!]!.box) >= CLOSE;
  const { sure, doubted } = assignSurely(costs, high.length, {
    limit: LIMIT,
    margin: MARGIN,
    rivals: (row, other, column) => overlap(row, column) && overlap(other, column),
  });
  return {
    sure: sure.map(({ row, column }) => [tracks[row]!, high[column]!] as const),
    doubtful: doubted.map(({ column }) => high[column]!),
  };
}

/** Who of `tracks` is which detection by face and surroundings, wherever it is; nobody where two would do. */
export function matchViews(
  tracks: readonly Track[],
  indices: readonly number[],
  detections: readonly TrackableDetection[],
): readonly (readonly [Track, number])[] {
  const costs = tracks.map((track) => indices.map((i) => track.viewCost(detections[i]!)));
  const { sure } = assignSurely(costs, indices.length, { limit: SAME_VIEW, margin: VIEW_MARGIN, bothWays: true });
  return sure.map(({ row, column }) => [tracks[row]!, indices[column]!] as const);
}
