/** What a finished ONNX model costs to run, counted from its file by the same rules as a graph of phiz's own (cost.ts). */
import { fromBinary } from '@bufbuild/protobuf';
import { type AttributeProto, AttributeProto_AttributeType as AttributeType, ModelProtoSchema } from 'onnx-buf';
import { PhizError } from '../core/error.js';
import { multiplyAdds } from './cost.js';
import type { Attribute, Dim } from './graph.js';

/**
 * Multiply-adds of a model for one sample; `input` gives its height and width where the file leaves them open. Undefined where
 * the file does not hold the weights of a convolution or product (they are computed, or stored elsewhere).
 * Throws PhizError `model-damaged` where the bytes are no ONNX model.
 */
export function modelMultiplyAdds(
  model: Uint8Array,
  { height, width, where = 'the model' }: { readonly height: number; readonly width: number; readonly where?: string },
): number | undefined {
  let graph: ReturnType<typeof parse>;
  try {
    graph = parse(model);
  } catch (cause) {
    throw new PhizError('model-damaged', `${where} is not an ONNX model`, { cause });
  }
  const stored = graph?.initializer.map(({ name, dims }) => ({ name, dims: dims.map(Number) })) ?? [];
  const constants = (graph?.node ?? []).flatMap(({ opType, output, attribute }) => {
    const tensor = opType === 'Constant' ? attribute.find(({ name }) => name === 'value')?.t : undefined;
    return tensor ? [{ name: output[0]!, dims: tensor.dims.map(Number) }] : [];
  });
  const weights = new Set(stored.map(({ name }) => name));
  const inputs = (graph?.input ?? [])
    .filter(({ name }) => !weights.has(name))
    .map(({ name, type }) => {
      const dims = type?.value.case === 'tensorType' ? (type.value.value.shape?.dim ?? []) : [];
      const sizes = dims.map(({ value }): Dim => (value.case === 'dimValue' ? Number(value.value) : (value.value ?? '?')));
      const whole = (dim: Dim | undefined, otherwise: number) => (typeof dim === 'number' && dim > 0 ? dim : otherwise);
      const open = sizes.length === 4 ? [1, sizes[1]!, whole(sizes[2], height), whole(sizes[3], width)] : sizes;
      return { name, type: 'float' as const, dims: open };
    });
  const nodes = (graph?.node ?? []).map(({ opType, domain, input, output, attribute }) => ({
    op: opType,
    domain,
    inputs: input,
    outputs: output,
    attributes: Object.fromEntries(attribute.flatMap((own) => attributeOf(own) ?? [])),
  }));
  try {
    return multiplyAdds({ nodes, inputs, initializers: [...stored, ...constants] });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function parse(model: Uint8Array) {
  return fromBinary(ModelProtoSchema, model).graph;
}

/** The kinds of attributes that counting reads. */
function attributeOf({ name, type, i, ints, s }: AttributeProto): readonly [readonly [string, Attribute]] | undefined {
  if (type === AttributeType.INT) return [[name, Number(i)]];
  if (type === AttributeType.INTS) return [[name, ints.map(Number)]];
  if (type === AttributeType.STRING) return [[name, new TextDecoder().decode(s)]];
  return undefined;
}
