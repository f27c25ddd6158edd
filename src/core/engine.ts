/**
 * The port to whatever runs ONNX graphs. Adapters: src/node/engine/engine.ts (onnxruntime-node), src/browser/engine.ts (onnxruntime-web).
 * An engine holds no state of its own beyond its options; sessions are independent of each other.
 */
import type { ByteTensor, Tensor } from './tensor.js';

/** Where graphs run. */
export type Device = 'cpu' | 'webgpu';

/** A loaded graph. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs the graph. `outputs` picks some of the outputs (default: all). Throws PhizError `engine-failed`, or `disposed`. */
  run(feeds: Readonly<Record<string, Tensor | ByteTensor>>, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/** Loads ONNX models given as bytes. */
export interface Engine {
  readonly device: Device;
  /** Throws PhizError `model-damaged` where the bytes are no model this runtime takes. */
  load(model: Uint8Array): Promise<Session>;
  /** Memory for inputs that reaches the sessions without a copy; absent where any memory does. */
  memory?(length: number): Float32Array;
}
