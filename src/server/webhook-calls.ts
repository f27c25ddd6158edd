/**
 * Calls of a webhook by one service: each is made again after a while until it is taken, and given up after a day. What was not said yet when
 * the service ended is said at its next start, since the job's record says so.
 */
import type { Logger } from 'pino';
import { callAfter } from './alarm.js';
import { callWebhook, type WebhookMessage, type WebhookTarget } from './webhook.js';

export interface WebhookCallsOptions {
  readonly target: WebhookTarget;
  readonly log: Logger;
  /** Milliseconds before the second call, twice as long each further time. Default: 5000. */
  readonly backoff?: number | undefined;
}

/** Calls in all: the last a day or so after the first. */
export const MOST_CALLS = 15;

export class WebhookCalls implements Disposable {
  readonly #options: WebhookCallsOptions;
  readonly #alarms = new Set<Disposable>();
  readonly #stopping = new AbortController();

  constructor(options: WebhookCallsOptions) {
    this.#options = options;
  }

  /** Says it as often as it takes; `taken` is called when it was. */
  send(message: WebhookMessage, taken: () => void): void {
    void this.#call(message, taken, 1);
  }

  [Symbol.dispose](): void {
    this.#stopping.abort();
    for (const alarm of this.#alarms) alarm[Symbol.dispose]();
  }

  async #call(message: WebhookMessage, taken: () => void, times: number): Promise<void> {
    const { target, log, backoff = 5000 } = this.#options;
    const { signal } = this.#stopping;
    try {
      await callWebhook(target, message, signal);
      taken();
    } catch (error) {
      if (signal.aborted) return;
      const reason = (error as Error).message;
      if (times >= MOST_CALLS) {
        log.error({ job: message.data.id, reason }, 'the webhook was not taken, and is given up');
        return;
      }
      log.warn({ job: message.data.id, reason, times }, 'the webhook was not taken; it is called again');
      const alarm = callAfter(backoff * 2 ** (times - 1), () => {
        this.#alarms.delete(alarm);
        void this.#call(message, taken, times + 1);
      });
      this.#alarms.add(alarm);
    }
  }
}
