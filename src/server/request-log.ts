/**
 * Around every request: its id, its line in the log, its metrics. The line has method, route, status and time; no address, no query,
 * no file name, nothing of a body.
 */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { problemOf } from './problem.js';
import type { Service, ServiceContext, ServiceEnv } from './service.js';

/** Ids that clients may give; others get a new one. */
const GIVEN_ID = /^[\w.-]{1,64}$/;

/** Shutting down, and a disk that takes nothing: the log says so once, not for each of a crowd. */
const TOLD_BY_OTHERS: readonly number[] = [503, 507];

export function logRequests(service: Pick<Service, 'log' | 'metrics' | 'draining'>): MiddlewareHandler<ServiceEnv> {
  const { log, metrics } = service;
  return async (context, next) => {
    const begun = performance.now();
    const given = context.req.header('x-request-id');
    const requestId = given !== undefined && GIVEN_ID.test(given) ? given : crypto.randomUUID();
    context.set('requestId', requestId);
    await next();
    context.res.headers.set('X-Request-Id', requestId);
    // A connection that stays open would keep a service that stops from stopping.
    if (service.draining) context.res.headers.set('Connection', 'close');

    const seconds = (performance.now() - begun) / 1000;
    const { method } = context.req;
    const { status } = context.res;
    const route = routeOf(context);
    const known = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
    metrics.request({ method: known, route, status, seconds });
    const failure = context.error && { code: problemOf(context.error).code };
    const line = { requestId, method: known, route, status, ...failure, seconds };
    if (context.req.raw.signal.aborted) log.info({ ...line, gone: true }, 'client gone');
    else if (status >= 500 && !TOLD_BY_OTHERS.includes(status))
      log.error({ ...line, err: context.error?.cause ?? context.error }, 'failed');
    else log.info(line, 'answered');
  };
}

/** The route that answered, such as `/v1/jobs/:id`; `none` where there was none. */
function routeOf(context: ServiceContext): string {
  const route = routePath(context, -1);
  return route.includes('*') ? 'none' : route;
}
