/** The images of an animated WebP, taken apart without decoding. Format: RFC 9649, section 2.7. */
import type { AnimationLayout, Patch } from './animation-layout.js';

/** Chunks of an image: its transparency, then its colours in one of two codings. */
const CODED = ['ALPH', 'VP8 ', 'VP8L'];
/** Flags of the VP8X chunk. */
const [PROFILE, ALPHA] = [0x20, 0x10];

interface Chunk {
  readonly name: string;
  readonly payload: Buffer;
}

/** Undefined where it is no animation. */
export function webpLayout(file: Uint8Array): AnimationLayout | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const [first] = chunksOf(bytes, 12);
  if (first?.name !== 'VP8X' || first.payload.length < 10 || !(first.payload[0]! & 2)) return undefined;
  const [width, height] = [first.payload.readUIntLE(4, 3) + 1, first.payload.readUIntLE(7, 3) + 1];
  return { width, height, patches: { [Symbol.iterator]: () => patchesOf(bytes) } };
}

function* patchesOf(bytes: Buffer): Generator<Patch, void, undefined> {
  let profile: Buffer | undefined;
  for (const { name, payload } of chunksOf(bytes, 12)) {
    if (name === 'ICCP') profile = payload;
    if (name === 'ANMF' && payload.length > 16) yield patchOf(payload, profile);
  }
}

function patchOf(payload: Buffer, profile: Buffer | undefined): Patch {
  const flags = payload[15]!;
  const [width, height] = [payload.readUIntLE(6, 3) + 1, payload.readUIntLE(9, 3) + 1];
  return {
    left: 2 * payload.readUIntLE(0, 3),
    top: 2 * payload.readUIntLE(3, 3),
    width,
    height,
    delay: payload.readUIntLE(12, 3),
    over: !(flags & 2),
    after: flags & 1 ? 'cleared' : 'stays',
    alone() {
      const head = Buffer.alloc(10);
      head[0] = ALPHA | (profile ? PROFILE : 0);
      head.writeUIntLE(width - 1, 4, 3);
      head.writeUIntLE(height - 1, 7, 3);
      const parts = new Map(profile && [['ICCP', profile]]);
      for (const part of chunksOf(payload, 16))
        if (CODED.includes(part.name) && !parts.has(part.name)) parts.set(part.name, part.payload);
      const body = Buffer.concat([chunk('VP8X', head), ...[...parts].map(([name, part]) => chunk(name, part))]);
      const riff = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
      riff.writeUInt32LE(body.length + 4, 4);
      return Buffer.concat([riff, body]);
    },
  };
}

/** The chunks from a place on, one behind the other; the last may be cut off. */
function* chunksOf(bytes: Buffer, from: number): Generator<Chunk, void, undefined> {
  for (let at = from; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    yield { name: bytes.toString('latin1', at, at + 4), payload: bytes.subarray(at + 8, at + 8 + size) };
    at += 8 + size + (size & 1);
  }
}

function chunk(name: string, payload: Buffer): Buffer {
  const head = Buffer.from(`${name}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(payload.length, 4);
  return Buffer.concat([head, payload, Buffer.alloc(payload.length & 1)]);
}
