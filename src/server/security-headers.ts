/** The headers that every answer carries, so that a browser does nothing with it but what it is for. */
import type { MiddlewareHandler } from 'hono';
import type { ServiceEnv } from './service.js';

/** For what is data: nothing may be loaded, run or framed. */
export const DATA_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** For a page that carries its own style and images, and runs nothing. */
export const PAGE_CSP = `${DATA_CSP}; style-src 'unsafe-inline'; img-src data:; sandbox`;

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Permissions-Policy': 'camera=(self), microphone=(), geolocation=()',
  'Content-Security-Policy': DATA_CSP,
  'Cache-Control': 'no-store',
} as const;

/** Sets them where the answer has none of its own. */
export function securityHeaders(): MiddlewareHandler<ServiceEnv> {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    for (const [name, value] of Object.entries(HEADERS)) if (!headers.has(name)) headers.set(name, value);
  };
}
