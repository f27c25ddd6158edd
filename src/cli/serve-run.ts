/** One run of `phiz serve`: starts the service, says where it is, and stops it when asked to. */
import { pino } from 'pino';
import { PhizError } from '../core/error.js';
import { ensurePage } from '../node/page/build-page.js';
import type { ModelOptions, ServeOptions } from '../server/options.js';
import { startService } from '../server/serve.js';
import { chosenModels } from './analysis-options.js';
import { stopOnSignals } from './signals.js';

/** The options of `phiz serve`, as its help describes them. */
export interface ServeRunOptions
  extends Omit<ServeOptions, 'allowHosts' | 'allowOrigins' | 'models' | 'maxUpload' | 'maxMemory' | 'queue' | 'sharedQueue'>,
    Pick<ModelOptions, 'device' | 'threads'> {
  readonly allowHost?: readonly string[] | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
  /** In megabytes. */
  readonly maxUpload?: number | undefined;
  /** In megabytes. */
  readonly maxMemory?: number | undefined;
  /** How many may wait, or the address of a shared queue. */
  readonly queue?: number | string | undefined;
  /** How many may wait. */
  readonly waiting?: number | undefined;
  readonly logLevel?: string | undefined;
}

/** Serves until SIGINT or SIGTERM. Throws as `startService`. */
export async function runServe(options: ServeRunOptions): Promise<void> {
  const { allowHost, allowOrigin, maxUpload, maxMemory, device, threads, queue, waiting, logLevel = 'info' } = options;
  await preparePage();
  using stop = stopOnSignals();
  const log = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const service = await startService({
    ...options,
    log,
    allowHosts: allowHost,
    allowOrigins: allowOrigin,
    maxUpload: maxUpload === undefined ? undefined : Math.round(1e6 * maxUpload),
    maxMemory: maxMemory === undefined ? undefined : Math.round(1e6 * maxMemory),
    queue: waiting ?? (typeof queue === 'number' ? queue : undefined),
    sharedQueue: typeof queue === 'string' ? queue : undefined,
    models: { ...chosenModels(options), device, threads },
  });
  process.stdout.write(`phiz listens on ${service.url}/ (routes: ${service.url}/docs)\n`);
  const { signal } = stop;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  log.info('stopping');
  await service.close();
}

/** The page that stands at `/`. The service is of use without it, and says there how to get it. */
async function preparePage(): Promise<void> {
  try {
    await ensurePage({ onBuild: () => process.stderr.write('phiz: building the page, once\n') });
  } catch (error) {
    if (!(error instanceof PhizError)) throw error;
    process.stderr.write(`phiz: without the page at /: ${error.message}\n`);
  }
}
