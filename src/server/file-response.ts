/** A file as an answer, whole or the one range asked for (RFC 9110, section 14), read as the client takes it. */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { isMissing } from '../node/files/read-error.js';
import type { ByteRange, Storage } from '../node/storage/storage.js';
import type { JobFile } from './job-part.js';
import { HttpProblem } from './problem.js';

/** Throws HttpProblem `range-not-satisfiable`, `job-not-found` where the file was deleted in the meantime. */
export async function sendFile(
  request: Request,
  file: JobFile,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const source = 'path' in file ? await openFile(file.path) : await openStored(file.stored, file.key);
  const { size } = source;
  try {
    const range = rangeOf(request.headers.get('range'), size);
    const { start, end } = range ?? { start: 0, end: size - 1 };
    const all = {
      'Content-Type': file.type,
      'Content-Length': String(end - start + 1),
      'Accept-Ranges': 'bytes',
      ...(range ? { 'Content-Range': `bytes ${start}-${end}/${size}` } : {}),
      ...headers,
    };
    const status = range ? 206 : 200;
    if (request.method === 'HEAD' || size === 0) {
      await source.close();
      return new Response(null, { status, headers: all });
    }
    // Closes the file at its end, and when the client goes.
    const stream = Readable.toWeb(await source.read({ start, end })) as NodeStream<Uint8Array>;
    return new Response(stream as unknown as ReadableStream<Uint8Array>, { status, headers: all });
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** What is sent: its size, and its bytes. */
interface Source {
  readonly size: number;
  /** The stream closes what is open. */
  read(range: ByteRange): Promise<Readable>;
  close(): Promise<void>;
}

async function openFile(path: string): Promise<Source> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw isMissing(cause) ? deleted(cause) : cause;
  });
  const { size } = await handle.stat();
  return { size, read: async ({ start, end }) => handle.createReadStream({ start, end }), close: () => handle.close() };
}

async function openStored(storage: Storage, key: string): Promise<Source> {
  const found = await storage.stat(key);
  if (!found) throw deleted(undefined);
  return { size: found.size, read: (range) => storage.get(key, range), close: async () => {} };
}

function deleted(cause: unknown): HttpProblem {
  return new HttpProblem('job-not-found', 'the job was deleted', { cause });
}

/** The range of a header; undefined for all: none asked for, or several, or in another unit. */
function rangeOf(header: string | null, size: number): { readonly start: number; readonly end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(size - Number(match[2]), 0) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start > end)
    throw new HttpProblem('range-not-satisfiable', `the file has ${size} bytes`, {
      headers: { 'Content-Range': `bytes */${size}` },
    });
  return { start, end };
}
