/**
 * The web page over HTTP: `createPageHandler` answers requests for its files (`phiz serve` puts it at `/`), `servePage` is a small
 * server of its own for one machine (`phiz webcam`). Headers isolate the page, which threads need, and let it load nothing from
 * elsewhere.
 */
import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { LEADING } from '../../attributes/index.js';
import { PhizError } from '../../core/error.js';
import { pageStyle } from '../../report/pages/page-style.js';
import { openPageFiles, type PageFile } from './page-files.js';

/** The style sheet of a study's report, which the page opens in a tab of its own; such a tab is held to the page's policy. */
const REPORT_STYLE = createHash('sha256')
  .update(pageStyle([LEADING]))
  .digest('base64');

/** What the page may do: its own scripts, workers, WebAssembly; images and clips that the user gives. Nothing from elsewhere. */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  `style-src 'self' 'sha256-${REPORT_STYLE}'`,
  "img-src 'self' blob: data:",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': PAGE_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), microphone=(), geolocation=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

export interface PageHandlerOptions {
  /** Compress what gains by it where the browser can take it; each file once. Default: false, best on one machine. */
  readonly compress?: boolean | undefined;
}

/**
 * Answers GET and HEAD for the files of the page; undefined for any other path. The page must have been built (build-page.ts).
 *
 * @example
 * const page = createPageHandler({ compress: true });
 * app.get('*', async (context, next) => (await page(context.req.raw)) ?? next());
 */
export function createPageHandler({
  compress = false,
}: PageHandlerOptions = {}): (request: Request) => Promise<Response | undefined> {
  const files = openPageFiles();
  const compressed = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  const squeeze = (path: string, { bytes, version }: PageFile): Promise<Uint8Array<ArrayBuffer>> => {
    const key = `${path} ${version}`;
    const known = compressed.get(key) ?? promisify(gzip)(bytes, { level: 6 });
    compressed.set(key, known);
    return known;
  };
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    const path = new URL(request.url).pathname;
    const file = await files.read(path);
    if (!file) return undefined;
    const zip =
      compress && !file.type.startsWith('application/octet') && /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
    const headers = new Headers({
      ...HEADERS,
      'Content-Type': file.type,
      'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      ETag: `"${file.version}${zip ? '-gzip' : ''}"`,
    });
    if (compress) headers.set('Vary', 'Accept-Encoding');
    if (request.headers.get('if-none-match') === headers.get('ETag')) return new Response(null, { status: 304, headers });
    const bytes = zip ? await squeeze(path, file) : file.bytes;
    if (zip) headers.set('Content-Encoding', 'gzip');
    headers.set('Content-Length', String(bytes.length));
    return new Response(request.method === 'HEAD' ? null : bytes, { headers });
  };
}

export interface PageServer extends AsyncDisposable {
  /** Such as http://127.0.0.1:8090/. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the page on 127.0.0.1; port 0 takes a free one. Only requests to this machine by its own name are answered, so that no
 * other site's page gets in by a name that it turned here (DNS rebinding). Throws PhizError `invalid-option` where the port is taken.
 */
export async function servePage({ port }: { readonly port: number }): Promise<PageServer> {
  const { createAdaptorServer } = await import('@hono/node-server');
  const handle = createPageHandler();
  const server = createAdaptorServer({
    async fetch(request: Request) {
      if (!isOwnName(request.headers.get('host'))) return plain(403, 'This page is served to its own machine only.');
      return (await handle(request)) ?? plain(404, 'There is no such file.');
    },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another program uses it; give another --port' : cause.message;
      reject(new PhizError('invalid-option', `cannot listen on port ${port}: ${why}`, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const taken = typeof address === 'object' && address ? address.port : port;
  return { url: `http://127.0.0.1:${taken}/`, close, [Symbol.asyncDispose]: close };
}

function isOwnName(host: string | null): boolean {
  return host !== null && /^(localhost|127\.0\.0\.1)(:\d+)?$/i.test(host);
}

function plain(status: number, text: string): Response {
  const headers = { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
  return new Response(`${text}\n`, { status, headers });
}
