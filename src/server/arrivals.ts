/**
 * Who is bringing an upload, and who of them gives the place up where there is none left: whoever has brought nothing whole for a while, then
 * the last of the caller who has most. So one caller may take all places, but not against others.
 */
import type { HttpProblem } from './problem.js';

/** Disposing it says that the upload is dealt with. */
export interface Arrival extends Disposable {
  readonly caller: string;
  /** Aborted where the place goes to somebody else; never after `settle`. */
  readonly signal: AbortSignal;
  /** The upload is whole: its place goes to nobody else. */
  settle(): void;
}

/** Milliseconds for which nobody has to give a place up that still brings its upload. */
const GRACE = 5000;

interface Entrant extends Arrival {
  readonly since: number;
  settled: boolean;
  readonly leave: AbortController;
}

export class Arrivals {
  readonly #all = new Set<Entrant>();

  /** How many there are, altogether or of one caller. */
  count(caller?: string): number {
    if (caller === undefined) return this.#all.size;
    return [...this.#all].filter((entrant) => entrant.caller === caller).length;
  }

  enter(caller: string): Arrival {
    const leave = new AbortController();
    const entrant: Entrant = {
      caller,
      since: performance.now(),
      settled: false,
      leave,
      signal: leave.signal,
      settle: () => {
        entrant.settled = true;
      },
      [Symbol.dispose]: () => void this.#all.delete(entrant),
    };
    this.#all.add(entrant);
    return entrant;
  }

  /**
   * Has somebody leave for this caller, told `why`; false where nobody has to.
   * @param held places that a caller has, whatever for
   */
  displace(caller: string, held: (caller: string) => number, why: HttpProblem): boolean {
    const displaced = this.#displaced(caller, held);
    if (!displaced) return false;
    this.#all.delete(displaced);
    displaced.leave.abort(why);
    return true;
  }

  #displaced(caller: string, held: (caller: string) => number): Entrant | undefined {
    const all = [...this.#all].filter(({ settled }) => !settled);
    const slow = all.find(({ since }) => performance.now() - since > GRACE);
    if (slow) return slow;
    const most = all.toSorted((a, b) => held(b.caller) - held(a.caller) || b.since - a.since)[0];
    return most && held(most.caller) > held(caller) + 1 ? most : undefined;
  }
}
