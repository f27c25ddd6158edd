/**
 * A fast path for data sets of tens of thousands of tiny grey PNGs (FER-2013), where sharp's fixed cost per image would be
 * most of the loading time. Decodes 8-bit grey, non-interlaced PNGs without colour management chunks and leaves the rest, and
 * anything damaged, to sharp. Not a general PNG decoder.
 */
import { inflateSync } from 'node:zlib';
import type { Image } from '../../core/image.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Largest side taken: bounds what a hostile header can make this allocate. */
const MAX_SIDE = 1024;

/** The image, or undefined where the bytes are no PNG of the plain grey kind (https://www.w3.org/TR/png-3/). */
export function decodeGreyPng(bytes: Uint8Array): Image | undefined {
  if (bytes.length < 57 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let width = 0;
  let height = 0;
  let ended = false;
  for (let at = 8; at + 12 <= bytes.length && !ended; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (body.length < length) return undefined;
    if (type === 'IHDR') {
      if (length !== 13) return undefined;
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      const [depth, colour, compression, filter, interlace] = body.subarray(8);
      if (depth !== 8 || colour !== 0 || compression !== 0 || filter !== 0 || interlace !== 0) return undefined;
    } else if (type === 'IDAT') parts.push(body);
    else if (type === 'IEND') ended = true;
    else if (type !== 'tEXt' && type !== 'tIME' && type !== 'pHYs') return undefined;
    at += length + 12;
  }
  if (!ended || width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) return undefined;
  const size = (width + 1) * height;
  let raw: Uint8Array;
  try {
    raw = inflateSync(parts.length === 1 ? parts[0]! : Buffer.concat(parts), { maxOutputLength: size });
  } catch {
    return undefined; // sharp says what is wrong with it
  }
  if (raw.length !== size) return undefined;
  return unfilter(raw, width, height);
}

function unfilter(raw: Uint8Array, width: number, height: number): Image | undefined {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = y * (width + 1);
    const to = y * width;
    const filter = raw[from]!;
    if (filter > 4) return undefined;
    for (let x = 0; x < width; x++) {
      const left = x > 0 ? data[to + x - 1]! : 0;
      const up = y > 0 ? data[to + x - width]! : 0;
      const corner = x > 0 && y > 0 ? data[to + x - width - 1]! : 0;
      data[to + x] = raw[from + 1 + x]! + predict(filter, left, up, corner);
    }
  }
  return { width, height, channels: 1, data };
}

function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const p = left + up - corner;
  const pa = Math.abs(p - left);
  const pb = Math.abs(p - up);
  const pc = Math.abs(p - corner);
  return pa <= pb && pa <= pc ? left : pb <= pc ? up : corner;
}
