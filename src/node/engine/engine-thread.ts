/**
 * The engine port on a thread of its own (engine-worker.ts). ONNX Runtime blocks the thread it is called from, so this is what lets
 * two networks run side by side, and pixels be prepared while one runs. (A whole detector on a thread of its own was slower: its network
 * then waits for the pixels, which another core can prepare.) Input tensors over shared memory travel without a copy,
 * others are copied. The thread starts with the first model, ends with the last session, and keeps no process alive.
 */
import { Worker } from 'node:worker_threads';
import { Calls } from '../../core/calls.js';
import type { Engine } from '../../core/engine.js';
import { type AskEngine, type EngineAnswers, type EngineReply, loadRemote } from '../../core/engine-link.js';
import { PhizError } from '../../core/error.js';
import type { NodeEngineOptions } from './engine.js';
import { muteTelemetry } from './telemetry.js';

/** Opens the engine. What `createNodeEngine` would throw, `load` throws here. */
export function createThreadEngine(options: NodeEngineOptions = {}): Engine {
  let thread: EngineThread | undefined;
  let sessions = 0;
  const release = async (): Promise<void> => {
    if (--sessions > 0) return;
    const ending = thread;
    thread = undefined;
    await ending?.end();
  };
  return {
    device: options.device ?? 'cpu',
    memory: (length) => new Float32Array(new SharedArrayBuffer(4 * length)),
    async load(model) {
      sessions++;
      thread ??= startThread(options);
      return loadRemote(thread.ask, model, release).catch(async (error: unknown) => {
        await release();
        throw error;
      });
    },
  };
}

interface EngineThread {
  readonly ask: AskEngine;
  end(): Promise<unknown>;
}

function startThread(options: NodeEngineOptions): EngineThread {
  void muteTelemetry(); // done when this returns, on the main thread; elsewhere the engine's own thread sees to it
  const worker = new Worker(new URL('./engine-worker.js', import.meta.url), { workerData: options });
  const calls = new Calls<EngineAnswers[keyof EngineAnswers]>();
  const fail = (why: string, cause?: unknown): void =>
    calls.fail(new PhizError('engine-failed', `the engine's thread failed: ${why}`, { cause }));
  worker.on('message', (reply: EngineReply<EngineAnswers[keyof EngineAnswers]>) => {
    if ('answer' in reply) calls.answer(reply.id, reply.answer);
    else calls.refuse(reply.id, reply);
    if (calls.idle) worker.unref();
  });
  worker.on('error', (cause) => fail(cause.message, cause));
  worker.on('exit', () => fail('it has ended'));
  return {
    ask: ((request) =>
      calls.call((id) => {
        worker.ref();
        worker.postMessage({ id, request });
      })) as AskEngine,
    end: () => worker.terminate(),
  };
}
