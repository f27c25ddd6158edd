/** The options of all commands whose inputs may lie elsewhere. */
import type { Command } from 'commander';
import type { RemoteOptions } from '../node/remote/remote-files.js';
import { numberFrom } from './options.js';

export interface RemoteRunOptions {
  readonly allowUrl?: boolean | undefined;
  readonly allowPrivate?: boolean | undefined;
  readonly maxDownload?: number | undefined;
  readonly downloadTimeout?: number | undefined;
}

/** Adds `--allow-url`, `--allow-private`, `--max-download` and `--download-timeout`. */
export function addRemoteOptions(command: Command): Command {
  return command
    .option('--allow-url', 'also take http:// and https:// addresses; s3://bucket/key needs no leave')
    .option('--allow-private', 'with --allow-url, also addresses of this machine and its network')
    .option(
      '--max-download <MB>',
      'largest file fetched from S3 or the web, in megabytes (default: 4000)',
      numberFrom(0, 'above'),
    )
    .option('--download-timeout <seconds>', 'time in which one must have arrived (default: 600)', numberFrom(0, 'above'));
}

/** What the options allow. */
export function remoteOptions({ allowUrl, allowPrivate, maxDownload, downloadTimeout }: RemoteRunOptions): RemoteOptions {
  const maxBytes = maxDownload === undefined ? undefined : Math.round(1e6 * maxDownload);
  return { allowUrl, allowPrivate, maxBytes, seconds: downloadTimeout };
}
