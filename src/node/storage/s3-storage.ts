/** S3 as storage: a bucket of Amazon's or of any server that speaks like it (s3-client.ts). */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { PhizError } from '../../core/error.js';
import { missingPackage } from '../files/missing-package.js';
import { openS3Client, S3_PACKAGES, statusOf } from './s3-client.js';
import { checkKey, type Storage, type StoredFile } from './storage.js';

/** A bucket, and what all keys in it begin with. */
export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

/** Reads `s3://bucket/prefix`. Throws PhizError `invalid-option`. */
export function parseS3(url: string): S3Place {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*?))?\/?$/.exec(url) ?? [];
  if (bucket === undefined)
    throw new PhizError('invalid-option', `a bucket is s3://name or s3://name/folder; got '${url.slice(0, 80)}'`);
  if (prefix !== '') checkKey(prefix);
  return { bucket, prefix };
}

/** Opens a bucket, which must be there. Throws PhizError `engine-unavailable` where the client is missing, `unreadable-file`, `invalid-option`. */
export async function openS3Storage(url: string): Promise<Storage> {
  const { bucket, prefix } = parseS3(url);
  const { client, s3 } = await openS3Client();
  const full = (key: string): string => {
    checkKey(key);
    return prefix ? `${prefix}/${key}` : key;
  };
  const at = (key: string): { Bucket: string; Key: string } => ({ Bucket: bucket, Key: full(key) });
  const failed = (code: 'unreadable-file' | 'unwritable-file', key: string, cause: unknown): PhizError => {
    if (cause instanceof PhizError) return cause;
    const what = code === 'unreadable-file' ? 'read' : 'written';
    return new PhizError(code, `s3://${bucket}/${key} cannot be ${what}: ${(cause as Error).name}, ${(cause as Error).message}`, {
      cause,
    });
  };
  const find = async (key: string): Promise<StoredFile | undefined> => {
    try {
      const { ContentLength = 0 } = await client.send(new s3.HeadObjectCommand(at(key)));
      return { key, size: ContentLength };
    } catch (cause) {
      if (statusOf(cause) === 404) return undefined;
      throw failed('unreadable-file', key, cause);
    }
  };
  async function* list(prefixed: string): AsyncGenerator<StoredFile> {
    const below = `${full(prefixed)}/`;
    let next: string | undefined;
    do {
      const page = await client
        .send(new s3.ListObjectsV2Command({ Bucket: bucket, Prefix: below, ContinuationToken: next }))
        .catch((cause: unknown) => {
          throw failed('unreadable-file', below, cause);
        });
      for (const { Key, Size = 0 } of page.Contents ?? [])
        if (Key !== undefined) yield { key: `${prefixed}/${Key.slice(below.length)}`, size: Size };
      next = page.NextContinuationToken;
    } while (next !== undefined);
  }

  try {
    await client.send(new s3.HeadBucketCommand({ Bucket: bucket }));
  } catch (cause) {
    client.destroy();
    throw failed('unreadable-file', '', cause);
  }
  return {
    async put(key, from, { ifAbsent = false } = {}) {
      // Servers that know no condition would overwrite.
      if (ifAbsent && (await find(key))) return false;
      try {
        const bytes = from instanceof Uint8Array;
        // Asked first: a stream of a file that is not there fails where nobody listens yet.
        const ContentLength = bytes ? from.length : (await stat(from.path)).size;
        const body = { Body: bytes ? from : createReadStream(from.path), ContentLength };
        await client.send(new s3.PutObjectCommand({ ...at(key), ...body, ...(ifAbsent ? { IfNoneMatch: '*' } : {}) }));
        return true;
      } catch (cause) {
        if (ifAbsent && (statusOf(cause) === 412 || statusOf(cause) === 409)) return false;
        throw failed('unwritable-file', key, cause);
      }
    },
    async get(key, range) {
      try {
        const asked = range ? { Range: `bytes=${range.start}-${range.end}` } : {};
        return (await client.send(new s3.GetObjectCommand({ ...at(key), ...asked }))).Body as Readable;
      } catch (cause) {
        if (statusOf(cause) === 404) throw new PhizError('file-not-found', `s3://${bucket}/${full(key)} is not there`, { cause });
        throw failed('unreadable-file', key, cause);
      }
    },
    stat: find,
    list,
    async remove(key, { keep = [] } = {}) {
      const kept = (found: string): boolean => keep.some((one) => found === one || found.startsWith(`${one}/`));
      try {
        if (keep.length === 0) await client.send(new s3.DeleteObjectCommand(at(key)));
        for await (const found of list(key)) if (!kept(found.key)) await client.send(new s3.DeleteObjectCommand(at(found.key)));
      } catch (cause) {
        throw failed('unwritable-file', key, cause);
      }
    },
    async presign(key, seconds) {
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner').catch((cause: unknown) => {
        throw missingPackage('links to S3 need', S3_PACKAGES, cause);
      });
      return getSignedUrl(client, new s3.GetObjectCommand(at(key)), { expiresIn: seconds });
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
