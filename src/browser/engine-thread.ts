/**
 * The engine port on a worker of its own (engine-worker.ts). WebAssembly blocks the thread it is called from, so this is what lets two
 * networks run side by side. Input tensors over shared memory, which an isolated page has, travel without a copy.
 */
import { Calls } from '../core/calls.js';
import { type AskEngine, loadRemote } from '../core/engine-link.js';
import { PhizError } from '../core/error.js';
import type { WebEngine, WebEngineOptions } from './engine.js';
import type { FromEngine, ThreadAnswers, ThreadRequest, ToEngine } from './engine-messages.js';

/** An engine whose thread ends with its last session, or by `end` where it has none. */
export interface ThreadEngine extends WebEngine {
  end(): void;
}

/** Starts the worker and opens the engine in it, on the CPU. Throws as `createWebEngine`, and PhizError `engine-failed`. */
export async function createThreadEngine({ binary, ...options }: Omit<WebEngineOptions, 'device'>): Promise<ThreadEngine> {
  const { ask, end } = startThread();
  let sessions = 0;
  const open = async (): Promise<number> => {
    try {
      return (await ask({ kind: 'open', options: { ...options, binary: await binary, device: 'cpu' } })).threads;
    } catch (error) {
      end();
      throw error;
    }
  };
  const threads = await open();
  const shared = globalThis.crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined';
  return {
    device: 'cpu',
    threads,
    ...(shared ? { memory: (length: number) => new Float32Array(new SharedArrayBuffer(4 * length)) } : {}),
    async load(model) {
      const session = await loadRemote(ask as AskEngine, model, () => {
        if (--sessions === 0) end();
      });
      sessions++;
      return session;
    },
    end,
  };
}

type AskThread = <K extends ThreadRequest['kind']>(request: Extract<ThreadRequest, { kind: K }>) => Promise<ThreadAnswers[K]>;

function startThread(): { readonly ask: AskThread; end(): void } {
  const worker = new Worker(new URL('./engine-worker.js', import.meta.url), { type: 'module', name: 'phiz-engine' });
  const calls = new Calls<ThreadAnswers[keyof ThreadAnswers]>();
  const fail = (why: string): void => calls.fail(new PhizError('engine-failed', `the engine's worker failed: ${why}`));
  worker.onmessage = ({ data }: MessageEvent<FromEngine>) => calls.settle(data);
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message || 'its script does not load');
  };
  return {
    ask: ((request) => calls.call((id) => worker.postMessage({ id, request } satisfies ToEngine))) as AskThread,
    end() {
      worker.terminate();
      fail('it has ended');
    },
  };
}
