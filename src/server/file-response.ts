/** A file as an answer, whole or the one range asked for (RFC 9110, section 14), read as the client takes it. */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { isMissing } from '../node/files/read-error.js';
import type { JobFile } from './job-part.js';
import { HttpProblem } from './problem.js';

/** Throws HttpProblem `range-not-satisfiable`, `job-not-found` where the file was deleted in the meantime. */
export async function sendFile(
  request: Request,
  { path, type }: JobFile,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    if (isMissing(cause)) throw new HttpProblem('job-not-found', 'the job was deleted', { cause });
    throw cause;
  });
  try {
    const { size } = await handle.stat();
    const range = rangeOf(request.headers.get('range'), size);
    const { start, end } = range ?? { start: 0, end: size - 1 };
    const all = {
      'Content-Type': type,
      'Content-Length': String(end - start + 1),
      'Accept-Ranges': 'bytes',
      ...(range ? { 'Content-Range': `bytes ${start}-${end}/${size}` } : {}),
      ...headers,
    };
    const status = range ? 206 : 200;
    if (request.method === 'HEAD' || size === 0) {
      await handle.close();
      return new Response(null, { status, headers: all });
    }
    // Closes the file at its end, and when the client goes.
    const stream = Readable.toWeb(handle.createReadStream({ start, end })) as NodeStream<Uint8Array>;
    return new Response(stream as unknown as ReadableStream<Uint8Array>, { status, headers: all });
  } catch (error) {
    await handle.close();
    throw error;
  }
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
