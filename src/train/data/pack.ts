/**
 * Many decoded images in shared memory: worker threads read them without a copy. The pixels lie in chunks, so that a pack
 * can grow while images of unknown size are decoded. Knows nothing of labels or files.
 */
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';

/** Images back to back in shared memory; every array is a view of a SharedArrayBuffer, so posting a pack shares it. */
export interface PackedImages {
  readonly count: number;
  readonly chunks: readonly Uint8Array[];
  /** Of each image: its chunk, where it starts there, its sizes and channels. */
  readonly chunk: Uint32Array;
  readonly offset: Uint32Array;
  readonly width: Uint32Array;
  readonly height: Uint32Array;
  readonly channels: Uint8Array;
}

/** Image `index` of a pack: a view, nothing is copied. Throws PhizError `invalid-data` where there is none. */
export function imageAt(pack: PackedImages, index: number): Image {
  const chunk = pack.chunks[pack.chunk[index] ?? -1];
  if (!chunk || !(index < pack.count)) throw new PhizError('invalid-data', `no image ${index} in a pack of ${pack.count}`);
  const width = pack.width[index]!;
  const height = pack.height[index]!;
  const channels = pack.channels[index] as Image['channels'];
  const start = pack.offset[index]!;
  return { width, height, channels, data: chunk.subarray(start, start + width * height * channels) };
}

/** True where every sample of an image equals the first of its channel: a blank. */
export function isBlank(image: Image): boolean {
  const { data, channels } = image;
  for (let i = channels; i < data.length; i++) if (data[i] !== data[i - channels]) return false;
  return true;
}

/** Fills a pack in any order. */
export interface PackBuilder {
  /** Copies an image in as number `index`; with `grey`, its BT.601 luma only. */
  put(index: number, image: Image): void;
  /** The pack of what was put, in order of index, and those indices (an image that could not be read leaves no gap). */
  finish(): { readonly pack: PackedImages; readonly kept: readonly number[] };
}

const CHUNK_BYTES = 32 * 1024 * 1024;

/** Starts a pack of at most `count` images. With `grey`, colour is reduced to BT.601 luma (as core/resample.ts weighs it). */
export function createPackBuilder(count: number, { grey = false }: { readonly grey?: boolean } = {}): PackBuilder {
  const chunks: Uint8Array[] = [];
  const places: ({ chunk: number; offset: number; width: number; height: number; channels: number } | undefined)[] = Array.from({
    length: count,
  });
  let used = 0;
  return {
    put(index, image) {
      const { width, height } = image;
      const channels = grey ? 1 : image.channels;
      const bytes = width * height * channels;
      let chunk = chunks.at(-1);
      if (!chunk || used + bytes > chunk.length) {
        // A few small images need no whole chunk; the unused end of the last one costs no memory until it is written.
        chunk = new Uint8Array(new SharedArrayBuffer(Math.max(bytes, Math.min(CHUNK_BYTES, bytes * count))));
        chunks.push(chunk);
        used = 0;
      }
      if (grey && image.channels >= 3) writeLuma(image, chunk, used);
      else chunk.set(image.data, used);
      places[index] = { chunk: chunks.length - 1, offset: used, width, height, channels };
      used += bytes;
    },
    finish() {
      const kept: number[] = [];
      for (let i = 0; i < count; i++) if (places[i]) kept.push(i);
      const pack = {
        count: kept.length,
        chunks,
        chunk: shared(Uint32Array, kept.length),
        offset: shared(Uint32Array, kept.length),
        width: shared(Uint32Array, kept.length),
        height: shared(Uint32Array, kept.length),
        channels: shared(Uint8Array, kept.length),
      };
      for (const [i, from] of kept.entries()) {
        const place = places[from]!;
        pack.chunk[i] = place.chunk;
        pack.offset[i] = place.offset;
        pack.width[i] = place.width;
        pack.height[i] = place.height;
        pack.channels[i] = place.channels;
      }
      return { pack, kept };
    },
  };
}

/** The images of a pack at the given indices: shares the pixels, copies only where they lie. */
export function selectImages(pack: PackedImages, indices: readonly number[]): PackedImages {
  const take = <T extends Uint32Array | Uint8Array>(from: T, to: T): T => {
    for (const [i, index] of indices.entries()) to[i] = from[index]!;
    return to;
  };
  return {
    count: indices.length,
    chunks: pack.chunks,
    chunk: take(pack.chunk, shared(Uint32Array, indices.length)),
    offset: take(pack.offset, shared(Uint32Array, indices.length)),
    width: take(pack.width, shared(Uint32Array, indices.length)),
    height: take(pack.height, shared(Uint32Array, indices.length)),
    channels: take(pack.channels, shared(Uint8Array, indices.length)),
  };
}

/** Several packs as one: shares the pixels, copies only where they lie. */
export function joinImages(packs: readonly PackedImages[]): PackedImages {
  const count = packs.reduce((sum, pack) => sum + pack.count, 0);
  const joined = {
    count,
    chunks: packs.flatMap((pack) => pack.chunks),
    chunk: shared(Uint32Array, count),
    offset: shared(Uint32Array, count),
    width: shared(Uint32Array, count),
    height: shared(Uint32Array, count),
    channels: shared(Uint8Array, count),
  };
  let at = 0;
  let chunks = 0;
  for (const pack of packs) {
    for (const name of ['chunk', 'offset', 'width', 'height', 'channels'] as const) joined[name].set(pack[name], at);
    for (let i = 0; i < pack.count; i++) joined.chunk[at + i] = pack.chunk[i]! + chunks;
    at += pack.count;
    chunks += pack.chunks.length;
  }
  return joined;
}

/** A typed array of zeros in shared memory. */
export function shared<T>(Type: { new (buffer: SharedArrayBuffer): T; BYTES_PER_ELEMENT: number }, length: number): T {
  return new Type(new SharedArrayBuffer(length * Type.BYTES_PER_ELEMENT));
}

function writeLuma({ data, channels }: Image, out: Uint8Array, offset: number): void {
  for (let i = 0, o = offset; i < data.length; i += channels, o++)
    out[o] = Math.round(0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!);
}
