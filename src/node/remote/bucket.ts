/** Files in buckets of S3, by their addresses: `s3://bucket/key`. Unlike in the storage of jobs, keys are whatever others called theirs. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PhizError } from '../../core/error.js';
import { openS3Client, statusOf } from '../storage/s3-client.js';

/** A file in a bucket. */
export interface BucketFile {
  readonly url: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** Every call throws PhizError `invalid-option` for what is no address, `unreadable-file`, `unwritable-file`. */
export interface Buckets extends Disposable {
  /** Undefined where nothing is under this very key. */
  stat(url: string): Promise<BucketFile | undefined>;
  /** All whose address begins so. */
  list(beginning: string): AsyncIterable<BucketFile>;
  /** Throws PhizError `file-not-found`, `aborted`. */
  fetch(url: string, path: string, signal?: AbortSignal): Promise<void>;
  put(path: string, url: string): Promise<void>;
}

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/** Throws PhizError `engine-unavailable` where the client is missing. */
export async function openBuckets(): Promise<Buckets> {
  const { client, s3 } = await openS3Client();
  const failed = (code: 'unreadable-file' | 'unwritable-file', url: string, cause: unknown): PhizError => {
    if (cause instanceof PhizError) return cause;
    const what = code === 'unreadable-file' ? 'read' : 'written';
    return new PhizError(code, `${url} cannot be ${what}: ${(cause as Error).name}, ${(cause as Error).message}`, { cause });
  };
  const missing = (url: string, cause: unknown): PhizError =>
    statusOf(cause) === 404
      ? new PhizError('file-not-found', `${url} is not there`, { cause })
      : failed('unreadable-file', url, cause);
  return {
    async stat(url) {
      const at = placeOf(url);
      if (at.Key === '') return undefined;
      try {
        const { ContentLength = 0, LastModified } = await client.send(new s3.HeadObjectCommand(at));
        return { url, bytes: ContentLength, modified: LastModified?.getTime() ?? 0 };
      } catch (cause) {
        if (statusOf(cause) === 404) return undefined;
        throw failed('unreadable-file', url, cause);
      }
    },
    async *list(beginning) {
      const { Bucket, Key: Prefix } = placeOf(beginning);
      let ContinuationToken: string | undefined;
      do {
        const page = await client
          .send(new s3.ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }))
          .catch((cause: unknown) => {
            throw missing(beginning, cause);
          });
        for (const { Key, Size = 0, LastModified } of page.Contents ?? [])
          if (Key !== undefined && !Key.endsWith('/'))
            yield { url: `s3://${Bucket}/${Key}`, bytes: Size, modified: LastModified?.getTime() ?? 0 };
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
    async fetch(url, path, signal) {
      try {
        const options = signal ? { abortSignal: signal } : {};
        const { Body } = await client.send(new s3.GetObjectCommand(placeOf(url)), options);
        await pipeline(
          Body as Readable,
          createWriteStream(path, { mode: 0o600 }),
          options.abortSignal ? { signal: signal! } : {},
        );
      } catch (cause) {
        await rm(path, { force: true }).catch(() => {});
        if (signal?.aborted) throw new PhizError('aborted', 'the download was stopped', { cause });
        throw missing(url, cause);
      }
    },
    async put(path, url) {
      try {
        const { size } = await stat(path);
        await client.send(new s3.PutObjectCommand({ ...placeOf(url), Body: createReadStream(path), ContentLength: size }));
      } catch (cause) {
        throw failed('unwritable-file', url, cause);
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

function placeOf(url: string): Place {
  const [, Bucket, Key = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*))?$/s.exec(url) ?? [];
  if (Bucket === undefined)
    throw new PhizError('invalid-option', `a file in a bucket is s3://bucket/key; got '${url.slice(0, 80)}'`);
  return { Bucket, Key };
}
