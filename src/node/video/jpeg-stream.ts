/**
 * Motion JPEG as a bare stream: one JPEG after another. Tells it from a photo, which may well hold further JPEGs behind itself
 * (previews, gain maps, a burst's other images), and finds where images end. Decodes nothing.
 */
import type { ByteSource } from './byte-source.js';

const BLOCK = 1 << 16;
const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
/** How an APP1 segment with XMP begins (Adobe, XMP part 3, 1.1.3). */
const XMP = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');

/** True where the bytes are at least two JPEGs of one size, and the first does not announce the others as its companions. */
export function isJpegStream(bytes: ByteSource): boolean {
  const byteAt = forward(bytes);
  const first = walk(byteAt, 0);
  if (!first || first.companions) return false;
  const second = walk(byteAt, first.end);
  return second !== undefined && second.width === first.width && second.height === first.height;
}

/** Where the JPEG that bytes begin with ends, behind its end marker; undefined where it has none. */
export function endOfJpeg(bytes: Uint8Array): number | undefined {
  return walk((position) => bytes[position], 0)?.end;
}

/** How many JPEGs follow each other, and whether the last is whole. Reads all of it. */
export function countJpegs(bytes: ByteSource): { readonly count: number; readonly whole: boolean } {
  let count = 0;
  let end = -1;
  let carry = 0;
  // An end directly before a start, or before the end of the file: thumbnails inside an image have neither.
  for (let at = 0; at < bytes.size; at += BLOCK) {
    const block = bytes.read(at, BLOCK);
    for (let i = block.indexOf(0xff); i >= 0; i = block.indexOf(0xff, i + 1)) {
      const marker = i + 1 < block.length ? block[i + 1] : bytes.read(at + i + 1, 1)[0];
      if (marker === START && (at + i === 0 || at + i === end)) count++;
      if (marker === END) end = at + i + 2;
    }
    carry = at + block.length;
  }
  return { count, whole: end === carry };
}

/** The byte at a position, or undefined behind the end. */
type ByteAt = (position: number) => number | undefined;

/** Bytes by position, for who goes forward: each block is read once, whatever stands in it, so that all is linear in the size. */
function forward(bytes: ByteSource): ByteAt {
  let start = 0;
  let block = bytes.read(0, BLOCK);
  return (position) => {
    if (position >= start && position < start + block.length) return block[position - start];
    if (position >= bytes.size) return undefined;
    start = position;
    block = bytes.read(start, BLOCK);
    return block[0];
  };
}

/** One JPEG by its markers (ITU-T T.81, annex B); undefined where there is none or it does not end. Only ever goes forward. */
function walk(
  byteAt: ByteAt,
  start: number,
): { readonly end: number; readonly width: number; readonly height: number; readonly companions: boolean } | undefined {
  let width = 0;
  let height = 0;
  let companions = false;
  if (byteAt(start) !== 0xff || byteAt(start + 1) !== START || byteAt(start + 2) !== 0xff) return undefined;
  for (let at = start + 2; ; ) {
    if (byteAt(at) !== 0xff) return undefined;
    const marker = byteAt(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === END) return { end: at + 2, width, height, companions };
    const [high, low] = [byteAt(at + 2), byteAt(at + 3)];
    if (marker === undefined || high === undefined || low === undefined) return undefined;
    const length = (high << 8) | low;
    // The length counts its own two bytes.
    if (length < 2) return undefined;
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (frame) {
      height = (byteAt(at + 5)! << 8) | byteAt(at + 6)!;
      width = (byteAt(at + 7)! << 8) | byteAt(at + 8)!;
    }
    // CIPA DC-007, multi-picture format: 'MPF' in an APP2 segment.
    if (marker === 0xe2 && byteAt(at + 4) === 0x4d && byteAt(at + 5) === 0x50 && byteAt(at + 6) === 0x46) companions = true;
    // XMP in an APP1 segment: streams have none, and phones name there what they put behind a photo (depth, another exposure, a clip).
    if (marker === 0xe1 && XMP.every((byte, i) => byteAt(at + 4 + i) === byte)) companions = true;
    at += 2 + length;
    if (marker !== SCAN) continue;
    const next = afterScan(byteAt, at);
    if (next === undefined) return undefined;
    at = next;
  }
}

/** Where the first marker behind entropy-coded data stands; stuffed bytes and restarts are none. */
function afterScan(byteAt: ByteAt, from: number): number | undefined {
  for (let at = from; ; at++) {
    const byte = byteAt(at);
    if (byte === undefined) return undefined;
    if (byte !== 0xff) continue;
    const marker = byteAt(at + 1);
    if (marker === undefined) return undefined;
    if (marker !== 0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7)) return at;
  }
}
