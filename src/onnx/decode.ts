/** Reads weights back out of an ONNX model: its float initializers by name. Reads no nodes. */
import { fromBinary } from '@bufbuild/protobuf';
import { TensorProto_DataType as DataType, ModelProtoSchema } from 'onnx-buf';
import { PhizError } from '../core/error.js';
import type { Tensor } from '../core/tensor.js';

/** The float32 initializers of a model. Throws PhizError `model-damaged` where the bytes are no ONNX model. */
export function readWeights(model: Uint8Array, where: string): Record<string, Tensor> {
  let initializers: ReturnType<typeof parse>;
  try {
    initializers = parse(model);
  } catch (cause) {
    throw new PhizError('model-damaged', `${where} is not an ONNX model`, { cause });
  }
  const weights: Record<string, Tensor> = {};
  for (const { name, dataType, dims, rawData } of initializers) {
    if (dataType !== DataType.FLOAT || rawData.byteLength === 0) continue;
    // The bytes lie anywhere in the file: copy them to where floats may start.
    weights[name] = { dims: dims.map(Number), data: new Float32Array(new Uint8Array(rawData).buffer) };
  }
  return weights;
}

function parse(model: Uint8Array) {
  return fromBinary(ModelProtoSchema, model).graph?.initializer ?? [];
}
