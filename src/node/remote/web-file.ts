/**
 * A file of the web, fetched into a file here. A name is looked up once, and the connection goes to that answer, so that what was
 * checked is what is asked; redirects are followed by hand, each checked in the same way. Bytes and time are bounded. Neither cookies nor
 * passwords are sent, and proxies named in the environment are not used.
 */
import { lookup as lookUp } from 'node:dns';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PhizError } from '../../core/error.js';
import { phizVersion } from '../files/manifest.js';
import { isPublicAddress } from './public-address.js';

export interface WebLimits {
  /** Most bytes taken. */
  readonly maxBytes: number;
  /** Seconds that it may take in all. */
  readonly seconds: number;
}

export interface WebFetch extends WebLimits {
  /** Whether an IP address may be asked. Default: those of the public internet. */
  readonly mayAsk?: ((address: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What looks names up; default: the system. */
  readonly lookup?: typeof lookUp | undefined;
}

const MOST_REDIRECTS = 5;

/**
 * Fetches `url` into `path`, where nothing is left if that fails. Throws PhizError `invalid-option` for an address that may not be
 * asked, `download-failed`, `file-not-found`, `aborted`, `unwritable-file`. Messages leave out what follows `?`, which may be a secret.
 */
export async function fetchWebFile(url: string, path: string, options: WebFetch): Promise<void> {
  const { maxBytes, seconds, signal } = options;
  const called = withoutQuery(url);
  const late = AbortSignal.timeout(1000 * seconds);
  const stop = signal ? AbortSignal.any([late, signal]) : late;
  const fail = (why: string, cause?: unknown): PhizError =>
    new PhizError('download-failed', `cannot fetch ${called}: ${why}`, { cause });
  const tooLarge = (): PhizError => fail(`it has more than ${maxBytes} bytes; --max-download allows more`);
  try {
    const response = await ask(url, { ...options, signal: stop }, fail);
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
      response.destroy();
      throw tooLarge();
    }
    let bytes = 0;
    const bounded = new Transform({
      transform(chunk: Buffer, _, done) {
        bytes += chunk.length;
        done(bytes > maxBytes ? tooLarge() : null, chunk);
      },
    });
    await pipeline(response, bounded, createWriteStream(path, { mode: 0o600 }), { signal: stop });
  } catch (cause) {
    await rm(path, { force: true }).catch(() => {});
    if (cause instanceof PhizError) throw cause;
    if (signal?.aborted) throw new PhizError('aborted', 'the download was stopped', { cause });
    if (late.aborted) throw fail(`it did not arrive within ${seconds} s; --download-timeout allows more`, cause);
    throw fail((cause as Error).message, cause);
  }
}

/** The address as it may be shown to others. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^(\w+:\/\/)[^/@]*@/, '$1');
}

/** The answer at the end of all redirects. */
async function ask(
  first: string,
  options: WebFetch & { readonly signal: AbortSignal },
  fail: (why: string, cause?: unknown) => PhizError,
): Promise<IncomingMessage> {
  let url = checkUrl(first);
  for (let redirects = 0; ; redirects++) {
    const response = await request(url, options);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return response;
    response.destroy();
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) {
      if (statusCode === 404 || statusCode === 410)
        throw new PhizError('file-not-found', `${withoutQuery(first)} is not there (the server answers ${statusCode})`);
      throw fail(`the server answers ${statusCode}`);
    }
    if (redirects >= MOST_REDIRECTS) throw fail(`it is redirected more than ${MOST_REDIRECTS} times`);
    const next = URL.canParse(headers.location, url.href) ? new URL(headers.location, url) : undefined;
    if (!next) throw fail('it is redirected to what is no address');
    if (url.protocol === 'https:' && next.protocol === 'http:') throw fail('it is redirected from https to http');
    url = checkUrl(next.href);
  }
}

/** Throws PhizError `invalid-option`. */
function checkUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new PhizError('invalid-option', `${withoutQuery(text).slice(0, 80)} is no http:// or https:// address`);
  if (url.username || url.password)
    throw new PhizError('invalid-option', `${withoutQuery(text)} has a password in it, where others can read it; leave it out`);
  return url;
}

async function request(
  url: URL,
  { mayAsk = isPublicAddress, signal, lookup = lookUp }: WebFetch & { readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const refuse = (address: string): PhizError =>
    new PhizError(
      'invalid-option',
      `${url.host} is ${address}, an address of this machine or its network, which is not fetched from; --allow-private allows it`,
    );
  // URL has brought 2130706433, 0x7f.1 and the like into their usual form.
  if (isIP(host) && !mayAsk(host)) throw refuse(host);
  /** Node connects to what this gives, and asks for no other. */
  const pinned: LookupFunction = (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      const wrong = addresses?.find(({ address }) => !mayAsk(address));
      if (error || wrong) return done(error ?? refuse(wrong!.address), []);
      if (options.all) return done(null, addresses);
      done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
  const { get } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  return new Promise((resolve, reject) => {
    const headers = { 'User-Agent': `phiz/${phizVersion()}`, Accept: '*/*', 'Accept-Encoding': 'identity' };
    get(url, { agent: false, lookup: pinned, signal, headers }, resolve).once('error', reject);
  });
}
