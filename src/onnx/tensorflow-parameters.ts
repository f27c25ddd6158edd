/**
 * Counts the parameters of a frozen TensorFlow graph (GraphDef of tensorflow/core/framework/graph.proto): the numbers in its constants
 * that are no integers of 32 or 64 bits, which are shapes and indices. Reads nothing else of it and runs nothing.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { PhizError } from '../core/error.js';

/** DT_INT32 and DT_INT64 of tensorflow/core/framework/types.proto. */
const INDEX_TYPES = [3, 9];

/** Throws PhizError `model-damaged` naming `where`. */
export function countTensorFlowParameters(graph: Uint8Array, where: string): number {
  try {
    return fieldsOf(graph, 1).reduce((sum, node) => sum + constantSize(node), 0);
  } catch (cause) {
    throw new PhizError('model-damaged', `${where} is no TensorFlow graph: ${(cause as Error).message}`, { cause });
  }
}

/** A NodeDef's elements, if it is a Const: the attribute `value` holds a TensorProto. */
function constantSize(node: Uint8Array): number {
  if (textOf(node, 2) !== 'Const') return 0;
  for (const entry of fieldsOf(node, 5)) {
    if (textOf(entry, 1) !== 'value') continue;
    for (const value of fieldsOf(entry, 2))
      for (const tensor of fieldsOf(value, 8)) {
        if (INDEX_TYPES.includes(numbersOf(tensor, 1)[0] ?? 0)) continue;
        const dims = fieldsOf(tensor, 2).flatMap((shape) => fieldsOf(shape, 2).map((dim) => numbersOf(dim, 1)[0] ?? 0));
        return dims.reduce((product, dim) => product * dim, 1);
      }
  }
  return 0;
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
