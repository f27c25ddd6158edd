/**
 * What a program may hold an image or a clip in, as encoded bytes: bytes of any view, a Blob, a stream, a `data:` URI. Paths and file: URLs
 * are file-address.ts's. Messages name what was given, never what it holds.
 */
import { kindOf } from '../../core/check.js';
import { PhizError } from '../../core/error.js';

/** Encoded bytes in any of the forms that platforms give them. */
export type EncodedBytes = ArrayBufferLike | ArrayBufferView | Blob | AsyncIterable<Uint8Array>;

/** What is read, and how messages speak of it. */
export interface Wanted {
  /** In a sentence: 'an image', 'a clip'. */
  readonly what: string;
  /** What is taken besides paths, URLs, bytes, Blobs and streams, in words. */
  readonly besides?: string | undefined;
  /** More bytes are refused. Default: no limit. */
  readonly maxBytes?: number | undefined;
}

/** The bytes of a source that is not a path or file: URL; undefined for those two. Throws PhizError `invalid-option`, `image-too-large`. */
export async function bytesInMemory(source: unknown, wanted: Wanted): Promise<Uint8Array | undefined> {
  const { maxBytes = Number.POSITIVE_INFINITY } = wanted;
  if (source instanceof URL) return source.protocol === 'data:' ? dataUri(source.href, maxBytes) : undefined;
  if (typeof source === 'string') return /^data:/i.test(source) ? dataUri(source, maxBytes) : undefined;
  if (source instanceof Uint8Array) return source;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) {
    checkSize(source.size, maxBytes);
    return new Uint8Array(await source.arrayBuffer());
  }
  if (typeof source === 'object' && source !== null && Symbol.asyncIterator in source)
    return collect(source as AsyncIterable<unknown>, maxBytes);
  throw notASource(source, wanted);
}

function dataUri(uri: string, maxBytes: number): Uint8Array {
  const comma = uri.indexOf(',');
  if (comma < 0) throw new PhizError('invalid-option', 'the data: URI has no comma, so no data');
  const body = uri.slice(comma + 1);
  const base64 = /;\s*base64\s*$/i.test(uri.slice(0, comma));
  checkSize(Math.floor(base64 ? (body.length * 3) / 4 - 2 : body.length / 3), maxBytes);
  const plain = body.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const bytes = Buffer.from(plain, base64 ? 'base64' : 'latin1');
  checkSize(bytes.length, maxBytes);
  return bytes;
}

async function collect(stream: AsyncIterable<unknown>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new PhizError('invalid-option', `the stream gives ${kindOf(chunk)}, not bytes`);
    total += chunk.length;
    checkSize(total, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw new PhizError(
      'image-too-large',
      `the image has ${bytes} bytes or more, above the limit of ${maxBytes}; raise maxBytes`,
    );
}

function notASource(source: unknown, { what, besides }: Wanted): PhizError {
  const forms = ['a path', 'a file: or data: URL', 'bytes', 'a Blob', 'a stream of bytes', besides].filter(
    (form) => form !== undefined,
  );
  return new PhizError('invalid-option', `${what} is ${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}, not ${kindOf(source)}`);
}
