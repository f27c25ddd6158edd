/** The line to an analyzer's worker: questions and their answers, aborts, and frames for its streams. Knows nothing of what they mean. */
import { Calls } from '../core/calls.js';
import { PhizError } from '../core/error.js';
import type { FromWorker, SentFrame, ToWorker, WorkerAnswers, WorkerRequest } from './analyzer-messages.js';
import type * as dom from './dom-types.js';

export class AnalyzerThread {
  readonly #worker: dom.Worker;
  readonly #calls = new Calls<WorkerAnswers[keyof WorkerAnswers]>();
  readonly #wanting = new Map<number, () => void>();

  constructor(worker: dom.Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
    worker.onmessageerror = () => this.#fail('a message could not be read');
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message || 'its script does not load');
    };
  }

  /** Asks, and waits for the answer. Throws the PhizError that the worker answers with, or `engine-failed` where it is gone. */
  ask<K extends WorkerRequest['kind']>(
    request: Extract<WorkerRequest, { kind: K }>,
    { transfer = [], signal }: { readonly transfer?: dom.Transferable[]; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<WorkerAnswers[K]> {
    if (this.#calls.failure) return Promise.reject(this.#calls.failure);
    if (signal?.aborted) return Promise.reject(new PhizError('aborted', 'the analysis was stopped', { cause: signal.reason }));
    let abort = (): void => {};
    const answer = this.#calls.call((id) => {
      abort = () => this.#post({ abort: id });
      signal?.addEventListener('abort', abort);
      this.#post({ id, request }, transfer);
    });
    return answer.finally(() => signal?.removeEventListener('abort', abort)) as Promise<WorkerAnswers[K]>;
  }

  /** Calls `want` whenever this stream of the worker's wants a frame; without one it is forgotten. */
  onWanted(stream: number, want: (() => void) | undefined): void {
    if (want) this.#wanting.set(stream, want);
    else this.#wanting.delete(stream);
  }

  /** Gives a stream the frame that it wants, or its end. */
  supply(stream: number, frame: SentFrame | undefined, transfer: dom.Transferable[] = []): void {
    this.#post({ supply: stream, frame }, transfer);
  }

  end(): void {
    this.#worker.terminate();
    this.#fail('it has ended');
  }

  #post(message: ToWorker, transfer: dom.Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromWorker): void {
    if ('wanted' in message) {
      this.#wanting.get(message.wanted)?.();
      return;
    }
    this.#calls.settle(message);
  }

  #fail(why: string): void {
    this.#calls.fail(new PhizError('engine-failed', `the analyzer's worker failed: ${why}`));
  }
}
