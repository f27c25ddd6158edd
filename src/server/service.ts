/** What the routes work with: the parts of a running service, and the app they are mounted on. */
import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { ModelList } from '../results/service.js';
import type { ClipJobs } from './jobs.js';
import type { Caller, KeyCheck } from './keys.js';
import type { LoadWatch } from './load-watch.js';
import type { Metrics } from './metrics.js';
import type { ServeSettings } from './options.js';
import type { Photos } from './photos.js';
import type { RemoteInputs } from './remote-inputs.js';

/** Answers for the web page and its files; undefined where it has no such file. */
export type PageServer = (request: Request) => Promise<Response | undefined>;

export interface Service {
  readonly version: string;
  readonly settings: ServeSettings;
  readonly photos: Photos;
  readonly jobs: ClipJobs;
  /** What lies elsewhere, as far as it may be fetched. */
  readonly remote: RemoteInputs;
  readonly models: ModelList;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Undefined where no key is asked for. */
  readonly keyCheck: KeyCheck | undefined;
  readonly page: PageServer;
  /** A page of the queue, where one is shared. */
  readonly board: Hono | undefined;
  readonly load: LoadWatch;
  /** Set when the service stops: what is under way is finished, nothing new is taken. */
  draining: boolean;
}

export interface ServiceEnv {
  Variables: {
    requestId: string;
    caller: Caller;
    /** Where the request comes from; empty where nobody can tell. */
    address: string;
  };
}
export type ServiceApp = OpenAPIHono<ServiceEnv>;
export type ServiceContext = Context<ServiceEnv>;

/** Mounts a handler, and enters its description in the OpenAPI document. */
export function addRoute(
  app: ServiceApp,
  route: RouteConfig,
  handler: (context: ServiceContext) => Response | Promise<Response>,
): void {
  app.openAPIRegistry.registerPath(route);
  app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), handler);
}
