/** The thread on which the sessions of one engine run. Started by engine-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Session } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import type { ByteTensor, Tensor } from '../core/tensor.js';
import { createNodeEngine, type NodeEngineOptions } from './engine.js';
import type { EngineAnswer, EngineRequest } from './engine-messages.js';

const port = parentPort!;
const opening = createNodeEngine(workerData as NodeEngineOptions);
opening.catch(() => {}); // told to whoever loads a model
const sessions: (Session | undefined)[] = [];
/** Inputs that came over shared memory, which ONNX Runtime does not take, are copied here; memory of a frame's size is dear. */
const copies = new Map<string, Float32Array>();

async function answer(id: number, request: EngineRequest): Promise<EngineAnswer> {
  switch (request.kind) {
    case 'load': {
      const session = await (await opening).load(request.model);
      const number = sessions.push(session) - 1;
      return { kind: 'load', id, session: number, inputNames: session.inputNames, outputNames: session.outputNames };
    }
    case 'run': {
      const feeds = Object.fromEntries(Object.entries(request.feeds).map(([name, tensor]) => [name, unshared(name, tensor)]));
      return { kind: 'run', id, results: await sessions[request.session]!.run(feeds, request.outputs) };
    }
    case 'dispose': {
      const session = sessions[request.session];
      sessions[request.session] = undefined;
      await session?.dispose();
      return { kind: 'dispose', id };
    }
  }
}

function unshared(name: string, tensor: Tensor | ByteTensor): Tensor | ByteTensor {
  const { dims, data } = tensor;
  if (!(data instanceof Float32Array) || data.buffer instanceof ArrayBuffer) return tensor;
  const known = copies.get(name);
  const copy = known?.length === data.length ? known : new Float32Array(data.length);
  copies.set(name, copy);
  copy.set(data);
  return { dims, data: copy };
}

/** One call after the other: ONNX Runtime blocks this thread anyway, and the copies are each call's own. */
let last: Promise<void> = Promise.resolve();
port.on('message', ({ id, request }: { readonly id: number; readonly request: EngineRequest }) => {
  last = last.then(async () => {
    try {
      const told = await answer(id, request);
      const memory = told.kind === 'run' ? Object.values(told.results).map(({ data }) => data.buffer) : [];
      port.postMessage(told, memory as ArrayBuffer[]);
    } catch (error) {
      const code = error instanceof PhizError ? error.code : undefined;
      port.postMessage({ kind: 'failed', id, code, message: (error as Error).message } satisfies EngineAnswer);
    }
  });
});
