/**
 * A brake on wrong keys: each is answered after the same time, and only some are waiting at once, by address and altogether; further ones are
 * told at once to come later. A right key is never held up, so nobody locks others out who share an address behind a proxy.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpProblem } from './problem.js';

/** Milliseconds after which a wrong key is answered. */
const PAUSE = 250;
/** Wrong keys that wait, of one address and altogether. */
const MOST_PER_ADDRESS = 4;
const MOST = 64;

export class WrongKeys {
  readonly #waiting = new Map<string, number>();
  #all = 0;

  /** Waits before a wrong key of this address is answered. Throws HttpProblem `busy` where too many wait. */
  async hold(address: string): Promise<void> {
    const own = this.#waiting.get(address) ?? 0;
    if (own >= MOST_PER_ADDRESS || this.#all >= MOST)
      throw new HttpProblem('busy', 'too many wrong keys; try again later', { headers: { 'Retry-After': '1' } });
    this.#all++;
    this.#waiting.set(address, own + 1);
    try {
      await sleep(PAUSE);
    } finally {
      this.#all--;
      const left = this.#waiting.get(address)! - 1;
      if (left > 0) this.#waiting.set(address, left);
      else this.#waiting.delete(address);
    }
  }
}
