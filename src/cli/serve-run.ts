/** One run of `phiz serve`: starts the service, says where it is, and stops it when asked to. */
import { pino } from 'pino';
import type { Device } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { ensurePage } from '../node/page/build-page.js';
import { startService } from '../server/serve.js';
import { stopOnSignals } from './signals.js';

/** The options of `phiz serve`, as its help describes them. */
export interface ServeRunOptions {
  readonly host?: string;
  readonly port?: number;
  readonly apiKeyFile?: string;
  readonly allowHost?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly maxUpload?: number;
  readonly maxPixels?: number;
  readonly maxDuration?: number;
  readonly concurrency?: number;
  readonly jobs?: number;
  readonly queue?: number;
  readonly keep?: number;
  readonly uploadTimeout?: number;
  readonly grace?: number;
  readonly dataDir?: string;
  readonly detector?: string;
  readonly emotionModel?: string;
  readonly ageModel?: string;
  readonly device?: Device;
  readonly threads?: number;
  readonly logLevel?: string;
}

/** Serves until SIGINT or SIGTERM. Throws as `startService`. */
export async function runServe(options: ServeRunOptions): Promise<void> {
  const { allowHost, allowOrigin, maxUpload, detector, emotionModel, ageModel, device, threads, logLevel = 'info' } = options;
  await preparePage();
  using stop = stopOnSignals();
  const log = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const service = await startService({
    ...options,
    log,
    allowHosts: allowHost,
    allowOrigins: allowOrigin,
    maxUpload: maxUpload === undefined ? undefined : Math.round(1e6 * maxUpload),
    models: { detector, emotion: emotionModel, age: ageModel, device, threads },
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
