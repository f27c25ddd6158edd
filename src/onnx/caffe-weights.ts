/**
 * Reads the trained weights out of a .caffemodel: a NetParameter of caffe.proto
 * (https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto), from which only layer names and blobs are taken; what the
 * layers do is said in the .prototxt (caffe.ts). A field at a time from the wire, so that no schema is needed.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { PhizError } from '../core/error.js';
import { sizeOf, type Tensor } from '../core/tensor.js';

/** Field numbers of a layer: of today's LayerParameter, and of V1LayerParameter, which old files hold. */
const LAYER = { field: 100, name: 1, blobs: 7 } as const;
const V1_LAYER = { field: 2, name: 4, blobs: 6 } as const;

/** Blobs of a layer in Caffe's order (weights, then biases), by layer name. Throws PhizError `model-damaged` naming `where`. */
export function readCaffeWeights(model: Uint8Array, where: string): ReadonlyMap<string, readonly Tensor[]> {
  const layers = new Map<string, readonly Tensor[]>();
  try {
    for (const { field, wire, reader } of fields(model)) {
      const form = [LAYER, V1_LAYER].find((candidate) => candidate.field === field);
      if (!form || wire !== WireType.LengthDelimited) {
        reader.skip(wire, field);
        continue;
      }
      let name = '';
      const blobs: Tensor[] = [];
      for (const inner of fields(reader.bytes())) {
        const { field: number, wire: type, reader: layer } = inner;
        if (number === form.name && type === WireType.LengthDelimited) name = layer.string();
        else if (number === form.blobs && type === WireType.LengthDelimited) blobs.push(readBlob(layer.bytes()));
        else layer.skip(type, number);
      }
      if (blobs.length > 0) layers.set(name, blobs);
    }
  } catch (cause) {
    throw new PhizError('model-damaged', `${where} is not a .caffemodel, or not all of it: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (layers.size === 0) throw new PhizError('model-damaged', `${where} is not a .caffemodel: it has no layer with weights`);
  return layers;
}

/** A BlobProto: `shape`, or the four old sizes, and `data`. */
function readBlob(bytes: Uint8Array): Tensor {
  const old = [1, 1, 1, 1];
  let shape: number[] | undefined;
  const parts: Float32Array[] = [];
  for (const { field, wire, reader } of fields(bytes)) {
    if (field >= 1 && field <= 4 && wire === WireType.Varint) old[field - 1] = reader.int32();
    else if (field === 5 && wire === WireType.LengthDelimited) parts.push(floats(reader.bytes()));
    else if (field === 5 && wire === WireType.Bit32) parts.push(Float32Array.of(reader.float()));
    else if (field === 7 && wire === WireType.LengthDelimited) shape = readShape(reader.bytes());
    else reader.skip(wire, field);
  }
  const dims = shape ?? old;
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  if (dims.some((dim) => !(dim >= 1)) || sizeOf(dims) !== data.length)
    throw new Error(`a blob of [${dims.join(', ')}] holds ${data.length} numbers`);
  return { dims, data };
}

function readShape(bytes: Uint8Array): number[] {
  const dims: number[] = [];
  for (const { field, wire, reader } of fields(bytes)) {
    if (field === 1 && wire === WireType.Varint) dims.push(Number(reader.int64()));
    else if (field === 1 && wire === WireType.LengthDelimited) {
      const packed = new BinaryReader(reader.bytes());
      while (packed.pos < packed.len) dims.push(Number(packed.int64()));
    } else reader.skip(wire, field);
  }
  return dims;
}

/** Packed little-endian floats, copied to where floats may start. */
function floats(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) throw new Error(`${bytes.length} bytes are not a whole number of floats`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** The tags of a message in turn; the value of each is to be read, or skipped, from `reader` before the next. */
function* fields(
  bytes: Uint8Array,
): Generator<{ readonly field: number; readonly wire: WireType; readonly reader: BinaryReader }> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    yield { field, wire, reader };
  }
}
