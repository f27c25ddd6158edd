/**
 * The clips that wait, and those that are still being brought: bounded together, taken in turns where several keys have some. A key may take
 * a share of the queue, and clips that come slowly give their places up (arrivals.ts).
 */
import { type Arrival, Arrivals } from './arrivals.js';
import type { Entry } from './job-entry.js';
import type { ServeSettings } from './options.js';
import { HttpProblem } from './problem.js';

/** Share of all places that the clips of one key may take. */
const MOST_OF_ONE_KEY = 0.75;

/** What the queue is asked to make room for. */
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

export class JobQueue {
  readonly #settings: Pick<ServeSettings, 'jobs' | 'queue'>;
  readonly #arrivals = new Arrivals();
  #entries: Entry[] = [];
  /** Whose job was taken last. */
  #served: string | null = null;

  constructor(settings: Pick<ServeSettings, 'jobs' | 'queue'>) {
    this.#settings = settings;
  }

  get length(): number {
    return this.#entries.length;
  }

  get arriving(): number {
    return this.#arrivals.count();
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Puts one back in front. */
  unshift(entry: Entry): void {
    this.#entries.unshift(entry);
  }

  remove(entry: Entry): void {
    this.#entries = this.#entries.filter((queued) => queued !== entry);
  }

  /** Takes the next: the first of another key than the last was, where there is one. */
  next(): Entry | undefined {
    const other = this.#entries.findIndex(({ record }) => record.owner !== this.#served);
    const [entry] = this.#entries.splice(Math.max(other, 0), 1);
    this.#served = entry?.record.owner ?? null;
    return entry;
  }

  /** Gives a place to an upload. Throws HttpProblem `busy` where there is none. */
  enter({ from, keyed, running, seconds }: Entrance): Arrival {
    const { queue, jobs } = this.#settings;
    const waiting = this.length + this.arriving;
    const busy = (what: string): HttpProblem =>
      new HttpProblem('busy', `${what} already; try again later`, {
        headers: { 'Retry-After': String(Math.min(Math.ceil((seconds * (waiting + 1)) / jobs), 600)) },
      });
    const held = (one: string): number =>
      this.#arrivals.count(one) + this.#entries.filter(({ record }) => record.owner === one).length;
    if (keyed && held(from) >= Math.ceil(MOST_OF_ONE_KEY * (queue + jobs)))
      throw busy(`${held(from)} clips of this key are waiting`);
    const full = busy(`${waiting} clips are waiting`);
    if (waiting >= queue + jobs - running && !this.#arrivals.displace(from, held, full)) throw full;
    return this.#arrivals.enter(from);
  }
}
