/** When a person's leading class changed: the course of a clip as a few phases, for words. */
import { reignsOf, type Series } from './timeline-series.js';

/** A time in which one class led, flickers aside. */
export interface Phase {
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  /** Place among the labels; null where none was reliable. */
  readonly index: number | null;
}

/** A class that leads for less than this many seconds is a flicker and no phase. */
const LEAST = 0.5;

/** An unclear time up to this many seconds is the change from one class into the next. */
const CHANGING = 1.5;

/** More moments than a plot has are not told apart. */
const MOST = 1500;

/** The phases of a course, in the order of time. A flicker belongs to what was before it; what was not seen is nobody's. */
export function phasesOf(series: Series, least = LEAST): readonly Phase[] {
  const phases: { from: number; to: number; index: number | null }[] = [];
  for (const { from, to, index } of reignsOf(series, MOST)) {
    const last = phases.at(-1);
    if (last && (last.index === index || to - from < (index === null ? CHANGING : least))) last.to = to;
    else phases.push({ from, to, index });
  }
  // A flicker at the very beginning has nothing before it.
  const [first, second] = phases;
  if (first && second && first.to - first.from < least) {
    phases.shift();
    second.from = first.from;
  }
  return phases;
}
