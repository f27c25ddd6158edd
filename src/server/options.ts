/** The options of the service with their defaults, and the checks that need no disk. */
import type { NetworkName } from '../attributes/index.js';
import { checkCount } from '../core/check.js';
import type { Device } from '../core/engine.js';
import { PhizError } from '../core/error.js';

/** The models and where they run, as for `createAnalyzer`. */
export type ModelOptions = { readonly [Network in NetworkName]?: string | null | undefined } & {
  readonly detector?: string | undefined;
  /** Classifiers of one's own, read as well. */
  readonly models?: readonly string[] | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
};

export interface ServeOptions {
  /** Address to listen on. Any but this machine's own needs `apiKeyFile`. */
  readonly host?: string | undefined;
  /** 0 takes a free one. */
  readonly port?: number | undefined;
  /** File of API keys, as `phiz keys` makes it. */
  readonly apiKeyFile?: string | undefined;
  /** Names, beside `localhost` and addresses, by which browsers may call the service. */
  readonly allowHosts?: readonly string[] | undefined;
  /** Origins of other sites whose pages may call the service. */
  readonly allowOrigins?: readonly string[] | undefined;
  /** Largest upload in bytes. */
  readonly maxUpload?: number | undefined;
  /** Most pixels of a photo or a frame. */
  readonly maxPixels?: number | undefined;
  /** Bytes of memory that a process may take which analyses photos or a clip. */
  readonly maxMemory?: number | undefined;
  /** Longest clip in seconds. */
  readonly maxDuration?: number | undefined;
  /** Photos analysed at a time. */
  readonly concurrency?: number | undefined;
  /** Clips analysed at a time. */
  readonly jobs?: number | undefined;
  /** Photos, and jobs, that may wait. */
  readonly queue?: number | undefined;
  /** Minutes for which an ended job and its results stay. */
  readonly keep?: number | undefined;
  /** Seconds within which an upload must have arrived. */
  readonly uploadTimeout?: number | undefined;
  /** Seconds that requests under way are given when the service stops. */
  readonly grace?: number | undefined;
  /** Address of a queue on Redis by which services and workers share jobs; with `storage`. Default: jobs are done here. */
  readonly sharedQueue?: string | undefined;
  /** Where shared clips and results lie: a folder, or `s3://bucket/folder`. */
  readonly storage?: string | undefined;
  /** What the names of the shared queue's keys begin with. */
  readonly prefix?: string | undefined;
  /** Address that is told of each job that ends; PHIZ_WEBHOOK_SECRET signs it. Default: none. */
  readonly webhook?: string | undefined;
  /** Whether inputs may be named by http:// and https:// addresses. */
  readonly allowUrl?: boolean | undefined;
  /** Whether also by those of this machine and its network. */
  readonly allowPrivate?: boolean | undefined;
  /** Buckets, and folders in them, in which inputs may be named: `s3://bucket/folder`. */
  readonly allowS3?: readonly string[] | undefined;
  /** Folder of the jobs. */
  readonly dataDir?: string | undefined;
  readonly models?: ModelOptions | undefined;
}

/** Options with nothing left open. */
export type ServeSettings = ReturnType<typeof resolveOptions>;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Fills in the defaults. Throws PhizError `invalid-option`. */
export function resolveOptions({
  host = '127.0.0.1',
  port = 8080,
  apiKeyFile,
  allowHosts = [],
  allowOrigins = [],
  maxUpload = 256_000_000,
  maxPixels = 40_000_000,
  maxMemory = 4_000_000_000,
  maxDuration = 3600,
  concurrency = 2,
  jobs = 1,
  queue = 64,
  keep = 60,
  uploadTimeout = 300,
  grace = 10,
  sharedQueue,
  storage,
  prefix,
  webhook,
  allowUrl = false,
  allowPrivate = false,
  allowS3 = [],
  dataDir,
  models = {},
}: ServeOptions) {
  for (const [name, value] of Object.entries({ maxUpload, maxPixels, maxMemory, concurrency, jobs })) checkCount(name, value);
  for (const [name, value] of Object.entries({ maxDuration, uploadTimeout }))
    if (!(value > 0 && Number.isFinite(value)))
      throw new PhizError('invalid-option', `${name} must be a number of seconds above 0; got ${value}`);
  if (!(keep > 0 && Number.isFinite(keep)))
    throw new PhizError('invalid-option', `keep must be a number of minutes above 0; got ${keep}`);
  for (const [name, value] of Object.entries({ queue, grace }))
    if (!(value >= 0 && Number.isFinite(value)))
      throw new PhizError('invalid-option', `${name} must be a number of 0 or more; got ${value}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new PhizError('invalid-option', `port must be a whole number from 0 to 65535; got ${port}`);
  if (!LOOPBACK.test(host) && apiKeyFile === undefined)
    throw new PhizError(
      'invalid-option',
      `to listen on ${host}, where others reach the service, an API key is needed: give --api-key-file, or listen on 127.0.0.1`,
    );
  if ((sharedQueue === undefined) !== (storage === undefined))
    throw new PhizError(
      'invalid-option',
      'a shared queue and a storage go together: give both, --queue and --storage, or neither',
    );
  if (webhook !== undefined && sharedQueue !== undefined)
    throw new PhizError(
      'invalid-option',
      'jobs of a shared queue end with workers, which call the webhook: give it to phiz work',
    );
  for (const place of allowS3)
    if (!/^s3:\/\/[a-z0-9][a-z0-9.-]{1,62}(\/.*)?$/.test(place))
      throw new PhizError(
        'invalid-option',
        `a place of inputs is s3://bucket or s3://bucket/folder; got '${place.slice(0, 80)}'`,
      );
  const origins = allowOrigins.map((origin) => {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase().replace(/\/$/, ''))
      throw new PhizError('invalid-option', `an allowed origin is such as https://example.org, without a path; got '${origin}'`);
    return new URL(origin).origin;
  });
  const hosts = [...allowHosts, host].map((name) => name.toLowerCase());
  return {
    host,
    port,
    apiKeyFile,
    hosts,
    origins,
    maxUpload,
    maxPixels,
    maxMemory,
    maxDuration,
    concurrency,
    jobs,
    queue,
    keep,
    uploadTimeout,
    grace,
    sharedQueue,
    storage,
    prefix,
    webhook,
    allowUrl,
    allowPrivate,
    allowS3,
    dataDir,
    models,
  };
}
