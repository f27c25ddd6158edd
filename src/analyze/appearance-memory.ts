/**
 * How a person has looked so far, and how much that varies: a few descriptors spread over the time they were seen. A new descriptor is
 * measured against the person's own variation, so that somebody who turns their head may differ
 * more than somebody who sits still.
 */
import { type Appearance, chromaDistance, patternDistance } from './appearance.js';

/** A descriptor's distance to a person, mostly in units of that person's own variation: about 1 for themselves. */
export interface Likeness {
  readonly pattern: number;
  readonly chroma: number;
}

/** Descriptors kept, and seconds between two of them at first; when there are too many, every other one goes and the time doubles. */
const KEPT = 8;
const FIRST_INTERVAL = 0.25;

/**
 * Mean distances of a person to themselves half a second later (median over 14 people in clips at 12–15 frames/s), counted as this
 * many observations of each person's own; and the least taken, since pixels and boxes are never the same twice.
 */
const PRIOR = { pattern: 0.2, chroma: 0.03, weight: 3 };
const LEAST = { pattern: 0.1, chroma: 0.015 };

/** Distance between two descriptors in a row, in units of the person's variation, below which they are the same. */
const STEADY = 1.8;

export class AppearanceMemory {
  #kept: { readonly appearance: Appearance; readonly time: number }[] = [];
  #recent: { readonly appearance: Appearance; readonly time: number } | undefined;
  #steady = false;
  #interval = FIRST_INTERVAL;
  #observations = PRIOR.weight;
  #pattern = PRIOR.pattern * PRIOR.weight;
  #chroma = PRIOR.chroma * PRIOR.weight;

  /** Whether the last two descriptors were alike: what changes from frame to frame is somebody coming into view or going out of it. */
  get steady(): boolean {
    return this.#steady;
  }

  /** Whether there is anything to compare with. */
  get known(): boolean {
    return this.#kept.length > 0;
  }

  /** Remembers how the person looks at `time` (seconds), which does not go back. */
  learn(appearance: Appearance, time: number): void {
    const before = this.#recent;
    this.#recent = { appearance, time };
    this.#steady = before !== undefined && (time - before.time >= FIRST_INTERVAL || this.#alike(before.appearance, appearance));
    const last = this.#kept.at(-1);
    if (last && (!this.#steady || time - last.time < this.#interval)) return;
    if (last) {
      const { pattern, chroma } = this.#closest(
        appearance,
        this.#kept.map((kept) => kept.appearance),
      );
      this.#pattern += pattern;
      this.#chroma += chroma;
      this.#observations++;
    }
    this.#kept.push({ appearance, time });
    if (this.#kept.length <= KEPT) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#interval *= 2;
  }

  /** How like this person, a moment ago or ever, a descriptor is; undefined before anything was learnt. */
  compare(appearance: Appearance): Likeness | undefined {
    if (!this.#recent) return undefined;
    return this.#inOwnUnits(this.#closest(appearance, [this.#recent.appearance, ...this.#kept.map((kept) => kept.appearance)]));
  }

  /** The same, but not to how they looked last, half gone perhaps: for who may have come back. */
  compareKept(appearance: Appearance): Likeness | undefined {
    if (!this.known) return undefined;
    return this.#inOwnUnits(
      this.#closest(
        appearance,
        this.#kept.map((kept) => kept.appearance),
      ),
    );
  }

  /** How far a descriptor is from how this person looked, a moment ago or ever, as distances; undefined before anything was learnt. */
  apart(appearance: Appearance): Likeness | undefined {
    if (!this.#recent) return undefined;
    return this.#closest(appearance, [this.#recent.appearance, ...this.#kept.map((kept) => kept.appearance)]);
  }

  #alike(a: Appearance, b: Appearance): boolean {
    const scale = this.#scale();
    return patternDistance(a, b) < STEADY * scale.pattern && chromaDistance(a, b) < STEADY * scale.chroma;
  }

  /** The person's mean distance to themselves. */
  #scale(): Likeness {
    return {
      pattern: Math.max(this.#pattern / this.#observations, LEAST.pattern),
      chroma: Math.max(this.#chroma / this.#observations, LEAST.chroma),
    };
  }

  #inOwnUnits({ pattern, chroma }: Likeness): Likeness {
    const scale = this.#scale();
    return { pattern: pattern / scale.pattern, chroma: chroma / scale.chroma };
  }

  /** Distances to the known descriptor that is closest in both. */
  #closest(appearance: Appearance, known: readonly Appearance[]): Likeness {
    const scale = this.#scale();
    let best = { pattern: Infinity, chroma: Infinity };
    let least = Infinity;
    for (const one of known) {
      // Surely the same: no need to look further.
      if (least < 1) break;
      const chroma = chromaDistance(one, appearance);
      if ((chroma / scale.chroma) ** 2 >= least) continue;
      const pattern = patternDistance(one, appearance);
      const sum = (pattern / scale.pattern) ** 2 + (chroma / scale.chroma) ** 2;
      if (sum < least) {
        least = sum;
        best = { pattern, chroma };
      }
    }
    return best;
  }
}
