/** The images of a GIF, taken apart without decoding. Format: GIF89a (CompuServe, 1990). */
import type { AnimationLayout, Patch } from './animation-layout.js';

/** Kinds of blocks. */
const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];
const GRAPHIC_CONTROL = 0xf9;
/** Flag bits: that a colour table follows; that a colour is transparent. */
const [TABLE, TRANSPARENT] = [0x80, 1];

export interface GifPatch extends Patch {
  /** Its pixels as LZW data. */
  readonly coded: Buffer;
}

/** How a graphic control extension ends images. */
const AFTER = ['stays', 'stays', 'cleared', 'restored'] as const;

/** Undefined where the header is not whole. What follows a damaged block is left out. */
export function gifLayout(file: Uint8Array): (AnimationLayout & { readonly patches: Iterable<GifPatch, boolean> }) | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (bytes.length < 13) return undefined;
  const [width, height, flags] = [bytes.readUInt16LE(6), bytes.readUInt16LE(8), bytes[10]!];
  const start = 13 + tableLength(flags);
  return { width, height, patches: { [Symbol.iterator]: () => patchesOf(bytes, start) } };
}

/** Whether all blocks stand there, up to the one that says so; some writers pad behind it. */
export function isWholeGif(file: Uint8Array): boolean {
  const iterator = gifLayout(file)?.patches[Symbol.iterator]();
  for (;;) {
    const step = iterator?.next();
    if (step?.done !== false) return step?.value === true;
  }
}

/** Gives the images; then whether the file ends where it should. */
function* patchesOf(bytes: Buffer, start: number): Generator<GifPatch, boolean, undefined> {
  let control: Buffer | undefined;
  for (let at = start; at < bytes.length; ) {
    const kind = bytes[at];
    if (kind === EXTENSION) {
      if (bytes[at + 1] === GRAPHIC_CONTROL && bytes[at + 2] === 4 && at + 7 < bytes.length) control = bytes.subarray(at, at + 8);
      at = endOfData(bytes, at + 2);
    } else if (kind === IMAGE && at + 10 < bytes.length) {
      const descriptor = bytes.subarray(at + 1, at + 10);
      const tables = at + 10 + tableLength(descriptor[8]!);
      // The size of the codes, then the coded pixels.
      const end = endOfData(bytes, tables + 1);
      const image = bytes.subarray(at + 10, end);
      yield { ...patchOf(bytes, { start, descriptor, control, image }), coded: bytes.subarray(tables, end) };
      control = undefined;
      at = end;
    } else return kind === TRAILER;
  }
  return false;
}

/** Share of the first image's pixels that its data hold, 0–1; decoders fill up the rest in silence. */
export function codedShare(file: Uint8Array): number {
  for (const { width, height, coded } of gifLayout(file)?.patches ?? [])
    return Math.min(codedPixels(coded) / Math.max(width * height, 1), 1);
  return 0;
}

/** How many pixels LZW data (the size of the codes, then blocks) stand for: the lengths of the strings that the codes name. */
function codedPixels(coded: Buffer): number {
  const bits = coded[0]!;
  if (!(bits >= 1 && bits <= 11)) return 0;
  const [clear, end] = [1 << bits, (1 << bits) + 1];
  const lengths = new Float64Array(4096).fill(1, 0, clear);
  let [next, size, total, held, stock] = [end + 1, bits + 1, 0, 0, 0];
  let previous: number | undefined;
  for (let at = 1; at < coded.length && coded[at] !== 0; at += 1 + coded[at]!)
    for (const byte of coded.subarray(at + 1, at + 1 + coded[at]!)) {
      stock |= byte << held;
      for (held += 8; held >= size; ) {
        const code = stock & ((1 << size) - 1);
        stock >>>= size;
        held -= size;
        if (code === end) return total;
        if (code === clear) {
          [next, size, previous] = [end + 1, bits + 1, undefined];
          continue;
        }
        const grown = previous === undefined ? 0 : lengths[previous]! + 1;
        if (code > next || (code === next && previous === undefined)) return total;
        if (previous !== undefined && next < 4096) lengths[next++] = grown;
        total += lengths[code]!;
        previous = code;
        if (next === 1 << size && size < 12) size++;
      }
    }
  return total;
}

interface Stored {
  /** Where the blocks begin: the header and the global colours stand before. */
  readonly start: number;
  readonly descriptor: Buffer;
  readonly control: Buffer | undefined;
  /** Local colours and coded pixels. */
  readonly image: Buffer;
}

function patchOf(bytes: Buffer, { start, descriptor, control, image }: Stored): Patch {
  const flags = control?.[3] ?? 0;
  return {
    left: descriptor.readUInt16LE(0),
    top: descriptor.readUInt16LE(2),
    width: descriptor.readUInt16LE(4),
    height: descriptor.readUInt16LE(6),
    delay: 10 * (control?.readUInt16LE(4) ?? 0),
    over: true,
    after: AFTER[(flags >> 2) & 7] ?? 'stays',
    alone() {
      const header = Buffer.from(bytes.subarray(0, start));
      const place = Buffer.from(descriptor);
      for (const [from, to] of [
        [4, 6],
        [6, 8],
      ] as const)
        header.writeUInt16LE(descriptor.readUInt16LE(from), to);
      place.writeUInt32LE(0, 0);
      const clear =
        control && flags & TRANSPARENT ? Buffer.from([EXTENSION, GRAPHIC_CONTROL, 4, TRANSPARENT, 0, 0, control[6]!, 0]) : [];
      return Buffer.concat([header, Uint8Array.from(clear), Buffer.from([IMAGE]), place, image, Buffer.from([0, TRAILER])]);
    },
  };
}

/** Bytes of the colour table that flags announce. */
function tableLength(flags: number): number {
  return flags & TABLE ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Behind a chain of data blocks, each with its length, up to an empty one; the file's end where it is cut off. */
function endOfData(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
  return Math.min(at + 1, bytes.length);
}
