/**
 * What the service does while its disk takes nothing more (full, read-only, failing): jobs wait, uploads are refused with 507, and the disk is
 * tried again, each time after a longer while. A job is never to blame for it.
 */
import type { Logger } from 'pino';
import { HttpProblem } from './problem.js';

export interface StoragePauseOptions {
  /** Writes something and deletes it again; rejects where that fails. */
  readonly probe: () => Promise<void>;
  /** Called when the disk takes something again. */
  readonly onResume: () => void;
  readonly log: Logger;
}

/** Seconds of the first pause, and of the longest. */
const FIRST = 2;
const LONGEST = 300;

export class StoragePause {
  readonly #options: StoragePauseOptions;
  #seconds = FIRST;
  #until = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: StoragePauseOptions) {
    this.#options = options;
  }

  get active(): boolean {
    return this.#timer !== undefined;
  }

  /** Throws HttpProblem `insufficient-storage` while the pause lasts. */
  check(): void {
    if (this.active) throw this.#problem();
  }

  /** Begins a pause where none is, and gives what a client is told. */
  begin(cause: unknown): HttpProblem {
    if (!this.active && !this.#stopped) {
      this.#options.log.error({ err: cause, seconds: this.#seconds }, 'the disk takes nothing more; jobs wait');
      this.#wait();
    }
    return this.#problem(cause);
  }

  /** What the disk does not take is no fault of whoever sent it. Throws HttpProblem `insufficient-storage`. */
  async stored(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw error instanceof HttpProblem ? error : this.begin(error);
    }
  }

  /** A job got through: the next pause is short again. */
  worked(): void {
    this.#seconds = FIRST;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#until = performance.now() + 1000 * this.#seconds;
    this.#timer = setTimeout(() => void this.#try(), 1000 * this.#seconds);
    this.#timer.unref();
    this.#seconds = Math.min(2 * this.#seconds, LONGEST);
  }

  async #try(): Promise<void> {
    const { probe, onResume, log } = this.#options;
    const works = await probe().then(
      () => true,
      () => false,
    );
    if (this.#stopped) return;
    if (!works) return this.#wait();
    this.#timer = undefined;
    log.info('the disk takes something again; jobs go on');
    onResume();
  }

  #problem(cause?: unknown): HttpProblem {
    const left = Math.max(Math.ceil((this.#until - performance.now()) / 1000), 1);
    return new HttpProblem('insufficient-storage', 'the service has no room left for uploads; try again later', {
      cause,
      headers: { 'Retry-After': String(left) },
    });
  }
}
