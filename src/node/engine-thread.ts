/**
 * The engine port on a thread of its own (engine-worker.ts). ONNX Runtime blocks the thread it is called from, so this is what lets
 * two networks run side by side, and pixels be prepared while one runs. (A whole detector on a thread of its own was slower: its network
 * then waits for the pixels, which another core can prepare.) Input tensors over shared memory travel without a copy,
 * others are copied. The thread starts with the first model, ends with the last session, and keeps no process alive.
 */
import { Worker } from 'node:worker_threads';
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import type { NodeEngineOptions } from './engine.js';
import type { EngineAnswer, EngineAnswers, EngineRequest } from './engine-messages.js';

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
      thread ??= new EngineThread(options);
      const host = thread;
      const loading = host.ask({ kind: 'load', model });
      const { session, inputNames, outputNames } = await loading.catch(async (error: unknown) => {
        await release();
        throw error;
      });
      let open = true;
      return {
        inputNames,
        outputNames,
        async run(feeds, outputs) {
          if (!open) throw new PhizError('disposed', 'this session was disposed; load the model again');
          return (await host.ask({ kind: 'run', session, feeds, outputs })).results;
        },
        async dispose() {
          if (!open) return;
          open = false;
          await host.ask({ kind: 'dispose', session });
          await release();
        },
      };
    },
  };
}

interface Waiting {
  resolve(answer: EngineAnswer): void;
  reject(error: PhizError): void;
}

/** The worker, and who waits for its answers. */
class EngineThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #failure: PhizError | undefined;

  constructor(options: NodeEngineOptions) {
    this.#worker = new Worker(new URL('./engine-worker.js', import.meta.url), { workerData: options });
    this.#worker.on('message', (answer: EngineAnswer) => this.#hear(answer));
    this.#worker.on('error', (cause) => this.#fail(cause.message, cause));
    this.#worker.on('exit', () => this.#fail('it has ended'));
  }

  ask<K extends EngineRequest['kind']>(request: Extract<EngineRequest, { kind: K }>): Promise<EngineAnswers[K]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, request });
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(answer: EngineAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (answer.kind !== 'failed') waiting?.resolve(answer);
    else waiting?.reject(new PhizError(answer.code ?? 'engine-failed', answer.message));
  }

  #fail(why: string, cause?: unknown): void {
    this.#failure ??= new PhizError('engine-failed', `the engine's thread failed: ${why}`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
