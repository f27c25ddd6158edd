/** A recording's course as stretches of one expression each, for programs in which people annotate recordings. */
import type { Course } from './course.js';
import type { Stretch } from './design.js';

/** Seconds and what was shown in them. */
export interface Interval extends Stretch {
  readonly label: string;
}

/** Index of the class with the highest score, or -1 where nothing was measured. */
export function leading(cell: readonly number[] | null | undefined): number {
  return cell ? cell.indexOf(Math.max(...cell)) : -1;
}

/** Stretches in which one class has the highest score, in seconds of the stimulus; none where nothing was measured. */
export function leadingIntervals({ cells }: Course, labels: readonly string[], step: number): readonly Interval[] {
  const found: { from: number; to: number; label: string }[] = [];
  let before = -1;
  for (const [i, cell] of cells.entries()) {
    const at = leading(cell);
    if (at >= 0 && at === before) found.at(-1)!.to = (i + 1) * step;
    else if (at >= 0) found.push({ from: i * step, to: (i + 1) * step, label: labels[at]! });
    before = at;
  }
  return found;
}
