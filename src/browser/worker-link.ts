/** The line to an analyzer's worker: questions and their answers, aborts, and frames for its streams. Knows nothing of what they mean. */
import { PhizError } from '../core/error.js';
import type { FromWorker, SentFrame, ToWorker, WorkerAnswers, WorkerRequest } from './messages.js';

interface Waiting {
  resolve(answer: WorkerAnswers[keyof WorkerAnswers]): void;
  reject(error: PhizError): void;
}

export class WorkerLink {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #wanting = new Map<number, () => void>();
  #next = 0;
  #failure: PhizError | undefined;

  constructor(worker: Worker) {
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
    { transfer = [], signal }: { readonly transfer?: Transferable[]; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<WorkerAnswers[K]> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (signal?.aborted) return Promise.reject(new PhizError('aborted', 'the analysis was stopped', { cause: signal.reason }));
    const id = this.#next++;
    const abort = () => this.#post({ abort: id });
    signal?.addEventListener('abort', abort);
    const answer = new Promise<WorkerAnswers[K]>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#post({ id, request }, transfer);
    });
    return answer.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Calls `want` whenever this stream of the worker's wants a frame; without one it is forgotten. */
  onWanted(stream: number, want: (() => void) | undefined): void {
    if (want) this.#wanting.set(stream, want);
    else this.#wanting.delete(stream);
  }

  /** Gives a stream the frame that it wants, or its end. */
  supply(stream: number, frame: SentFrame | undefined, transfer: Transferable[] = []): void {
    this.#post({ supply: stream, frame }, transfer);
  }

  end(): void {
    this.#worker.terminate();
    this.#fail('it has ended');
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromWorker): void {
    if ('wanted' in message) {
      this.#wanting.get(message.wanted)?.();
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('answer' in message) waiting?.resolve(message.answer);
    else waiting?.reject(new PhizError(message.code ?? 'engine-failed', message.message));
  }

  #fail(why: string): void {
    this.#failure ??= new PhizError('engine-failed', `the analyzer's worker failed: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
