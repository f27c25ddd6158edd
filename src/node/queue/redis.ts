/**
 * A connection to Redis or Valkey. Passwords and certificates come from the environment or from files named there, never from the
 * command line, which others on the machine can read; no message holds them.
 */
import type { Redis, RedisOptions } from 'ioredis';
import { PhizError } from '../../core/error.js';
import { missingPackage } from '../files/missing-package.js';
import { secretIn, secretNamed } from '../files/secret.js';

/** The variables that are read. */
const PASSWORD = 'PHIZ_REDIS_PASSWORD';
const USERNAME = 'PHIZ_REDIS_USERNAME';
const CERTIFICATES = { ca: 'PHIZ_REDIS_CA_FILE', cert: 'PHIZ_REDIS_CERT_FILE', key: 'PHIZ_REDIS_KEY_FILE' } as const;

/** Milliseconds that a first connection may take. */
const PATIENCE = 10_000;

/** The options of a connection to `redis://host:port/0`, `rediss://…` (TLS) or `unix:///path`. Throws PhizError `invalid-option`, `unreadable-file`. */
export function redisOptions(url: string, env: NodeJS.ProcessEnv = process.env): RedisOptions {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['redis:', 'rediss:', 'unix:'].includes(parsed.protocol))
    throw new PhizError('invalid-option', 'a queue is redis://host:port, rediss://host:port (TLS) or unix:///path/to/socket');
  if (parsed.username || parsed.password)
    throw new PhizError(
      'invalid-option',
      `no password in the address of a queue, where others can read it: set ${USERNAME} and ${PASSWORD}, or ${PASSWORD}_FILE`,
    );
  const password = secretNamed(PASSWORD, env);
  const tls: Record<string, string> = {};
  for (const [part, name] of Object.entries(CERTIFICATES)) {
    const text = secretIn(name, env);
    if (text !== undefined) tls[part] = text;
  }
  const place =
    parsed.protocol === 'unix:'
      ? { path: decodeURIComponent(parsed.pathname) }
      : {
          host: parsed.hostname.replace(/^\[|\]$/g, ''),
          port: Number(parsed.port || 6379),
          db: Number(/^\/(\d+)$/.exec(parsed.pathname)?.[1] ?? 0),
        };
  return {
    ...place,
    ...(password ? { password } : {}),
    ...(env[USERNAME] ? { username: env[USERNAME]! } : {}),
    ...(parsed.protocol === 'rediss:' ? { tls } : {}),
    // Calls wait for a Redis that is away, and are made again where their answer was lost.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(50 * 2 ** times, 2000),
  };
}

/** Connects. `onError` is told of every failure from then on. Throws PhizError `engine-unavailable`, and as `redisOptions`. */
export async function connectRedis(url: string, onError: (error: Error) => void): Promise<Redis> {
  const options = redisOptions(url);
  const { Redis } = await import('ioredis').catch((cause: unknown) => {
    throw missingPackage('queues on Redis need', ['bullmq', 'ioredis'], cause);
  });
  const redis = new Redis({ ...options, lazyConnect: true, connectTimeout: PATIENCE });
  let last: Error | undefined;
  redis.on('error', (error: Error) => {
    last = error;
    onError(error);
  });
  try {
    await Promise.race([
      redis.connect(),
      new Promise((_, reject) => setTimeout(() => reject(last ?? new Error('no answer')), PATIENCE).unref()),
    ]);
    return redis;
  } catch (cause) {
    redis.disconnect();
    const why = (last ?? (cause as Error)).message;
    throw new PhizError('engine-unavailable', `cannot reach the queue at ${placeOf(options)}: ${why}`, { cause });
  }
}

function placeOf({ path, host, port }: RedisOptions): string {
  return path ?? `${host}:${port}`;
}

/**
 * Refuses a Redis that would lose jobs: one that throws keys away when memory is short, or keeps nothing on disk. `INFO` says both,
 * also where `CONFIG` is not allowed. Throws PhizError `engine-unavailable` with the reason and the way out.
 */
export async function checkRedis(redis: Pick<Redis, 'info'>): Promise<void> {
  const info = parseInfo(await redis.info());
  const policy = info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction')
    throw new PhizError(
      'engine-unavailable',
      `this Redis has maxmemory-policy ${policy}: it would throw jobs away when memory is short; set it to noeviction`,
    );
  if (info.get('aof_enabled') === '0')
    throw new PhizError(
      'engine-unavailable',
      'this Redis keeps no append-only file, so accepted jobs would be lost when it restarts; set appendonly yes (and appendfsync everysec or always)',
    );
  if (Number.parseInt(info.get('redis_version') ?? '0', 10) < 6)
    throw new PhizError('engine-unavailable', `this Redis is version ${info.get('redis_version')}; 6.2 or newer is needed`);
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}
