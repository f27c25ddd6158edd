/**
 * A face without a track so far: somebody new, or somebody who was gone and is back? Appearance tells after a moment, since people who
 * come into view are half hidden at first. If that moment ends in doubt it is somebody new, so that nobody inherits another's emotion.
 */
import type { Likeness } from './appearance-memory.js';
import type { Track, TrackableDetection } from './track.js';

/** Seconds after which doubt ends. */
export const DOUBT = 0.5;

/**
 * Likeness (units of the person's own variation, the latest of several samples weighing half) up to which somebody is taken for back, and
 * from which they are surely somebody else; and how many steady samples it takes to say so.
 */
const BACK = { pattern: 1.5, chroma: 2, samples: 2 };
const OTHER = { pattern: 2.2, chroma: 3.5, samples: 5 };
const LATEST = 0.5;

export class Newcomer {
  readonly #likeness = new Map<Track, Likeness>();
  #samples = 0;

  constructor(readonly track: Track) {}

  /**
   * Who of those who are `gone` this is, after the detection at `time`; 'new' where it is nobody of them, undefined where that is not
   * clear yet. `clear`: nothing hides it; `sparse`: frames are so far apart that one look has to do.
   */
  judge(
    gone: readonly Track[],
    { appearance }: TrackableDetection,
    time: number,
    { clear, sparse }: { readonly clear: boolean; readonly sparse: boolean },
  ): Track | 'new' | undefined {
    if (!appearance) return 'new';
    const { memory, born } = this.track;
    if (clear && (memory.steady || sparse)) {
      this.#samples++;
      for (const person of gone) this.#note(person, person.memory.compareKept(appearance));
    }
    const known = gone.filter((person) => person.memory.known);
    if (known.length === 0) return 'new';
    const like = known.filter((person) => within(this.#likeness.get(person), BACK));
    // Two who are gone look like this: which of them it is, nobody can say.
    if (like.length === 1 && this.#samples >= (sparse ? 1 : BACK.samples)) return like[0];
    const possible = known.some((person) => within(this.#likeness.get(person), OTHER));
    return time - born >= DOUBT || (this.#samples >= (sparse ? 1 : OTHER.samples) && !possible) ? 'new' : undefined;
  }

  #note(person: Track, now: Likeness | undefined): void {
    if (!now) return;
    const before = this.#likeness.get(person) ?? now;
    const mean = (key: keyof Likeness) => LATEST * now[key] + (1 - LATEST) * before[key];
    this.#likeness.set(person, { pattern: mean('pattern'), chroma: mean('chroma') });
  }
}

function within(like: Likeness | undefined, limit: Likeness): boolean {
  return like !== undefined && like.pattern < limit.pattern && like.chroma < limit.chroma;
}
