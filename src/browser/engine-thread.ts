/**
 * The engine port on a worker of its own (engine-worker.ts). WebAssembly blocks the thread it is called from, so this is what lets two
 * networks run side by side. Input tensors over shared memory, which an isolated page has, travel without a copy.
 */
import type { Session } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import type { WebEngine, WebEngineOptions } from './engine.js';
import type { EngineAnswers, EngineRequest, FromEngine, ToEngine } from './engine-messages.js';

/** An engine whose thread ends with its last session, or by `end` where it has none. */
export interface ThreadEngine extends WebEngine {
  end(): void;
}

/** Starts the worker and opens the engine in it, on the CPU. Throws as `createWebEngine`, and PhizError `engine-failed`. */
export async function createThreadEngine({ binary, ...options }: Omit<WebEngineOptions, 'device'>): Promise<ThreadEngine> {
  const thread = new EngineThread();
  let sessions = 0;
  const open = async (): Promise<number> => {
    try {
      return (await thread.ask({ kind: 'open', options: { ...options, binary: await binary, device: 'cpu' } })).threads;
    } catch (error) {
      thread.end();
      throw error;
    }
  };
  const threads = await open();
  const shared = globalThis.crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined';
  return {
    device: 'cpu',
    threads,
    ...(shared ? { memory: (length: number) => new Float32Array(new SharedArrayBuffer(4 * length)) } : {}),
    async load(model): Promise<Session> {
      const { session, inputNames, outputNames } = await thread.ask({ kind: 'load', model });
      sessions++;
      let closed = false;
      return {
        inputNames,
        outputNames,
        async run(feeds, outputs) {
          if (closed) throw new PhizError('disposed', 'this session was disposed; load the model again');
          return thread.ask({ kind: 'run', session, feeds, outputs });
        },
        async dispose() {
          if (closed) return;
          closed = true;
          await thread.ask({ kind: 'dispose', session });
          if (--sessions === 0) thread.end();
        },
      };
    },
    end: () => thread.end(),
  };
}

interface Waiting {
  resolve(answer: EngineAnswers[keyof EngineAnswers]): void;
  reject(error: PhizError): void;
}

/** The worker, and who waits for its answers. */
class EngineThread {
  readonly #worker = new Worker(new URL('./engine-worker.js', import.meta.url), { type: 'module', name: 'phiz engine' });
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #failure: PhizError | undefined;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<FromEngine>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message || 'its script does not load');
    };
  }

  ask<K extends EngineRequest['kind']>(request: Extract<EngineRequest, { kind: K }>): Promise<EngineAnswers[K]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.postMessage({ id, request } satisfies ToEngine);
    });
  }

  end(): void {
    this.#worker.terminate();
    this.#fail('it has ended');
  }

  #hear(message: FromEngine): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('answer' in message) waiting?.resolve(message.answer);
    else waiting?.reject(new PhizError(message.code ?? 'engine-failed', message.message));
  }

  #fail(why: string): void {
    this.#failure ??= new PhizError('engine-failed', `the engine's worker failed: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
