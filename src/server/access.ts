/**
 * Who may call: the Host and Origin of a request are checked against DNS rebinding and other sites' pages (a page that a browser
 * shows must not reach a service on its user's machine), and the API key where there is one. All before a body is read.
 */
import type { MiddlewareHandler } from 'hono';
import { ANYBODY, type KeyCheck } from './keys.js';
import type { ServeSettings } from './options.js';
import { HttpProblem } from './problem.js';
import type { Service, ServiceContext, ServiceEnv } from './service.js';
import type { WrongKeys } from './wrong-keys.js';

/** What pages of an allowed origin may read and send. */
const CORS_METHODS = 'GET, POST, DELETE';
const CORS_HEADERS = 'Authorization, Content-Type, X-API-Key, X-Request-Id';
const CORS_EXPOSED = 'Location, Retry-After, X-Request-Id';

/** Checks Host and Origin; answers the preflight requests of allowed origins. */
export function checkSite({ hosts, origins }: Pick<ServeSettings, 'hosts' | 'origins'>): MiddlewareHandler<ServiceEnv> {
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!hostAllowed(host, hosts))
      throw new HttpProblem('host-not-allowed', 'the service does not go by this Host; --allow-host makes it known by a name');
    const origin = context.req.header('origin');
    if (origin === undefined) return next();
    const allowed = origins.includes(origin.toLowerCase());
    if (!allowed && !sameSite(origin, host))
      throw new HttpProblem('origin-not-allowed', 'pages of this Origin may not call the service; --allow-origin lets them');
    if (!allowed) return next();
    const cors = { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
    if (context.req.method === 'OPTIONS')
      return context.body(null, 204, {
        ...cors,
        'Access-Control-Allow-Methods': CORS_METHODS,
        'Access-Control-Allow-Headers': CORS_HEADERS,
        'Access-Control-Max-Age': '600',
      });
    await next();
    for (const [name, value] of Object.entries(cors)) context.res.headers.set(name, value);
    context.res.headers.set('Access-Control-Expose-Headers', CORS_EXPOSED);
    context.res.headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
  };
}

/** Asks for the key; for the routes behind it. `wrong` brakes wrong ones, at all doors together. */
export function checkKey(keyCheck: KeyCheck | undefined, wrong: WrongKeys): MiddlewareHandler<ServiceEnv> {
  return async (context, next) => {
    const address = addressOf(context.env);
    context.set('address', address);
    context.set('caller', ANYBODY);
    if (!keyCheck) return next();
    const given = givenKey(context);
    const caller = given === undefined ? undefined : keyCheck(given);
    if (given !== undefined && !caller) await wrong.hold(address);
    if (!caller)
      throw new HttpProblem(
        'unauthorized',
        given === undefined ? 'give the key in Authorization: Bearer … or in X-API-Key' : 'this key is not known here',
        { headers: { 'WWW-Authenticate': 'Bearer' } },
      );
    context.set('caller', caller);
    await next();
  };
}

/** Asks for an administrator's key, which a browser gives as a password; any name will do. */
export function checkAdmin(keyCheck: KeyCheck | undefined, wrong: WrongKeys): MiddlewareHandler<ServiceEnv> {
  return async (context, next) => {
    if (!keyCheck) return next();
    const given = givenPassword(context) ?? givenKey(context);
    const caller = given === undefined ? undefined : keyCheck(given);
    if (given !== undefined && !caller) await wrong.hold(addressOf(context.env));
    if (!caller?.admin)
      throw new HttpProblem('unauthorized', "give an administrator's key as the password; any name will do", {
        headers: { 'WWW-Authenticate': 'Basic realm="phiz", charset="UTF-8"' },
      });
    await next();
  };
}

function givenKey({ req }: ServiceContext): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(req.header('authorization') ?? '')?.[1] ?? req.header('x-api-key');
}

/** The password of basic authentication. */
function givenPassword({ req }: ServiceContext): string | undefined {
  const basic = /^Basic +([\w+/=]+) *$/i.exec(req.header('authorization') ?? '')?.[1];
  if (basic === undefined) return undefined;
  return Buffer.from(basic, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
}

/** The address at the other end, of Node's server. */
function addressOf(env: unknown): string {
  const { incoming } = (env ?? {}) as { readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } } };
  return incoming?.socket?.remoteAddress ?? '';
}

/** Refuses uploads, before their bodies are read, while the service falls behind. */
export function shedLoad({ load }: Pick<Service, 'load'>): MiddlewareHandler<ServiceEnv> {
  return async (context, next) => {
    if (context.req.method === 'POST' && load.overloaded)
      throw new HttpProblem('busy', 'the service falls behind; try again later', { headers: { 'Retry-After': '2' } });
    await next();
  };
}

/** Names must be known; an address cannot be rebound, since no name is looked up for it. */
function hostAllowed(host: string, hosts: readonly string[]): boolean {
  const name = hostname(host);
  if (name === undefined) return false;
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(name) || name.startsWith('[');
  return isAddress || name === 'localhost' || hosts.includes(name);
}

/** The name in a Host header, without the port. */
function hostname(host: string): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname;
}

function sameSite(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
