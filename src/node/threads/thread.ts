/**
 * A worker thread that answers calls, from the side that starts it; serve-calls.ts is the thread's own side. It knows nothing of what is
 * asked. Threads that send a stream of their own (node/video/clip-thread.ts) are not its business.
 */
import { Worker } from 'node:worker_threads';
import { type CallReply, Calls } from '../../core/calls.js';
import { PhizError } from '../../core/error.js';
import { endThread } from './end-thread.js';

/** What a thread is sent: a request under its number. */
export interface NumberedRequest<Request> {
  readonly id: number;
  readonly request: Request;
}

export interface ThreadOptions {
  /** What its failures are called: "the engine's thread". */
  readonly name: string;
  /** Handed over as `workerData`: by structured clone, so views of SharedArrayBuffers are shared. */
  readonly data?: unknown | undefined;
  /** Whether it keeps the process alive while nobody waits for an answer. Default true. */
  readonly keepsAlive?: boolean | undefined;
}

export interface Thread<Request, Answer> {
  /** Calls under way. */
  readonly pending: number;
  /** Why it is gone, once it is. */
  readonly failure: PhizError | undefined;
  /** Asks it. Rejects with PhizError: what it answers with, `engine-failed` where it died, or what `end` was given. */
  call(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Ends it; calls under way and to come reject with `why`. */
  end(why?: PhizError): Promise<void>;
}

/** Starts a thread on a module that calls `serveCalls`. */
export function startThread<Request, Answer>(
  module: URL,
  { name, data, keepsAlive = true }: ThreadOptions,
): Thread<Request, Answer> {
  const worker = new Worker(module, { workerData: data });
  const calls = new Calls<Answer>();
  const fail = (what: string, cause?: unknown): void => calls.fail(new PhizError('engine-failed', `${name} ${what}`, { cause }));
  worker.on('message', (reply: CallReply<Answer>) => {
    calls.settle(reply);
    if (!keepsAlive && calls.pending === 0) worker.unref();
  });
  worker.on('error', (cause) => fail(`failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause));
  worker.on('exit', (code) => fail(`ended early with code ${code}`));
  return {
    get pending() {
      return calls.pending;
    },
    get failure() {
      return calls.failure;
    },
    call: (request, transfer = []) =>
      calls.call((id) => {
        worker.ref();
        worker.postMessage({ id, request } satisfies NumberedRequest<Request>, transfer);
      }),
    async end(why) {
      if (why) calls.fail(why);
      await endThread(worker);
    },
  };
}
