/**
 * The engine port bound to onnxruntime-web: its WebAssembly build, or its WebGPU build where there is an adapter. Only the one in use
 * is loaded, and its files come from the address given, never from a CDN. ONNX Runtime's settings belong to the module, so an engine
 * lives in a worker of its own (analyzer-worker.ts).
 */
import type { Env, InferenceSession, TensorConstructor } from 'onnxruntime-common';
import type { Device, Engine, Session } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { fromRuntime, toRuntime } from '../core/ort-tensors.js';

export interface WebEngineOptions {
  readonly device: Device;
  /** Folder with the runtime's files, with a slash at its end. */
  readonly folder: string;
  /** The runtime's WebAssembly, as `fetchRuntime` gives it: engines on several threads share one. */
  readonly binary: ArrayBuffer | Promise<ArrayBuffer>;
  /** Threads inside an operator; default 1. More than one only where the page is isolated (COOP and COEP). */
  readonly threads?: number | undefined;
}

export interface WebEngine extends Engine {
  readonly threads: number;
}

/** What this file uses of the two builds, which have the same form. */
interface Runtime {
  readonly env: Env;
  readonly InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  readonly Tensor: TensorConstructor;
}

/** Names of the runtime's files in its folder, as onnxruntime-web has them in its dist/. */
const FILES = { cpu: 'ort-wasm-simd-threaded', webgpu: 'ort-wasm-simd-threaded.asyncify' } as const;

/**
 * Fetches the runtime's WebAssembly for a device. Throws PhizError `engine-unavailable` where it is not there, or something else is
 * (many servers answer a wrong address with their start page).
 */
export async function fetchRuntime(device: Device, folder: string): Promise<ArrayBuffer> {
  const url = `${folder}${FILES[device]}.wasm`;
  const lies = 'copy it there from onnxruntime-web/dist';
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'same-origin' });
  } catch (cause) {
    throw new PhizError('engine-unavailable', `ONNX Runtime cannot be fetched from ${url}: ${message(cause)}`, { cause });
  }
  if (!response.ok)
    throw new PhizError('engine-unavailable', `ONNX Runtime is not at ${url} (the server answers ${response.status}); ${lies}`);
  const bytes = await response.arrayBuffer();
  const magic = new Uint8Array(bytes, 0, Math.min(4, bytes.byteLength));
  if (String.fromCharCode(...magic) !== '\0asm')
    throw new PhizError('engine-unavailable', `what lies at ${url} is not WebAssembly; ${lies}`);
  return bytes;
}

/** Opens ONNX Runtime. Throws PhizError `engine-unavailable` where its script does not load. */
export async function createWebEngine({ device, folder, binary, threads = 1 }: WebEngineOptions): Promise<WebEngine> {
  const count = globalThis.crossOriginIsolated ? threads : 1;
  let runtime: Runtime;
  try {
    runtime = device === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  } catch (cause) {
    throw new PhizError('engine-unavailable', `the script of ONNX Runtime does not load: ${message(cause)}`, { cause });
  }
  const { wasm } = runtime.env;
  wasm.wasmPaths = { mjs: `${folder}${FILES[device]}.mjs` };
  wasm.wasmBinary = await binary;
  wasm.numThreads = count;
  runtime.env.logLevel = 'error';
  const place = { runtime, device, folder, inTurn: createQueue() };
  return { device, threads: count, load: (model) => loadSession(model, place) };
}

interface Place {
  readonly runtime: Runtime;
  readonly device: Device;
  readonly folder: string;
  /** The runtime takes one call at a time, whichever session it is for. */
  inTurn<T>(call: () => Promise<T>): Promise<T>;
}

function createQueue(): Place['inTurn'] {
  let last: Promise<unknown> = Promise.resolve();
  return (call) => {
    const result = last.then(call);
    last = result.catch(() => {});
    return result;
  };
}

async function loadSession(model: Uint8Array, { runtime, device, folder, inTurn }: Place): Promise<Session> {
  let session: InferenceSession | undefined;
  try {
    session = await inTurn(() =>
      runtime.InferenceSession.create(model, {
        executionProviders: [device === 'webgpu' ? 'webgpu' : 'wasm'],
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      }),
    );
  } catch (cause) {
    if (message(cause).includes('no available backend'))
      throw new PhizError(
        'engine-unavailable',
        `ONNX Runtime does not start (${message(cause)}); ${FILES[device]}.mjs must lie in ${folder}`,
        { cause },
      );
    throw new PhizError('model-damaged', `ONNX Runtime does not take this model: ${message(cause)}`, { cause });
  }
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds, outputs) {
      const given = toRuntime(runtime.Tensor, feeds);
      const result = await inTurn(async () => {
        if (!session) throw new PhizError('disposed', 'this session was disposed; load the model again');
        try {
          return await (outputs ? session.run(given, outputs as string[]) : session.run(given));
        } catch (cause) {
          throw new PhizError('engine-failed', `ONNX Runtime failed: ${message(cause)}`, { cause });
        }
      });
      return fromRuntime(result);
    },
    async dispose() {
      await inTurn(async () => {
        const closing = session;
        session = undefined;
        await closing?.release();
      });
    },
  };
}

/**
 * The device to use; `auto`: the GPU where there is a real one, else the CPU. Throws PhizError `engine-unavailable` where 'webgpu' is
 * asked for and there is no adapter, `invalid-option` for an unknown device.
 */
export async function chooseDevice(device: Device | 'auto'): Promise<Device> {
  if (device !== 'auto' && device !== 'cpu' && device !== 'webgpu')
    throw new PhizError('invalid-option', `device must be 'auto', 'cpu' or 'webgpu', not '${String(device satisfies never)}'`);
  if (device === 'cpu') return 'cpu';
  const adapter = await requestAdapter();
  if (device === 'webgpu') {
    if (!adapter) throw new PhizError('engine-unavailable', "this browser has no WebGPU adapter; use device 'cpu'");
    return 'webgpu';
  }
  // An adapter in software is slower than WebAssembly.
  return adapter && !adapter.info?.isFallbackAdapter ? 'webgpu' : 'cpu';
}

/** As much of WebGPU as is needed here. */
interface Adapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
}

async function requestAdapter(): Promise<Adapter | null> {
  const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<Adapter | null> } };
  // Some browsers have the interface, and fail.
  return gpu ? await gpu.requestAdapter().catch(() => null) : null;
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
