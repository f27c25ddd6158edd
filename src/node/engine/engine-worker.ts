/** The thread on which the sessions of one engine run. Started by engine-thread.ts. */
import { workerData } from 'node:worker_threads';
import { createEngineHost, type EngineRequest, memoryOf } from '../../core/engine-link.js';
import type { ByteTensor, Tensor } from '../../core/tensor.js';
import { serveCalls } from '../threads/serve-calls.js';
import { createNodeEngine, type NodeEngineOptions } from './engine.js';

const opening = createNodeEngine(workerData as NodeEngineOptions);
opening.catch(() => {}); // told to whoever loads a model
const answer = createEngineHost(() => opening);
/**
 * Inputs that came over shared memory, which ONNX Runtime does not take, are copied here, by name and length; memory of a frame's size
 * is dear. The last ones used are kept: a detector looks at two sizes in turn.
 */
const copies = new Map<string, Float32Array>();
const COPIES = 4;

function unshared(name: string, tensor: Tensor | ByteTensor): Tensor | ByteTensor {
  const { dims, data } = tensor;
  if (!(data instanceof Float32Array) || data.buffer instanceof ArrayBuffer) return tensor;
  const key = `${data.length} ${name}`;
  const copy = copies.get(key) ?? new Float32Array(data.length);
  copies.delete(key);
  copies.set(key, copy);
  if (copies.size > COPIES) copies.delete(copies.keys().next().value!);
  copy.set(data);
  return { dims, data: copy };
}

function taken(request: EngineRequest): EngineRequest {
  if (request.kind !== 'run') return request;
  const feeds = Object.fromEntries(Object.entries(request.feeds).map(([name, tensor]) => [name, unshared(name, tensor)]));
  return { ...request, feeds };
}

// One call after the other, so that the copies are each call's own.
serveCalls((request: EngineRequest) => answer(taken(request)), { handedOver: (told, request) => memoryOf(request, told) });
