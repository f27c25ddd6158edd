/**
 * The images of an animated PNG, taken apart without decoding. Format: PNG (W3C, third edition), sections 11.3.6 and 13. Of a file whose
 * first image is not part of the animation (one for readers that know none), that image is left out.
 */
import { crc32 } from 'node:zlib';
import type { AnimationLayout, Patch } from './animation-layout.js';
import type { ByteSource } from './byte-source.js';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** What an image alone needs besides its size and data: how its pixels are to be read. */
const SHARED = ['PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'sBIT'];
/** Of a chunk besides its data: length and name before, a checksum behind. */
const AROUND = 12;
/** Bytes of a frame's header. */
const CONTROL = 26;
/** What a frame's delay is in, where it has no denominator: hundredths of a second. */
const USUAL_DENOMINATOR = 100;
const AFTER = ['stays', 'cleared', 'restored'] as const;

interface Chunk {
  readonly name: string;
  readonly data: Buffer;
}

/** True where a PNG says, before its first image, that it holds several, and has headers of two. */
export function isAnimatedPng(bytes: ByteSource): boolean {
  let controls = 0;
  let animated = false;
  for (let at = SIGNATURE.length; at + AROUND <= bytes.size; ) {
    const head = Buffer.from(bytes.read(at, 8));
    if (head.length < 8) break;
    const name = head.toString('latin1', 4);
    if (name === 'acTL') animated = true;
    if (name === 'IDAT' && !animated) return false;
    if (name === 'fcTL' && ++controls > 1) return animated;
    at += AROUND + head.readUInt32BE(0);
  }
  return false;
}

/** Whether the chunk that ends a PNG is there. */
export function isWholePng(file: Uint8Array): boolean {
  for (const { name } of chunksOf(bufferOf(file))) if (name === 'IEND') return true;
  return false;
}

/** Undefined where the header is not whole. */
export function apngLayout(file: Uint8Array): AnimationLayout | undefined {
  const bytes = bufferOf(file);
  const [header] = chunksOf(bytes);
  if (header?.name !== 'IHDR' || header.data.length < 13) return undefined;
  const [width, height] = [header.data.readUInt32BE(0), header.data.readUInt32BE(4)];
  return { width, height, patches: { [Symbol.iterator]: () => patchesOf(bytes, header.data) } };
}

function* patchesOf(bytes: Buffer, header: Buffer): Generator<Patch, void, undefined> {
  const shared: Chunk[] = [];
  let control: Buffer | undefined;
  let data: Buffer[] = [];
  for (const { name, data: body } of chunksOf(bytes)) {
    if (SHARED.includes(name) && !control && data.length === 0) shared.push({ name, data: body });
    if (name === 'fcTL' || name === 'IEND') {
      if (control && data.length > 0) yield patchOf({ header, shared, control, data });
      control = name === 'fcTL' && body.length >= CONTROL ? body : undefined;
      data = [];
    }
    if (name === 'IDAT' && control) data.push(body);
    // Behind its number in the sequence.
    if (name === 'fdAT' && control) data.push(body.subarray(4));
  }
  // Cut off: as much of the last image as there is.
  if (control && data.length > 0) yield patchOf({ header, shared, control, data });
}

interface Stored {
  readonly header: Buffer;
  readonly shared: readonly Chunk[];
  readonly control: Buffer;
  readonly data: readonly Buffer[];
}

function patchOf({ header, shared, control, data }: Stored): Patch {
  const [width, height] = [control.readUInt32BE(4), control.readUInt32BE(8)];
  return {
    left: control.readUInt32BE(12),
    top: control.readUInt32BE(16),
    width,
    height,
    delay: (1000 * control.readUInt16BE(20)) / (control.readUInt16BE(22) || USUAL_DENOMINATOR),
    over: control[25] === 1,
    after: AFTER[control[24]!] ?? 'stays',
    alone() {
      const own = Buffer.from(header);
      own.writeUInt32BE(width, 0);
      own.writeUInt32BE(height, 4);
      const parts = [
        { name: 'IHDR', data: own },
        ...shared,
        { name: 'IDAT', data: Buffer.concat(data) },
        { name: 'IEND', data: Buffer.alloc(0) },
      ];
      return Buffer.concat([SIGNATURE, ...parts.map(encoded)]);
    },
  };
}

function encoded({ name, data }: Chunk): Buffer {
  const all = Buffer.concat([Buffer.alloc(4), Buffer.from(name, 'latin1'), data, Buffer.alloc(4)]);
  all.writeUInt32BE(data.length, 0);
  all.writeUInt32BE(crc32(all.subarray(4, -4)), all.length - 4);
  return all;
}

/** The chunks, one behind the other; the last may be cut off. */
function* chunksOf(bytes: Buffer): Generator<Chunk, void, undefined> {
  for (let at = SIGNATURE.length; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    yield { name: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length) };
    at += AROUND + length;
  }
}

function bufferOf(file: Uint8Array): Buffer {
  return Buffer.from(file.buffer, file.byteOffset, file.length);
}
