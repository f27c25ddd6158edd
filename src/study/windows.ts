/** Means and peaks of one participant's course within a window of the stimulus. */
import type { Course } from './course.js';
import type { Stretch } from './design.js';

/** One class in one window; null where less than half of its steps were measured. */
export interface WindowSum {
  readonly mean: number;
  readonly raw: number;
  readonly peak: number;
  readonly peakAt: number;
}

/** The course of one class, less the baseline where there is one; null where it is missing. */
export function correctedCourse({ cells, baseline }: Course, index: number): readonly (number | null)[] {
  return cells.map((cell) => (cell ? cell[index]! - (baseline?.[index] ?? 0) : null));
}

/** Sums a class up within a stretch of the stimulus. */
export function sumWindow(course: Course, index: number, { from, to }: Stretch, step: number): WindowSum | null {
  const [first, end] = [Math.round(from / step), Math.max(Math.round(to / step), Math.round(from / step) + 1)];
  let [sum, n, peak, peakAt] = [0, 0, -Infinity, 0];
  for (let i = first; i < end; i++) {
    const value = course.cells[i]?.[index];
    if (value === undefined) continue;
    sum += value;
    n++;
    if (value > peak) [peak, peakAt] = [value, (i + 0.5) * step];
  }
  if (n === 0 || n < (end - first) / 2) return null;
  const neutral = course.baseline?.[index] ?? 0;
  return { mean: sum / n - neutral, raw: sum / n, peak: peak - neutral, peakAt };
}
