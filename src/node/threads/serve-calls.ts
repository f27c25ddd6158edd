/** A worker thread's own side of thread.ts: answers calls until it is ended. Runs in a worker thread only. */
import { parentPort } from 'node:worker_threads';
import { type CallReply, callFailure } from '../../core/calls.js';
import { PhizError } from '../../core/error.js';
import type { NumberedRequest } from './thread.js';

/**
 * Answers one call after the other, in their order. What `answer` throws rejects that call and leaves the thread running.
 * `handedOver` names memory of an answer that is moved, not copied; each buffer once. Throws PhizError `engine-unavailable` outside a
 * worker thread.
 */
export function serveCalls<Request, Answer>(
  answer: (request: Request) => Answer | Promise<Answer>,
  handedOver: (answer: Answer, request: Request) => Iterable<ArrayBuffer> = () => [],
): void {
  const port = parentPort;
  if (!port) throw new PhizError('engine-unavailable', 'this module runs in a worker thread only');
  let last: Promise<void> = Promise.resolve();
  port.on('message', ({ id, request }: NumberedRequest<Request>) => {
    last = last.then(async () => {
      try {
        const told = await answer(request);
        port.postMessage({ id, answer: told } satisfies CallReply<Answer>, [...handedOver(told, request)]);
      } catch (error) {
        const cause = error instanceof Error ? error.stack : undefined;
        port.postMessage({ id, ...callFailure(error), cause } satisfies CallReply<Answer>);
      }
    });
  });
}
