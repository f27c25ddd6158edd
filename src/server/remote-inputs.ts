/**
 * What lies elsewhere and is named in requests: fetched only from where the operator allows, which is nowhere unless told otherwise. The
 * web is asked as the command line asks it (src/node/remote); buckets are read with the service's own rights, so each place in them that
 * callers may name is listed. What is answered tells nothing of the service's network.
 */
import { PhizError } from '../core/error.js';
import { type LocalCopy, openRemoteFiles, remoteName } from '../node/remote/remote-files.js';
import { HttpProblem } from './problem.js';

export interface RemoteInputOptions {
  /** Whether http:// and https:// are fetched. */
  readonly allowUrl: boolean;
  /** Whether also from addresses of this machine and its network. */
  readonly allowPrivate: boolean;
  /** Buckets, and folders in them, that may be read: `s3://bucket/folder`. */
  readonly allowS3: readonly string[];
  /** Most bytes of one. */
  readonly maxUpload: number;
  /** Seconds in which one must have arrived. */
  readonly uploadTimeout: number;
}

export interface RemoteInputs extends AsyncDisposable {
  /** Most bytes of one, and of the photos of a batch together. */
  readonly maxUpload: number;
  /** Throws HttpProblem `invalid-option` where it may not be fetched. Asks nobody. */
  check(address: string): void;
  /** Throws as `check`, and HttpProblem `download-failed`. */
  copy(address: string, signal?: AbortSignal): Promise<LocalCopy>;
}

export function openRemoteInputs({
  allowUrl,
  allowPrivate,
  allowS3,
  maxUpload,
  uploadTimeout,
}: RemoteInputOptions): RemoteInputs {
  const files = openRemoteFiles({ allowUrl, allowPrivate, maxBytes: maxUpload, seconds: uploadTimeout });
  const places = allowS3.map((place) => place.replace(/\/*$/, '/'));
  const refuse = (address: string, why: string, cause?: unknown): HttpProblem =>
    new HttpProblem('invalid-option', `'${remoteName(address).slice(0, 120)}' is not fetched: ${why}`, { cause });
  const check = (address: string): void => {
    if (/^https?:\/\//i.test(address)) {
      if (!allowUrl)
        throw refuse(address, 'this service fetches nothing from the web (phiz serve --allow-url does); upload the file');
      return;
    }
    if (!address.startsWith('s3://')) throw refuse(address, 'an input is https://…, http://… or s3://bucket/key');
    // What servers between may take for another folder.
    const strange = /[\\*]|\/$|(^|\/)\.{0,2}(\/|$)/.test(address.slice('s3://'.length));
    if (strange || !places.some((place) => address.startsWith(place)))
      throw refuse(
        address,
        'this service reads no such place (phiz serve --allow-s3 names those that it reads); upload the file',
      );
  };
  return {
    maxUpload,
    check,
    async copy(address, signal) {
      check(address);
      try {
        return await files.copy(address, signal);
      } catch (error) {
        if (signal?.aborted || !(error instanceof PhizError)) throw signal?.aborted ? signal.reason : error;
        if (error.code === 'invalid-option')
          throw refuse(address, 'only addresses of the public internet without a password in them are', error);
        if (!['download-failed', 'file-not-found', 'unreadable-file'].includes(error.code)) throw error;
        // What allows more is for the operator, not for the caller.
        throw new HttpProblem('download-failed', error.message.replace(/; --[\w-]+ allows (it|more)$/, ''), { cause: error });
      }
    },
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}
