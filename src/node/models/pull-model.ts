/**
 * Fetches a listed model into the cache, from its upstream home or from a folder or mirror of the user's, and only when asked to.
 * Every file is checked against its sha256 before the first is stored, so a model is there as a whole or as before.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PhizError } from '../../core/error.js';
import { readError, reason } from '../files/read-error.js';
import { isFile } from '../files/read-files.js';
import { sweepOrphans } from '../files/temporary.js';
import { writeAtomic } from '../files/write-atomic.js';
import { cacheFolder, pulledPath } from './pulled-files.js';
import { type RegistryFile, type RegistryName, registryEntry } from './registry.js';

/** Where a pulled model is kept, and how its download is told. */
export interface PullOptions {
  /**
   * A folder, or the URL of one, that holds the files directly or each model's in a folder of its own, as the cache does;
   * default: each file's upstream home.
   */
  readonly from?: string | undefined;
  /** Default: `cacheFolder()`. */
  readonly cache?: string | undefined;
  /** Seconds that a file may take to arrive. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when a file is about to be read. */
  readonly onFile?: ((source: string) => void) | undefined;
}

/** A model that was pulled. */
export interface PulledModel {
  readonly name: RegistryName;
  /** The folder that holds the files. */
  readonly folder: string;
  /** The files stored by this call; none where all were there already. */
  readonly stored: readonly string[];
}

/**
 * Pulls a model. Files that are there and right are left alone. Throws PhizError `model-not-found` for an unlisted name or a file
 * that the source lacks, `download-failed`, `model-damaged` where a file is not the one listed, `unwritable-file`, `aborted`.
 */
export async function pullModel(
  name: string,
  { from, cache = cacheFolder(), timeout = 120, signal, onFile }: PullOptions = {},
): Promise<PulledModel> {
  const { folder, files } = registryEntry(name);
  if (!(timeout > 0)) throw new PhizError('invalid-option', `timeout must be above 0 seconds; got ${timeout}`);
  const model = name as RegistryName;
  const fetched = new Map<string, Uint8Array>();
  for (const [file, listed] of Object.entries(files)) {
    const path = pulledPath(model, file, cache);
    if (await holds(path, listed)) continue;
    const places = from === undefined ? [listed.url] : [under(from, folder, file), under(from, file)];
    const { bytes, source } = await readFirst(places, { file, name, limit: 2 * listed.bytes, timeout, signal, onFile });
    fetched.set(path, asListed(bytes, listed) ?? refuse(source, bytes, listed));
  }
  for (const [path, bytes] of fetched) {
    await sweepOrphans(dirname(path));
    await writeAtomic(path, bytes);
  }
  return { name: model, folder: join(cache, folder), stored: [...fetched.keys()] };
}

function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

function under(from: string, ...parts: readonly string[]): string {
  if (isUrl(from)) return [from.replace(/\/+$/, ''), ...parts.map(encodeURIComponent)].join('/');
  return join(/^file:/i.test(from) ? fileURLToPath(from) : from, ...parts);
}

async function holds(path: string, listed: RegistryFile): Promise<boolean> {
  return (await isFile(path)) && sha256(await readFile(path)) === listed.sha256;
}

interface Reading {
  readonly file: string;
  readonly name: string;
  /** Most bytes taken. */
  readonly limit: number;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly onFile: ((source: string) => void) | undefined;
}

/** The file from the first of the places that has it. */
async function readFirst(places: readonly string[], reading: Reading): Promise<{ bytes: Uint8Array; source: string }> {
  for (const source of places) {
    if (reading.signal?.aborted) throw new PhizError('aborted', 'the download was stopped', { cause: reading.signal.reason });
    const bytes = await (isUrl(source) ? download(source, reading) : readLocal(source, reading));
    if (bytes) return { bytes, source };
  }
  throw new PhizError('model-not-found', `${reading.file} of ${reading.name} is not there: looked for ${places.join(' and ')}`);
}

async function readLocal(path: string, { onFile }: Reading): Promise<Uint8Array | undefined> {
  if (!(await isFile(path))) return undefined;
  onFile?.(path);
  try {
    return await readFile(path);
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** The body of a URL, or undefined where the server has none there. */
async function download(url: string, { name, limit, timeout, signal, onFile }: Reading): Promise<Uint8Array | undefined> {
  onFile?.(url);
  const late = AbortSignal.timeout(1000 * timeout);
  const fail = (why: string, cause?: unknown): never => {
    throw new PhizError(
      'download-failed',
      `cannot fetch ${url}: ${why}; where this machine reaches no network, copy the files to it and run: ` +
        `phiz models pull ${name} --from DIR`,
      { cause },
    );
  };
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([late, signal]) : late });
    if (response.status === 404 || response.status === 410) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      return fail(`the server answers ${response.status} ${response.statusText}`.trim());
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of response.body) {
      length += part.length;
      if (length > limit) return fail(`it is larger than ${limit} bytes, so it is another file`);
      parts.push(part);
    }
    return Buffer.concat(parts, length);
  } catch (cause) {
    if (cause instanceof PhizError) throw cause;
    if (signal?.aborted) throw new PhizError('aborted', 'the download was stopped', { cause });
    if (late.aborted) return fail(`it did not arrive within ${timeout} s`, cause);
    const { cause: beneath } = cause as { cause?: unknown };
    return fail(reason(beneath ?? cause), cause);
  }
}

/**
 * The bytes listed, if that is what these are. A text may have other line ends than the listed copy, or none or another at its
 * end (git and crawlers change them); what is stored is always the listed one.
 */
function asListed(bytes: Uint8Array, { sha256: wanted, text }: RegistryFile): Uint8Array | undefined {
  if (sha256(bytes) === wanted) return bytes;
  if (!text) return undefined;
  const plain = Buffer.from(bytes).toString('latin1').replaceAll('\r\n', '\n').trimEnd();
  return [plain, `${plain}\n`].map((form) => Buffer.from(form, 'latin1')).find((form) => sha256(form) === wanted);
}

function refuse(source: string, bytes: Uint8Array, listed: RegistryFile): never {
  throw new PhizError(
    'model-damaged',
    `${source} is not the file that phiz knows (${bytes.length} bytes, sha256 ${sha256(bytes)}; ` +
      `wanted ${listed.bytes} bytes, sha256 ${listed.sha256}); nothing was stored`,
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
