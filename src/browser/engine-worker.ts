/** The thread on which the sessions of one engine run. Started by engine-thread.ts. */
import { callFailure } from '../core/calls.js';
import type { Engine } from '../core/engine.js';
import { createEngineHost, memoryOf } from '../core/engine-link.js';
import { createWebEngine } from './engine.js';
import type { FromEngine, ThreadAnswers, ThreadRequest, ToEngine } from './engine-messages.js';

/** The part of a dedicated worker's global object that is used; the library of types for pages does not know it. */
interface Thread {
  postMessage(message: FromEngine, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null;
}

const thread = globalThis as unknown as Thread;
let engine: Engine | undefined;
const host = createEngineHost(async () => engine!);

async function answer(request: ThreadRequest): Promise<ThreadAnswers[keyof ThreadAnswers]> {
  if (request.kind !== 'open') return host(request);
  const opened = await createWebEngine(request.options);
  engine = opened;
  return { threads: opened.threads };
}

thread.onmessage = async ({ data: { id, request } }) => {
  try {
    const told = await answer(request);
    thread.postMessage({ id, answer: told }, request.kind === 'open' ? [] : memoryOf(request, told));
  } catch (error) {
    thread.postMessage({ id, ...callFailure(error) });
  }
};
