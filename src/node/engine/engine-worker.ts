/** The thread on which the sessions of one engine run. Started by engine-thread.ts. */
import { workerData } from 'node:worker_threads';
import { createEngineHost, type EngineRequest, memoryOf } from '../../core/engine-link.js';
import type { ByteTensor, Tensor } from '../../core/tensor.js';
import { serveCalls } from '../threads/serve-calls.js';
import { createNodeEngine, type NodeEngineOptions } from './engine.js';

const opening = createNodeEngine(workerData as NodeEngineOptions);
opening.catch(() => {}); // told to whoever loads a model
const answer = createEngineHost(() => opening);
/** Inputs that came over shared memory, which ONNX Runtime does not take, are copied here; memory of a frame's size is dear. */
const copies = new Map<string, Float32Array>();

function unshared(name: string, tensor: Tensor | ByteTensor): Tensor | ByteTensor {
  const { dims, data } = tensor;
  if (!(data instanceof Float32Array) || data.buffer instanceof ArrayBuffer) return tensor;
  const known = copies.get(name);
  const copy = known?.length === data.length ? known : new Float32Array(data.length);
  copies.set(name, copy);
  copy.set(data);
  return { dims, data: copy };
}

function taken(request: EngineRequest): EngineRequest {
  if (request.kind !== 'run') return request;
  const feeds = Object.fromEntries(Object.entries(request.feeds).map(([name, tensor]) => [name, unshared(name, tensor)]));
  return { ...request, feeds };
}

// One call after the other, so that the copies are each call's own.
serveCalls(
  (request: EngineRequest) => answer(taken(request)),
  (told, request) => memoryOf(request, told),
);
