/**
 * A bounded queue in front of something that does a few things at a time, first come, first served. Who finds it full is sent away at once,
 * with the time after which to try again; nobody waits outside it. One caller may fill it, but not against others: where it is full, whoever
 * has brought nothing whole for a while gives its place up, and so does the last of the caller who has most.
 */
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

/** Who is inside and has not asked for a turn. */
interface Arriving {
  readonly caller: string;
  readonly since: number;
  readonly leave: AbortController;
}

/** Milliseconds for which nobody has to give a place up that still brings its upload. */
const GRACE = 5000;

/** Weight of the newest measurement in the mean time of a turn. */
const NEWEST = 0.1;

export class Gate {
  readonly #concurrency: number;
  readonly #capacity: number;
  readonly #waiting = new Set<Waiting>();
  readonly #arriving = new Set<Arriving>();
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
    if (this.#inside >= this.#capacity) {
      const displaced = this.#displaced(caller);
      if (!displaced) throw this.#full();
      this.#arriving.delete(displaced);
      displaced.leave.abort(this.#full());
    }
    this.#inside++;
    this.#held.set(caller, (this.#held.get(caller) ?? 0) + 1);
    const arriving: Arriving = { caller, since: performance.now(), leave: new AbortController() };
    this.#arriving.add(arriving);
    let since: number | undefined;
    let left = false;
    return {
      signal: arriving.leave.signal,
      turn: async (signal) => {
        arriving.leave.signal.throwIfAborted();
        signal?.throwIfAborted();
        this.#arriving.delete(arriving);
        if (this.#turns >= this.#concurrency || this.#waiting.size > 0) await this.#wait(signal);
        else this.#turns++;
        since = performance.now();
      },
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        this.#inside--;
        this.#arriving.delete(arriving);
        const held = this.#held.get(caller)! - 1;
        if (held > 0) this.#held.set(caller, held);
        else this.#held.delete(caller);
        if (since === undefined) return;
        this.#turns--;
        this.#seconds += NEWEST * ((performance.now() - since) / 1000 - this.#seconds);
        this.#next();
      },
    };
  }

  /** Who gives a place up for this caller. */
  #displaced(caller: string): Arriving | undefined {
    const held = (one: string): number => this.#held.get(one) ?? 0;
    const arriving = [...this.#arriving];
    const slow = arriving.find(({ since }) => performance.now() - since > GRACE);
    if (slow) return slow;
    const most = arriving.toSorted((a, b) => held(b.caller) - held(a.caller) || b.since - a.since)[0];
    return most && held(most.caller) > held(caller) + 1 ? most : undefined;
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
