/**
 * Pending calls to another thread: each has a number under which its answer or failure comes back, and when the thread is gone
 * all of them fail. Knows no platform's threads; whoever owns one sends the messages and passes replies to `settle`.
 */
import { PhizError, type PhizErrorCode } from './error.js';

/** A failure as it travels between threads; without a code it is a bug. */
export interface CallFailure {
  readonly code: PhizErrorCode | undefined;
  readonly message: string;
  readonly cause?: unknown;
}

/** What comes back under a call's number. */
export type CallReply<Answer> = { readonly id: number } & ({ readonly answer: Answer } | CallFailure);

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: PhizError): void;
}

export class Calls<Answer> {
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #next = 0;
  #failure: PhizError | undefined;

  /** Calls under way. */
  get pending(): number {
    return this.#waiting.size;
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

  /** A call's answer or failure has come. */
  settle(reply: CallReply<Answer>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(new PhizError(reply.code ?? 'engine-failed', reply.message, { cause: reply.cause }));
  }

  /** The thread is gone: calls under way and all to come fail with the first error given. */
  fail(error: PhizError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** An error as it travels to whoever called. */
export function callFailure(error: unknown): CallFailure {
  return {
    code: error instanceof PhizError ? error.code : undefined,
    message: error instanceof Error ? error.message : String(error),
  };
}
