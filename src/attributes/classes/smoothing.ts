/**
 * One person's classes over time: smoothed exponentially, on the probabilities, with a time constant in seconds. A frame
 * rate changes nothing: between two measurements the probabilities are taken to go straight from one to the other, and the filter
 * answers that exactly (Eckner 2012, "Algorithms for unevenly spaced time series: moving averages and other rolling operators").
 * Lives as long as a track; who is who is src/analyze/tracker.ts's business.
 */
import { PhizError } from '../../core/error.js';
import { classesResult } from './read.js';
import type { ClassesResult } from './schema.js';

/** Default time constant: after so many seconds a changed expression shows to 63 %. */
const SMOOTHING_SECONDS = 0.4;

/** After a gap longer than this, what was before says nothing about now. */
const LONGEST_GAP = 1;

export class ClassSmoother<Label extends string> {
  readonly #labels: readonly Label[];
  readonly #seconds: number;
  #time = Number.NEGATIVE_INFINITY;
  #measured: readonly number[] = [];
  #smooth: readonly number[] = [];

  /** `seconds`: the time constant; 0 smooths nothing. Throws PhizError `invalid-option`. */
  constructor(labels: readonly Label[], seconds: number = SMOOTHING_SECONDS) {
    checkSmoothing(seconds);
    this.#labels = labels;
    this.#seconds = seconds;
  }

  /** The smoothed classes once `measured` is known at `time` (seconds). Throws PhizError `invalid-data` where time goes back. */
  add(time: number, measured: ClassesResult<Label>): ClassesResult<Label> {
    const now = this.#labels.map((label) => measured.probabilities[label]);
    const gap = time - this.#time;
    if (!(gap > 0)) throw new PhizError('invalid-data', `a measurement at ${time} s came after one at ${this.#time} s`);
    if (this.#seconds === 0 || gap > Math.max(LONGEST_GAP, 2 * this.#seconds)) this.#smooth = now;
    else {
      const steps = gap / this.#seconds;
      const keep = Math.exp(-steps);
      const average = -Math.expm1(-steps) / steps;
      this.#smooth = now.map((p, i) =>
        Math.min(keep * this.#smooth[i]! + (average - keep) * this.#measured[i]! + (1 - average) * p, 1),
      );
    }
    this.#time = time;
    this.#measured = now;
    return classesResult(this.#labels, this.#smooth);
  }
}

/** Checks a time constant. Throws PhizError `invalid-option`. */
export function checkSmoothing(seconds: number): void {
  if (!(seconds >= 0 && seconds < Infinity))
    throw new PhizError('invalid-option', `smoothing must be a number of seconds of 0 or more; got ${seconds}`);
}
