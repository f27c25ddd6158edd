/**
 * Motion JPEG as a bare stream: one JPEG after another. Tells it from a photo, which may well hold further JPEGs behind itself
 * (previews, gain maps, a burst's other pictures), and finds where pictures end. Decodes nothing.
 */
import type { ByteSource } from './byte-source.js';

const BLOCK = 1 << 16;
const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;

/** True where the bytes are at least two JPEGs of one size, and the first does not announce the others as its companions. */
export function isJpegStream(bytes: ByteSource): boolean {
  const first = walk(bytes, 0);
  if (!first || first.companions) return false;
  const second = walk(bytes, first.end);
  return second !== undefined && second.width === first.width && second.height === first.height;
}

/** How many JPEGs follow each other, and whether the last is whole. Reads all of it. */
export function countJpegs(bytes: ByteSource): { readonly count: number; readonly whole: boolean } {
  let count = 0;
  let end = -1;
  let carry = 0;
  // An end directly before a start, or before the end of the file: thumbnails inside a picture have neither.
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

/** One JPEG by its markers (ITU-T T.81, annex B); undefined where there is none or it does not end. */
function walk(
  bytes: ByteSource,
  start: number,
): { readonly end: number; readonly width: number; readonly height: number; readonly companions: boolean } | undefined {
  let width = 0;
  let height = 0;
  let companions = false;
  const head = bytes.read(start, 3);
  if (head[0] !== 0xff || head[1] !== START || head[2] !== 0xff) return undefined;
  for (let at = start + 2; ; ) {
    const segment = bytes.read(at, 20);
    if (segment.length < 2 || segment[0] !== 0xff) return undefined;
    const marker = segment[1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === END) return { end: at + 2, width, height, companions };
    if (segment.length < 4) return undefined;
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (frame) {
      height = (segment[5]! << 8) | segment[6]!;
      width = (segment[7]! << 8) | segment[8]!;
    }
    // CIPA DC-007, multi-picture format: 'MPF' in an APP2 segment.
    if (marker === 0xe2 && segment[4] === 0x4d && segment[5] === 0x50 && segment[6] === 0x46) companions = true;
    at += 2 + ((segment[2]! << 8) | segment[3]!);
    if (marker !== SCAN) continue;
    const next = afterScan(bytes, at);
    if (next === undefined) return undefined;
    at = next;
  }
}

/** Where the first marker behind entropy-coded data stands; stuffed bytes and restarts are none. */
function afterScan(bytes: ByteSource, from: number): number | undefined {
  for (let at = from; at < bytes.size; ) {
    const block = bytes.read(at, BLOCK);
    for (let i = block.indexOf(0xff); i >= 0 && i + 1 < block.length; i = block.indexOf(0xff, i + 1)) {
      const marker = block[i + 1]!;
      if (marker !== 0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7)) return at + i;
    }
    // The last byte again: it may be the first half of a marker.
    if (block.length < 2) return undefined;
    at += block.length - 1;
  }
  return undefined;
}
