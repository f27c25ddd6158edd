/**
 * Files that lie elsewhere: in buckets of S3, and on the web where that is allowed. They are copied here to be read, one copy each, which
 * goes when it was read.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { PhizError } from '../../core/error.js';
import { openScratchFolder, type ScratchFolder } from '../files/scratch-folder.js';
import { type Buckets, openBuckets } from './bucket.js';
import { fetchWebFile, type WebLimits, withoutQuery } from './web-file.js';

export interface RemoteOptions {
  /** Whether http:// and https:// may be fetched. Default: false. */
  readonly allowUrl?: boolean | undefined;
  /** Whether addresses of this machine and its network may be asked, too. Default: false. */
  readonly allowPrivate?: boolean | undefined;
  /** Most bytes of a file. Default: 4,000,000,000. */
  readonly maxBytes?: number | undefined;
  /** Seconds in which one must have arrived. Default: 600. */
  readonly seconds?: number | undefined;
}

/** A file elsewhere. */
export interface RemoteFile {
  /** The whole address. */
  readonly url: string;
  /** Where they are known. */
  readonly facts?: { readonly bytes: number; readonly modified: number } | undefined;
}

/** A copy, removed when disposed. */
export interface LocalCopy extends AsyncDisposable {
  readonly path: string;
}

/** What was copied goes when it is disposed, at the latest; what a process that was killed left goes when the next one copies. */
export interface RemoteFiles extends AsyncDisposable {
  /**
   * The files of an address: those below a bucket or a key that ends in `/`, those whose key begins so where it ends in `*`, else the one
   * file, or those below it. Throws PhizError `invalid-option` where the web is not allowed, `file-not-found`, `unreadable-file`.
   */
  expand(address: string): Promise<readonly RemoteFile[]>;
  /** Throws as `fetchWebFile`, `Buckets.fetch` and `openScratchFolder`, and PhizError `download-failed` for one that is too large. */
  copy(url: string, signal?: AbortSignal): Promise<LocalCopy>;
  /** Throws PhizError `invalid-option` where nothing can be put: anywhere but in a bucket. */
  checkOut(address: string): void;
  /** Puts a file into a bucket. Throws PhizError `unwritable-file`. */
  put(path: string, url: string): Promise<void>;
}

/** Whether something is an address of what lies elsewhere, not a path. */
export function isRemote(input: string): boolean {
  return /^(s3|https?):\/\//i.test(input);
}

/** What results call it: without what may be a secret in it. */
export function remoteName(url: string): string {
  return isWeb(url) ? withoutQuery(url) : url;
}

/** A file's path or address, as one that is named in a folder, here or elsewhere. */
export function placeIn(folder: string, file: string): string {
  if (isRemote(file)) return file;
  return isRemote(folder) ? `${folder}/${file}` : resolve(folder, file);
}

function isWeb(url: string): boolean {
  return /^https?:/i.test(url);
}

/** Connects to nothing yet. */
export function openRemoteFiles({
  allowUrl = false,
  allowPrivate = false,
  maxBytes = 4e9,
  seconds = 600,
}: RemoteOptions = {}): RemoteFiles {
  const mayAsk = allowPrivate ? () => true : undefined;
  let opened: Promise<Buckets> | undefined;
  const buckets = (): Promise<Buckets> => {
    opened ??= openBuckets();
    return opened;
  };
  let scratch: Promise<ScratchFolder> | undefined;
  const checkAllowed = (url: string): void => {
    if (isWeb(url) && !allowUrl)
      throw new PhizError(
        'invalid-option',
        `${remoteName(url)} is on the web, which nothing is fetched from without --allow-url`,
      );
  };
  return {
    async expand(address) {
      checkAllowed(address);
      if (isWeb(address)) return [{ url: address }];
      const from = await buckets();
      const below = /^s3:\/\/[^/]+\/?$|[/*]$/.test(address);
      const one = below ? undefined : await from.stat(address);
      const found: RemoteFile[] = one ? [{ url: address, facts: one }] : [];
      const beginning = address.endsWith('*') ? address.slice(0, -1) : address.replace(/\/?$/, '/');
      if (!one) for await (const file of from.list(beginning)) found.push({ url: file.url, facts: file });
      if (found.length === 0) throw new PhizError('file-not-found', `${address}: nothing is there`);
      return found;
    },
    async copy(url, signal) {
      checkAllowed(url);
      scratch ??= openScratchFolder({ beginning: 'phiz-copy-' });
      const folder = await mkdtemp(join((await scratch).path, 'copy-'));
      const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
      const path = join(folder, `input${extname(remoteName(url)).replace(/[^\w.]/g, '')}`);
      try {
        if (isWeb(url)) await fetchWebFile(url, path, { mayAsk, maxBytes, seconds, signal });
        else await copyFromBucket(await buckets(), url, path, { maxBytes, seconds, signal });
        return { path, [Symbol.asyncDispose]: remove };
      } catch (error) {
        await remove();
        throw error;
      }
    },
    checkOut(address) {
      if (!/^s3:\/\/[a-z0-9][a-z0-9.-]{1,62}(\/.*)?$/.test(address))
        throw new PhizError(
          'invalid-option',
          `results go into a folder, or to s3://bucket/folder; got '${remoteName(address).slice(0, 80)}'`,
        );
    },
    put: async (path, url) => (await buckets()).put(path, url),
    async [Symbol.asyncDispose]() {
      (await opened?.catch(() => undefined))?.[Symbol.dispose]();
      await (await scratch?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

async function copyFromBucket(
  buckets: Buckets,
  url: string,
  path: string,
  { maxBytes, seconds, signal }: WebLimits & { readonly signal: AbortSignal | undefined },
): Promise<void> {
  const there = await buckets.stat(url);
  if (!there) throw new PhizError('file-not-found', `${url} is not there`);
  if (there.bytes > maxBytes)
    throw new PhizError('download-failed', `${url} has ${there.bytes} bytes, more than ${maxBytes}; --max-download allows more`);
  const late = AbortSignal.timeout(1000 * seconds);
  try {
    await buckets.fetch(url, path, signal ? AbortSignal.any([late, signal]) : late);
  } catch (cause) {
    if (!late.aborted || signal?.aborted) throw cause;
    const why = `it did not arrive within ${seconds} s; --download-timeout allows more`;
    throw new PhizError('download-failed', `cannot fetch ${url}: ${why}`, { cause });
  }
}
