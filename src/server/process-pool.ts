/**
 * Processes that read what strangers sent, in the service's stead: whatever a file does to one, the service goes on. Each does one thing at
 * a time, within limits of time and memory; one that dies is replaced.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type PoolProcess, type PoolProcessOptions, startPoolProcess } from './pool-process.js';

export interface ProcessPoolOptions<Order> extends Omit<PoolProcessOptions<Order>, 'onGone'> {
  readonly size: number;
  readonly log: Logger;
}

/** Milliseconds before another try where a replacement does not start; doubles up to the longest. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

export class ProcessPool<Order, Request, Ready, Answer> {
  readonly #options: ProcessPoolOptions<Order>;
  readonly #idle: PoolProcess<Request, Ready, Answer>[] = [];
  readonly #waiting = new Set<(process: PoolProcess<Request, Ready, Answer>) => void>();
  readonly #all = new Set<PoolProcess<Request, Ready, Answer>>();
  readonly #closing = new AbortController();
  #broken = false;

  private constructor(options: ProcessPoolOptions<Order>) {
    this.#options = options;
  }

  /** Starts all processes. Throws PhizError: why one does not open. */
  static async open<Order, Request, Ready, Answer>(
    options: ProcessPoolOptions<Order>,
  ): Promise<{ readonly pool: ProcessPool<Order, Request, Ready, Answer>; readonly ready: Ready }> {
    const pool = new ProcessPool<Order, Request, Ready, Answer>(options);
    try {
      const first = await pool.#start();
      // The others have the files that the first has read in the system's cache.
      await Promise.all(Array.from({ length: options.size - 1 }, () => pool.#start()));
      return { pool, ready: first.ready };
    } catch (error) {
      pool.dispose();
      throw error;
    }
  }

  /** Whether a process that died could not be replaced. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Asks a process that is free; waits for one. Rejects with the signal's reason where that comes first, else as `PoolProcess.call`.
   */
  async call(request: Request, pieces: readonly Uint8Array[] = [], signal?: AbortSignal): Promise<Answer> {
    const process = await this.#take(signal);
    try {
      return await process.call(request, pieces, signal);
    } finally {
      if (!process.gone) this.#give(process);
    }
  }

  /** Ends them all. */
  dispose(): void {
    this.#closing.abort();
    for (const process of this.#all) process.kill();
  }

  #take(signal: AbortSignal | undefined): Promise<PoolProcess<Request, Ready, Answer>> {
    signal?.throwIfAborted();
    const idle = this.#idle.pop();
    if (idle) return Promise.resolve(idle);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(take);
        reject(signal?.reason);
      };
      const take = (process: PoolProcess<Request, Ready, Answer>): void => {
        signal?.removeEventListener('abort', leave);
        resolve(process);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(take);
    });
  }

  #give(process: PoolProcess<Request, Ready, Answer>): void {
    const [next] = this.#waiting;
    if (!next) return void this.#idle.push(process);
    this.#waiting.delete(next);
    next(process);
  }

  async #start(): Promise<PoolProcess<Request, Ready, Answer>> {
    let process: PoolProcess<Request, Ready, Answer> | undefined;
    const onGone = (): void => {
      if (!process || this.#closing.signal.aborted) return;
      this.#all.delete(process);
      const at = this.#idle.indexOf(process);
      if (at >= 0) this.#idle.splice(at, 1);
      void this.#replace();
    };
    process = await startPoolProcess<Order, Request, Ready, Answer>({ ...this.#options, onGone });
    this.#all.add(process);
    if (this.#closing.signal.aborted) process.kill();
    else this.#give(process);
    return process;
  }

  async #replace(): Promise<void> {
    for (let wait = FIRST_WAIT; !this.#closing.signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      try {
        await this.#start();
        this.#broken = false;
        return;
      } catch (error) {
        this.#broken = true;
        this.#options.log.error({ err: error }, 'a process that died cannot be replaced; another try follows');
        await sleep(wait, undefined, { signal: this.#closing.signal }).catch(() => {});
      }
    }
  }
}
