/**
 * The places for clips that wait and for those that are still being brought: bounded together. A key may take a share of them, and clips that
 * come slowly give their places up (arrivals.ts). Which of those that wait is next is the queue's to say.
 */
import { type Arrival, Arrivals } from './arrivals.js';
import type { ServeSettings } from './options.js';
import { HttpProblem } from './problem.js';

/** Share of all places that the clips of one key may take. */
const MOST_OF_ONE_KEY = 0.75;

/** Clips that are whole and wait. */
export interface WaitingClips {
  readonly length: number;
  /** How many of an owner's wait. */
  of(owner: string | null): number;
}

/** What is asked for room. */
export interface Entrance {
  /** Whom the place counts for: a key, or an address. */
  readonly from: string;
  /** Whether that is a key. */
  readonly keyed: boolean;
  /** Jobs under way. */
  readonly running: number;
  /** Seconds that a job takes, in the mean. */
  readonly seconds: number;
}

export class ClipPlaces {
  readonly #settings: Pick<ServeSettings, 'jobs' | 'queue'>;
  readonly #waiting: WaitingClips;
  readonly #arrivals = new Arrivals();

  constructor(settings: Pick<ServeSettings, 'jobs' | 'queue'>, waiting: WaitingClips) {
    this.#settings = settings;
    this.#waiting = waiting;
  }

  get arriving(): number {
    return this.#arrivals.count();
  }

  /** Gives a place to an upload. Throws HttpProblem `busy` where there is none. */
  enter({ from, keyed, running, seconds }: Entrance): Arrival {
    const { queue, jobs } = this.#settings;
    const waiting = this.#waiting.length + this.arriving;
    const busy = (what: string): HttpProblem =>
      new HttpProblem('busy', `${what} already; try again later`, {
        headers: { 'Retry-After': String(Math.min(Math.ceil((seconds * (waiting + 1)) / jobs), 600)) },
      });
    const held = (one: string): number => this.#arrivals.count(one) + this.#waiting.of(one);
    if (keyed && held(from) >= Math.ceil(MOST_OF_ONE_KEY * (queue + jobs)))
      throw busy(`${held(from)} clips of this key are waiting`);
    const full = busy(`${waiting} clips are waiting`);
    if (waiting >= queue + jobs - running && !this.#arrivals.displace(from, held, full)) throw full;
    return this.#arrivals.enter(from);
  }
}
