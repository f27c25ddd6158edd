/**
 * The body of a request as a file that comes in piece by piece: raw, or the one file of a form. Bytes and time are limited while it
 * comes; what a client says beforehand (Content-Length, a file name) is taken for a hint, never for a truth.
 */
import type { ProblemCode } from '../results/service.js';
import { boundaryOf, openMultipart } from './multipart.js';
import { HttpProblem } from './problem.js';

export interface UploadLimits {
  /** Bytes. */
  readonly maxUpload: number;
  /** Seconds for all of it. */
  readonly uploadTimeout: number;
  /** Breaks it off with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Upload {
  /** What results call it: the client's file name without folders, or `upload`. */
  readonly name: string;
  /** Throws HttpProblem `upload-too-large`, `upload-timeout`, `upload-incomplete`, `no-upload`. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What may be wrong with any upload, for the document. */
export const UPLOAD_PROBLEMS: readonly ProblemCode[] = [
  'invalid-option',
  'no-upload',
  'unsupported-media-type',
  'upload-too-large',
  'upload-incomplete',
  'upload-timeout',
  'busy',
  'shutting-down',
];

/** Most seconds between two pieces. */
const LONGEST_PAUSE = 15;
const CLOSE = { Connection: 'close' };
/** Bytes that the boundaries and headers of a form may take. */
const FORM = 16_384;

/** Opens the body. Throws HttpProblem `unsupported-media-type`, `upload-too-large`, `no-upload` and what reading throws. */
export async function openUpload(request: Request, limits: UploadLimits): Promise<Upload> {
  const { maxUpload } = limits;
  const contentType = request.headers.get('content-type') ?? '';
  const kind = contentType.split(';')[0]!.trim().toLowerCase();
  const form = kind === 'multipart/form-data';
  if (!form && kind !== '' && kind !== 'application/octet-stream' && !/^(image|video)\//.test(kind))
    throw new HttpProblem(
      'unsupported-media-type',
      `a body of type '${kind.slice(0, 60)}' is not taken; send the file itself (image/*, video/* or application/octet-stream) or a form (multipart/form-data)`,
    );
  checkPlain(request);
  if (Number(request.headers.get('content-length') ?? 0) > maxUpload + FORM) throw tooLarge(maxUpload);
  if (!request.body) throw new HttpProblem('no-upload', 'the request has no body; send the file as the body or in a form');

  const body = read(request.body, limits);
  if (!form) return { name: 'upload', chunks: gathered(bounded(body, maxUpload)) };
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) throw new HttpProblem('unsupported-media-type', 'multipart/form-data must name its boundary');
  const { filename, chunks } = await openMultipart(body, boundary).catch(async (error: unknown) => {
    await body.return();
    throw error;
  });
  return { name: displayName(filename), chunks: gathered(bounded(chunks, maxUpload)) };
}

/** Most bytes of a body that says what is to be done. */
const MOST_JSON = 2_000_000;

/** Reads a body of JSON. Throws HttpProblem as `openUpload`, and `invalid-option` where it is none. */
export async function readJson(request: Request, limits: Omit<UploadLimits, 'maxUpload'>): Promise<unknown> {
  const kind = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (kind !== 'application/json')
    throw new HttpProblem(
      'unsupported-media-type',
      `a body of type '${kind.slice(0, 60)}' is not taken here; send application/json; files themselves go to /v1/videos and /v1/images`,
    );
  checkPlain(request);
  if (!request.body) throw new HttpProblem('no-upload', 'the request has no body; send what is to be done as JSON');
  const chunks: Uint8Array[] = [];
  for await (const chunk of bounded(read(request.body, { ...limits, maxUpload: MOST_JSON }), MOST_JSON)) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (cause) {
    throw new HttpProblem('invalid-option', `the body is no JSON: ${(cause as Error).message.slice(0, 120)}`, { cause });
  }
}

/** Nothing is unpacked: a small body may hold any number of bytes. Throws HttpProblem `unsupported-media-type`. */
function checkPlain(request: Request): void {
  const coding = request.headers.get('content-encoding')?.trim().toLowerCase();
  if (!coding || coding === 'identity') return;
  throw new HttpProblem(
    'unsupported-media-type',
    `a body packed with '${coding.slice(0, 60)}' is not taken; send the file as it is`,
    { headers: { 'Accept-Encoding': 'identity' } },
  );
}

/** A stranger's file name as a label: no folders, nothing that does not print. */
function displayName(filename: string | undefined): string {
  const base = filename?.split(/[\\/]/).at(-1) ?? '';
  return base.replaceAll(/\p{C}/gu, '').trim().slice(0, 120) || 'upload';
}

async function* bounded(source: AsyncIterable<Uint8Array>, maxUpload: number): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxUpload) throw tooLarge(maxUpload);
    yield chunk;
  }
  if (bytes === 0) throw new HttpProblem('no-upload', 'the file is empty');
}

/** The same bytes in pieces of at least so many, but for the last: of each something is held, sent on or written. */
async function* gathered(source: AsyncIterable<Uint8Array>, size = 65_536): AsyncGenerator<Uint8Array, void, undefined> {
  let block: Buffer | undefined;
  let filled = 0;
  for await (const chunk of source) {
    if (filled === 0 && chunk.length >= size) {
      yield chunk;
      continue;
    }
    for (let at = 0; at < chunk.length; ) {
      block ??= Buffer.allocUnsafeSlow(size);
      const taken = Math.min(size - filled, chunk.length - at);
      block.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < size) continue;
      yield block;
      block = undefined;
      filled = 0;
    }
  }
  if (block) yield block.subarray(0, filled);
}

function tooLarge(maxUpload: number): HttpProblem {
  return new HttpProblem('upload-too-large', `the upload has more than the ${maxUpload} bytes that are taken here`);
}

/** The body's chunks; waits neither too long for one nor for all. */
async function* read(
  body: ReadableStream<Uint8Array>,
  { uploadTimeout, signal }: UploadLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  const end = performance.now() + 1000 * uploadTimeout;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let done = false;
  const broken = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  broken.catch(() => {});
  try {
    for (;;) {
      signal?.throwIfAborted();
      const pause = Math.min(1000 * LONGEST_PAUSE, end - performance.now());
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new HttpProblem('upload-timeout', 'the upload came too slowly; it was dropped', { headers: CLOSE })),
          Math.max(pause, 0),
        );
      });
      const step = await Promise.race([reader.read(), late, broken]).catch((cause: unknown) => {
        if (cause instanceof HttpProblem) throw cause;
        throw new HttpProblem('upload-incomplete', 'the upload broke off before its end', { cause });
      });
      clearTimeout(timer);
      if (step.done) {
        done = true;
        return;
      }
      yield step.value;
    }
  } finally {
    clearTimeout(timer);
    if (!done) void swallow(reader);
  }
}

/**
 * Takes the rest of a body that nobody wants. Cancelling it would break the connection, and the answer that says why would be lost
 * with it; the server breaks off whoever still sends half a second after the answer.
 */
async function swallow(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The client is gone.
  }
}
