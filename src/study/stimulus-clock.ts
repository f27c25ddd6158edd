/**
 * Where a stimulus is at any moment of the page's clock: marks say which second of it was shown when, and between two marks time runs
 * evenly. A stimulus that stood still, since its file came slowly, is followed. Knows neither elements nor cameras: the page marks it.
 */

export class StimulusClock {
  readonly #marks: { readonly now: number; readonly seconds: number }[] = [];

  /** At `now` (milliseconds, as `performance.now()` has them) this second of the stimulus was shown. */
  mark(now: number, seconds: number): void {
    const last = this.#marks.at(-1);
    if (last && (now <= last.now || seconds < last.seconds)) return;
    this.#marks.push({ now, seconds });
  }

  /** Seconds of the stimulus at `now`: below 0 before it began. NaN where it never did. */
  at(now: number): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last) return Number.NaN;
    if (now <= first.now) return first.seconds - (first.now - now) / 1000;
    if (now >= last.now) return last.seconds + (now - last.now) / 1000;
    const i = this.#marks.findLastIndex((mark) => mark.now <= now);
    const [a, b] = [this.#marks[i]!, this.#marks[i + 1]!];
    return a.seconds + ((b.seconds - a.seconds) * (now - a.now)) / (b.now - a.now);
  }

  /** Seconds for which it stood still. */
  get stalled(): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    return first && last ? Math.max((last.now - first.now) / 1000 - (last.seconds - first.seconds), 0) : 0;
  }
}
