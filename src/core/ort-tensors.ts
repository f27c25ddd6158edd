/**
 * Tensors between phiz and ONNX Runtime, whose packages for Node and the browser have the same form (onnxruntime-common). Types alone
 * are taken from there; the constructor comes from whichever package runs.
 */
import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';
import type { ByteTensor, Tensor } from './tensor.js';

/** Inputs as the runtime takes them; the data is not copied. */
export function toRuntime(
  RuntimeTensor: TensorConstructor,
  feeds: Readonly<Record<string, Tensor | ByteTensor>>,
): InferenceSession.FeedsType {
  const given: Record<string, InferenceSession.OnnxValueMapType[string]> = {};
  for (const [name, { data, dims }] of Object.entries(feeds))
    given[name] =
      data instanceof Float32Array ? new RuntimeTensor('float32', data, dims) : new RuntimeTensor('uint8', data, dims);
  return given;
}

/** Outputs as plain data. */
export function fromRuntime(outputs: InferenceSession.OnnxValueMapType): Record<string, Tensor> {
  const results: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(outputs)) {
    const { dims, data } = value as { readonly dims: readonly number[]; readonly data: unknown };
    results[name] = { dims, data: data as Float32Array };
  }
  return results;
}
