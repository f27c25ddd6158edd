/** Writes a Graph as the bytes of an ONNX model (protobuf by onnx-buf). */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { Attribute, ElementType, Graph, GraphPort, Initializer } from './graph.js';

/** ONNX operator set that phiz's graphs are written in (ONNX Runtime 1.30 and onnxruntime-web read it). */
export const OPSET = 18;

const TYPES: Record<ElementType, DataType> = {
  float: DataType.FLOAT,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
};

/** Encodes a graph as an ONNX model. */
export function encodeModel(graph: Graph, { name = 'phiz', producer = 'phiz' } = {}): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 9n,
    producerName: producer,
    opsetImport: [
      create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(OPSET) }),
      ...(graph.nodes.some((n) => n.domain === 'com.microsoft')
        ? [create(OperatorSetIdProtoSchema, { domain: 'com.microsoft', version: 1n })]
        : []),
    ],
    graph: create(GraphProtoSchema, {
      name,
      node: graph.nodes.map((node, index) =>
        create(NodeProtoSchema, {
          name: `${node.op}_${index}`,
          opType: node.op,
          domain: node.domain,
          input: [...node.inputs],
          output: [...node.outputs],
          attribute: Object.entries(node.attributes).map(([key, value]) => attribute(key, value)),
        }),
      ),
      initializer: graph.initializers.map(tensor),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

function attribute(name: string, value: Attribute) {
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

function tensor(initializer: Initializer) {
  const { data } = initializer;
  return create(TensorProtoSchema, {
    name: initializer.name,
    dataType: TYPES[initializer.type],
    dims: initializer.dims.map(BigInt),
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function valueInfo(port: GraphPort) {
  return create(ValueInfoProtoSchema, {
    name: port.name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: create(TypeProto_TensorSchema, {
          elemType: TYPES[port.type],
          shape: create(TensorShapeProtoSchema, {
            dim: port.dims.map((dim) =>
              create(TensorShapeProto_DimensionSchema, {
                value: typeof dim === 'number' ? { case: 'dimValue', value: BigInt(dim) } : { case: 'dimParam', value: dim },
              }),
            ),
          }),
        }),
      },
    }),
  });
}
