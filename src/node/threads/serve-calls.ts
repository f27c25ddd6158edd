/** A worker thread's own side of thread.ts: answers calls until it is ended. Runs in a worker thread only. */
import { parentPort } from 'node:worker_threads';
import { type CallReply, callFailure } from '../../core/calls.js';
import { PhizError } from '../../core/error.js';
import type { NumberedRequest } from './thread.js';

export interface ServeOptions<Request, Answer> {
  /** Memory of an answer that is moved, not copied; each buffer once. */
  readonly handedOver?: ((answer: Answer, request: Request) => Iterable<ArrayBuffer>) | undefined;
  /** One call after the other, in their order; else each begins when it comes. Default true. */
  readonly inTurn?: boolean | undefined;
}

/**
 * Answers calls. What `answer` throws rejects that call and leaves the thread running. Throws PhizError `engine-unavailable` outside a
 * worker thread.
 */
export function serveCalls<Request, Answer>(
  answer: (request: Request) => Answer | Promise<Answer>,
  { handedOver = () => [], inTurn = true }: ServeOptions<Request, Answer> = {},
): void {
  const port = parentPort;
  if (!port) throw new PhizError('engine-unavailable', 'this module runs in a worker thread only');
  const reply = async ({ id, request }: NumberedRequest<Request>): Promise<void> => {
    try {
      const told = await answer(request);
      port.postMessage({ id, answer: told } satisfies CallReply<Answer>, [...handedOver(told, request)]);
    } catch (error) {
      const cause = error instanceof Error ? error.stack : undefined;
      port.postMessage({ id, ...callFailure(error), cause } satisfies CallReply<Answer>);
    }
  };
  let last: Promise<void> = Promise.resolve();
  port.on('message', (call: NumberedRequest<Request>) => {
    last = inTurn ? last.then(() => reply(call)) : reply(call);
  });
}
