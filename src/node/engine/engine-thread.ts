/**
 * The engine port on a thread of its own (engine-worker.ts). ONNX Runtime blocks the thread it is called from, so this is what lets
 * two networks run side by side, and pixels be prepared while one runs. (A whole detector on a thread of its own was slower: its network
 * then waits for the pixels, which another core can prepare.) Input tensors over shared memory travel without a copy,
 * others are copied. The thread starts with the first model, ends with the last session, and keeps no process alive.
 */
import type { Engine } from '../../core/engine.js';
import { type AskEngine, type EngineAnswers, type EngineRequest, loadRemote } from '../../core/engine-link.js';
import { startThread, type Thread } from '../threads/thread.js';
import type { NodeEngineOptions } from './engine.js';
import { muteTelemetry } from './telemetry.js';

type EngineThread = Thread<EngineRequest, EngineAnswers[keyof EngineAnswers]>;

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
      thread ??= startEngine(options);
      return loadRemote(thread.call as AskEngine, model, release).catch(async (error: unknown) => {
        await release();
        throw error;
      });
    },
  };
}

function startEngine(options: NodeEngineOptions): EngineThread {
  void muteTelemetry(); // done when this returns, on the main thread; elsewhere the engine's own thread sees to it
  const module = new URL('./engine-worker.js', import.meta.url);
  return startThread(module, { name: "the engine's thread", data: options, keepsAlive: false });
}
