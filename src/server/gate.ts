/**
 * A bounded queue in front of something that does a few things at a time, first come, first served. Who finds it full is sent away at once,
 * with the time after which to try again; nobody waits outside it. Places of uploads under way may go to others (arrivals.ts).
 */
import { Arrivals } from './arrivals.js';
import { HttpProblem } from './problem.js';

export interface GateOptions {
  /** Turns taken at a time. */
  readonly concurrency: number;
  /** Entrants beyond those who have their turn. */
  readonly queue: number;
}

/** A place in the queue; disposing gives it back, with or without a turn taken. */
export interface Place extends Disposable {
  /** Aborted, with an HttpProblem `busy`, where the place goes to somebody else; never after `turn`. */
  readonly signal: AbortSignal;
  /** Resolves when it is this entrant's turn. Rejects with the signal's reason where `signal` comes first. */
  turn(signal?: AbortSignal): Promise<void>;
}

interface Waiting {
  begin(): void;
}

/** Weight of the newest measurement in the mean time of a turn. */
const NEWEST = 0.1;

export class Gate {
  readonly #concurrency: number;
  readonly #capacity: number;
  readonly #waiting = new Set<Waiting>();
  readonly #arrivals = new Arrivals();
  /** Places by caller. */
  readonly #held = new Map<string, number>();
  #inside = 0;
  #turns = 0;
  /** Seconds that a turn takes, in the mean. */
  #seconds = 0.2;

  constructor({ concurrency, queue }: GateOptions) {
    this.#concurrency = concurrency;
    this.#capacity = concurrency + queue;
  }

  /** How many have their turn, and how many are waiting or still bringing their upload. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#turns, waiting: this.#inside - this.#turns };
  }

  /** Seconds after which there should be room. */
  get retryAfter(): number {
    return Math.min(Math.max(Math.ceil((this.#seconds * this.#inside) / this.#concurrency), 1), 600);
  }

  /** Takes a place for a caller. Throws HttpProblem `busy` where there is none. */
  enter(caller = ''): Place {
    const held = (one: string): number => this.#held.get(one) ?? 0;
    if (this.#inside >= this.#capacity && !this.#arrivals.displace(caller, held, this.#full())) throw this.#full();
    this.#inside++;
    this.#held.set(caller, held(caller) + 1);
    const arrival = this.#arrivals.enter(caller);
    let since: number | undefined;
    let left = false;
    return {
      signal: arrival.signal,
      turn: async (signal) => {
        arrival.signal.throwIfAborted();
        signal?.throwIfAborted();
        arrival.settle();
        if (this.#turns >= this.#concurrency || this.#waiting.size > 0) await this.#wait(signal);
        else this.#turns++;
        since = performance.now();
      },
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        this.#inside--;
        arrival[Symbol.dispose]();
        const others = held(caller) - 1;
        if (others > 0) this.#held.set(caller, others);
        else this.#held.delete(caller);
        if (since === undefined) return;
        this.#turns--;
        this.#seconds += NEWEST * ((performance.now() - since) / 1000 - this.#seconds);
        this.#next();
      },
    };
  }

  #full(): HttpProblem {
    return new HttpProblem('busy', `${this.#inside} are being served or waiting already; try again later`, {
      headers: { 'Retry-After': String(this.retryAfter) },
    });
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        begin: () => {
          signal?.removeEventListener('abort', leave);
          this.#turns++;
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(waiting);
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (!first || this.#turns >= this.#concurrency) return;
    this.#waiting.delete(first);
    first.begin();
  }
}
