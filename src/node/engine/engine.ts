/** The engine port bound to onnxruntime-node (native CPU provider, or its bundled WebGPU provider). Reached only by import(). */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-common';
import type { Device, Engine, Session } from '../../core/engine.js';
import { PhizError } from '../../core/error.js';
import { fromRuntime, toRuntime } from '../../core/ort-tensors.js';
import { muteTelemetry } from './telemetry.js';

/** Where networks run, and on how many threads. */
export interface NodeEngineOptions {
  readonly device?: Device | undefined;
  /** Threads inside an operator; default: one per core, at most eight, from which on small networks gain nothing. */
  readonly threads?: number | undefined;
}

/**
 * Opens ONNX Runtime. Throws PhizError `engine-unavailable` where the native package has no binary for this platform,
 * `invalid-option` for an unknown device.
 */
export async function createNodeEngine({ device = 'cpu', threads = defaultThreads() }: NodeEngineOptions = {}): Promise<Engine> {
  if (device !== 'cpu' && device !== 'webgpu')
    throw new PhizError('invalid-option', `device must be 'cpu' or 'webgpu', not '${String(device satisfies never)}'`);
  await muteTelemetry();
  let ort: typeof import('onnxruntime-node');
  try {
    ort = await import('onnxruntime-node');
  } catch (cause) {
    throw new PhizError(
      'engine-unavailable',
      'onnxruntime-node has no binary that loads here: it has them for Linux with glibc and Windows (x64, arm64) and for macOS (arm64)',
      {
        cause,
      },
    );
  }
  const options: InferenceSession.SessionOptions = {
    executionProviders: [device],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Threads that go on spinning after a run take the cores from the next network and from decoding.
    extra: { session: { force_spinning_stop: '1' } },
    intraOpNumThreads: threads,
  };
  const runsOn = (provider: Device, model: Uint8Array): Promise<boolean> =>
    ort.InferenceSession.create(model, { ...options, executionProviders: [provider] }).then(
      (session) => session.release().then(() => true),
      () => false,
    );
  return {
    device,
    async load(model: Uint8Array): Promise<Session> {
      let session: InferenceSession | undefined;
      try {
        session = await ort.InferenceSession.create(model, options);
      } catch (cause) {
        if (device === 'webgpu' && (await runsOn('cpu', model)))
          throw new PhizError('engine-unavailable', `WebGPU does not run this model here: ${message(cause)}; use device cpu`, {
            cause,
          });
        throw new PhizError('model-damaged', `ONNX Runtime does not take this model: ${message(cause)}`, { cause });
      }
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        async run(feeds, outputs) {
          if (!session) throw new PhizError('disposed', 'this session was disposed; load the model again');
          const given = toRuntime(ort.Tensor, feeds);
          let result: InferenceSession.OnnxValueMapType;
          try {
            result = outputs ? await session.run(given, outputs as string[]) : await session.run(given);
          } catch (cause) {
            throw new PhizError('engine-failed', `ONNX Runtime failed: ${message(cause)}`, { cause });
          }
          return fromRuntime(result);
        },
        async dispose() {
          const closing = session;
          session = undefined;
          await closing?.release();
        },
      };
    },
  };
}

/** Threads where nobody says. The runtime's own default also ties them to cores, where sessions get into each other's way. */
export function defaultThreads(): number {
  return Math.min(availableParallelism(), 8);
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
