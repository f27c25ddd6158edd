/**
 * The port behind which clips and results of many machines lie: a folder that all of them see (folder-storage.ts), or S3
 * (s3-storage.ts). Keys are names between slashes. What is put is there as a whole, and durable, when the call resolves.
 */
import type { Readable } from 'node:stream';
import { PhizError } from '../../core/error.js';

/** What is stored under a key. */
export interface StoredFile {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

export interface PutOptions {
  /** Leave what is there as it is. */
  readonly ifAbsent?: boolean | undefined;
}

export interface RemoveOptions {
  readonly keep?: readonly string[] | undefined;
}

/** Which bytes: from the first to the last, both of them. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Every call throws PhizError `unreadable-file` or `unwritable-file` where the storage fails. */
export interface Storage extends Disposable {
  /** Stores bytes or a file. False where `ifAbsent` found something. */
  put(key: string, from: Uint8Array | { readonly path: string }, options?: PutOptions): Promise<boolean>;
  /** Reads. Throws PhizError `file-not-found` where nothing is there. */
  get(key: string, range?: ByteRange): Promise<Readable>;
  stat(key: string): Promise<StoredFile | undefined>;
  /** All below a prefix, which is a key without its last names. */
  list(prefix: string): AsyncIterable<StoredFile>;
  /**
   * Removes what is under the key and all below it, also what is not whole, but for the keys of `keep` and what is below them. What is not
   * there is no failure.
   */
  remove(key: string, options?: RemoveOptions): Promise<void>;
  /** A link by which anybody can read it for a while; undefined where there is no such thing. */
  presign(key: string, seconds: number): Promise<string | undefined>;
}

/** Throws PhizError `invalid-option` for a key that is none: it may not lead out of where it belongs. */
export function checkKey(key: string): void {
  if (key.length > 500 || !/^[\w.+=@%-]+(\/[\w.+=@%-]+)*$/.test(key) || key.split('/').some((name) => /^\.+$/.test(name)))
    throw new PhizError('invalid-option', `'${key.slice(0, 80)}' is no name of something stored`);
}

/** All of something stored, where it is small. Throws PhizError `file-not-found`, `invalid-data` where it has more than `most` bytes. */
export async function readStored(storage: Storage, key: string, most = 1 << 20): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of await storage.get(key)) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > most) throw new PhizError('invalid-data', `${key} has more than ${most} bytes`);
  }
  return Buffer.concat(chunks);
}
