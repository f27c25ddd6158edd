/**
 * What a frozen TensorFlow network of convolutions costs: its parameters, from the constants of its GraphDef
 * (tensorflow/core/framework/graph.proto), and its multiply-adds, by following sizes through the .pbtxt that OpenCV reads beside it.
 * Reads no more than that takes and runs nothing.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { PhizError } from '../core/error.js';
import { messagesIn, parseTextMessage, type TextMessage } from './text-format.js';

export interface TensorFlowNetwork {
  /** The bytes of the .pb. */
  readonly graph: Uint8Array;
  /** The text of the .pbtxt. */
  readonly description: string;
  /** Height and width of the image fed. */
  readonly side: number;
  /** What errors call the network. */
  readonly where: string;
}

/** A constant: its type by number and its shape. */
interface Constant {
  readonly type: number;
  readonly dims: readonly number[];
}

/** DT_INT32 and DT_INT64 of tensorflow/core/framework/types.proto: shapes and indices, not weights. */
const INDEX_TYPES = [3, 9];

/** Throws PhizError `model-damaged` naming `where`. */
export function tensorFlowCost({ graph, description, side, where }: TensorFlowNetwork): {
  readonly parameters: number;
  readonly multiplyAdds: number;
} {
  const constants = readConstants(graph, where);
  const weights = [...constants.values()].filter(({ type }) => !INDEX_TYPES.includes(type));
  return {
    parameters: weights.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0),
    multiplyAdds: followSizes(messagesIn(parseTextMessage(description, where), 'node'), constants, side, where),
  };
}

/** Sums over the convolutions; the images are square all the way. */
function followSizes(
  nodes: readonly TextMessage[],
  constants: ReadonlyMap<string, Constant>,
  side: number,
  where: string,
): number {
  const sides = new Map<string, number>();
  const integers = new Map<string, readonly number[]>();
  const dilated = new Set<string>();
  let total = 0;
  for (const node of nodes) {
    const [name, op] = [String(node.get('name')?.[0]), String(node.get('op')?.[0])];
    const inputs = (node.get('input') ?? []).map((input) => String(input).replace(/:\d+$/, ''));
    const before = sides.get(inputs[0] ?? '');
    const valid = setting(node, 'padding')?.get('s')?.[0] === 'VALID';
    const stride = Number(messagesIn(setting(node, 'strides'), 'list')[0]?.get('i')?.[1] ?? 1);
    if (op === 'Placeholder') sides.set(name, side);
    else if (op === 'Const') integers.set(name, numbers(messagesIn(setting(node, 'value'), 'tensor')[0]));
    else if (before === undefined) continue;
    else if (op === 'SpaceToBatchND') {
      // With blocks of one it is padding alone. Other blocks are how TensorFlow writes dilation, after which a convolution keeps its size.
      const [block, paddings] = inputs.slice(1).map((input) => integers.get(input));
      const padded = block?.every((size) => size === 1);
      sides.set(name, padded ? before + (paddings?.[0] ?? 0) + (paddings?.[1] ?? 0) : before);
      if (!padded) dilated.add(name);
    } else if (op === 'Conv2D') {
      const kernel = constants.get(inputs[1] ?? '')?.dims;
      if (kernel?.length !== 4) throw new PhizError('model-damaged', `${where}: convolution '${name}' has no weights in the .pb`);
      const after =
        valid && !dilated.has(inputs[0]!) ? Math.floor((before - kernel[0]!) / stride) + 1 : Math.ceil(before / stride);
      sides.set(name, after);
      total += kernel.reduce((a, b) => a * b, 1) * after * after;
    } else if (op === 'MaxPool') sides.set(name, Math.ceil(before / stride));
    else sides.set(name, before);
  }
  return total;
}

/** A node's attribute. */
function setting(node: TextMessage, key: string): TextMessage | undefined {
  return messagesIn(
    messagesIn(node, 'attr').find((entry) => entry.get('key')?.[0] === key),
    'value',
  )[0];
}

function numbers(tensor: TextMessage | undefined): readonly number[] {
  return (tensor?.get('int_val') ?? []).map(Number);
}

/**
 * The constants of a GraphDef by name: Const nodes, whose attribute `value` holds a TensorProto, and what Dequantize makes of three of
 * them (bytes, least and greatest value).
 */
function readConstants(graph: Uint8Array, where: string): ReadonlyMap<string, Constant> {
  const constants = new Map<string, Constant>();
  const widened: { readonly name: string; readonly inputs: readonly string[] }[] = [];
  try {
    for (const node of fieldsOf(graph, 1)) {
      const [name = '', op] = [textOf(node, 1), textOf(node, 2)];
      if (op === 'Dequantize') widened.push({ name, inputs: fieldsOf(node, 3).map((input) => new TextDecoder().decode(input)) });
      const value = op === 'Const' && fieldsOf(node, 5).find((entry) => textOf(entry, 1) === 'value');
      const tensor = value && fieldsOf(value, 2).flatMap((attribute) => fieldsOf(attribute, 8))[0];
      if (!tensor) continue;
      const dims = fieldsOf(tensor, 2).flatMap((shape) => fieldsOf(shape, 2).map((dim) => numbersOf(dim, 1)[0] ?? 0));
      constants.set(name, { type: numbersOf(tensor, 1)[0] ?? 0, dims });
    }
  } catch (cause) {
    throw new PhizError('model-damaged', `${where} is not a TensorFlow graph: ${(cause as Error).message}`, { cause });
  }
  for (const { name, inputs } of widened) {
    const bytes = constants.get(inputs[0] ?? '');
    if (bytes) constants.set(name, bytes);
    for (const input of inputs) constants.delete(input);
  }
  return constants;
}

function textOf(message: Uint8Array, field: number): string | undefined {
  const [bytes] = fieldsOf(message, field);
  return bytes && new TextDecoder().decode(bytes);
}

/** The embedded messages, texts or bytes in a field. */
function fieldsOf(message: Uint8Array, field: number): Uint8Array[] {
  return values(message, field, WireType.LengthDelimited, (reader) => reader.bytes());
}

function numbersOf(message: Uint8Array, field: number): number[] {
  return values(message, field, WireType.Varint, (reader) => Number(reader.int64()));
}

function values<T>(message: Uint8Array, field: number, wire: WireType, read: (reader: BinaryReader) => T): T[] {
  const reader = new BinaryReader(message);
  const found: T[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === field && type === wire) found.push(read(reader));
    else reader.skip(type, number);
  }
  return found;
}
