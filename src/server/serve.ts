/** Starts the service: models, jobs and app behind Node's HTTP server, and stops it without losing anything that was accepted. */
import type { Server } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Logger } from 'pino';
import { PhizError } from '../core/error.js';
import { phizVersion } from '../node/files/manifest.js';
import { modelsHash } from '../node/models/model-hashes.js';
import { listModels } from '../node/models/models.js';
import { createPageHandler } from '../node/page/static-page.js';
import { createApp } from './app.js';
import { limitConnections } from './connections.js';
import { GatheredRequest } from './gathered-request.js';
import { openJobStore } from './job-store.js';
import { type ClipJobs, Jobs, type JobsOptions } from './jobs.js';
import { openKeys } from './keys.js';
import { watchLoad } from './load-watch.js';
import { createMetrics } from './metrics.js';
import { noticePage } from './notice-page.js';
import { resolveOptions, type ServeOptions, type ServeSettings } from './options.js';
import { Photos } from './photos.js';
import { openQueueBoard } from './queue-board.js';
import { openReaders } from './readers.js';
import { openRemoteInputs } from './remote-inputs.js';
import type { PageServer, Service, ServiceApp } from './service.js';
import { openShared } from './shared/open-shared.js';
import { SharedJobs } from './shared/shared-jobs.js';
import { webhookTarget } from './webhook.js';

export interface StartOptions extends ServeOptions {
  readonly log: Logger;
  /** What stands at `/`; default: the web page, or a notice where it was not built. */
  readonly page?: PageServer | undefined;
}

export interface RunningService {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes nothing new, finishes the requests under way (for `grace` seconds), and puts jobs back into the queue. */
  close(): Promise<void>;
}

/**
 * Starts the service. Throws PhizError `invalid-option`, `unreadable-file`, `invalid-data` (API keys), `unwritable-file` (data
 * folder), `engine-unavailable` (the address is taken), and what `createAnalyzer` throws.
 */
export async function startService({ log, page = pageIfBuilt(), ...options }: StartOptions): Promise<RunningService> {
  const settings = resolveOptions(options);
  const version = phizVersion();
  const owned: (() => unknown)[] = [];
  const dispose = async (): Promise<void> => {
    for (const release of owned.splice(0).reverse()) await release();
  };
  try {
    const keys = settings.apiKeyFile === undefined ? undefined : await openKeys(settings.apiKeyFile, log);
    owned.push(() => keys?.[Symbol.dispose]());
    const keyCheck = keys?.check;
    const readers = await openReaders(settings, log);
    owned.push(readers.dispose);
    const metrics = createMetrics(version);
    owned.push(metrics.close);

    const photos = new Photos(readers.photos, settings, metrics);
    const webhook = settings.webhook === undefined ? undefined : webhookTarget(settings.webhook);
    const { jobs, board } = await openJobs({ settings, isClip: readers.isClip, metrics, webhook, log }, owned);
    const remote = openRemoteInputs(settings);
    owned.push(() => remote[Symbol.asyncDispose]());
    metrics.watch({ photos: () => photos.load, jobs: () => jobs.load() });
    const load = watchLoad();
    owned.push(load[Symbol.dispose]);
    const models = { inUse: readers.models, cards: await listModels() };
    const parts = { version, settings, photos, jobs, remote, models, metrics, log, keyCheck, page, board, load };
    const service: Service = { ...parts, draining: false };
    const server = serverOf(createApp(service), settings);
    const url = await listen(server, settings);
    jobs.start();

    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      service.draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const late = setTimeout(() => server.closeAllConnections(), 1000 * settings.grace);
      await Promise.all([closed, jobs.stop()]);
      clearTimeout(late);
      await dispose();
    };
    return {
      url,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Jobs that are done here, or shared with others. What is to be closed at the end is added to `owned`. */
async function openJobs(
  about: Omit<JobsOptions, 'store' | 'settings'> & { readonly settings: ServeSettings },
  owned: (() => unknown)[],
): Promise<{ readonly jobs: ClipJobs; readonly board?: Service['board'] }> {
  const { settings, isClip, log } = about;
  const { sharedQueue, storage, prefix, port, queue: mostWaiting, models } = settings;
  const dataDir = settings.dataDir ?? defaultDataDir(port);
  if (sharedQueue !== undefined && storage !== undefined) {
    const shared = await openShared({ queue: sharedQueue, storage, prefix, mostWaiting, log });
    owned.push(() => shared[Symbol.asyncDispose]());
    const jobs = new SharedJobs({ ...shared, dataDir, isClip, settings, models: await modelsHash(models) });
    return { jobs, board: await openQueueBoard(shared.bullQueues, log) };
  }
  const store = await openJobStore(dataDir);
  owned.push(() => store[Symbol.asyncDispose]());
  for (const path of store.foreign) log.warn({ path }, 'not a job of this service, or one of a newer version; left as it is');
  return { jobs: new Jobs({ ...about, store }) };
}

function pageIfBuilt(): PageServer {
  const page = pageIfInstalled();
  if (!page) return noticePage;
  return async (request) => (await page(request)) ?? noticePage(request);
}

function pageIfInstalled(): ReturnType<typeof createPageHandler> | undefined {
  try {
    return createPageHandler({ compress: true });
  } catch (error) {
    if (error instanceof PhizError && error.code === 'engine-unavailable') return undefined;
    throw error;
  }
}

function serverOf(app: ServiceApp, { uploadTimeout }: Pick<ServeSettings, 'uploadTimeout'>): Server {
  const server = createAdaptorServer({
    // Of one that is ended nobody takes an answer.
    fetch: (request, env) => (env.incoming.socket?.destroyed ? new Response(null) : app.fetch(request, env)),
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: 10_000,
      keepAliveTimeout: 5000,
      // The app itself ends slow uploads with a proper answer; this is for what it does not read.
      requestTimeout: 1000 * (uploadTimeout + 30),
      connectionsCheckingInterval: 5000,
      IncomingMessage: GatheredRequest,
    },
  }) as Server;
  limitConnections(server);
  return server;
}

/** Where jobs are kept if nobody says: a folder of the user's own, a port each. */
function defaultDataDir(port: number): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env;
  const state = process.platform === 'win32' ? LOCALAPPDATA : XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return join(state ?? homedir(), 'phiz', `serve-${port}`);
}

function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'something listens there already; --port takes another' : cause.message;
      reject(new PhizError('engine-unavailable', `cannot listen on ${host}, port ${port}: ${reason}`, { cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${taken}`);
    });
  });
}
