/**
 * Calls under way to another thread: each has a number, its answer or its failure comes back under it, and where the thread is gone
 * all of them fail. Knows no platform's threads; whoever owns one sends the messages and hands what comes back to here.
 */
import { PhizError, type PhizErrorCode } from './error.js';

/** A failure as it travels between threads; without a code it is a bug. */
export interface CallFailure {
  readonly code: PhizErrorCode | undefined;
  readonly message: string;
  readonly cause?: unknown;
}

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: PhizError): void;
}

export class Calls<Answer> {
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #next = 0;
  #failure: PhizError | undefined;

  /** Whether nobody waits for an answer. */
  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Why the thread is gone, once it is. */
  get failure(): PhizError | undefined {
    return this.#failure;
  }

  /** Gives `send` the number of a new call, and waits for its answer. Rejects with the thread's failure where it is gone. */
  call(send: (id: number) => void): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      send(id);
    });
  }

  /** The call's answer has come. */
  answer(id: number, answer: Answer): void {
    this.#take(id)?.resolve(answer);
  }

  /** The call has failed. */
  refuse(id: number, { code, message, cause }: CallFailure): void {
    this.#take(id)?.reject(new PhizError(code ?? 'engine-failed', message, { cause }));
  }

  /** The thread is gone: calls under way and all to come fail with the first error given. */
  fail(error: PhizError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }

  #take(id: number): Waiting<Answer> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

/** An error as it travels to whoever called. */
export function callFailure(error: unknown): CallFailure {
  return {
    code: error instanceof PhizError ? error.code : undefined,
    message: error instanceof Error ? error.message : String(error),
  };
}
