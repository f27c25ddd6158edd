/** One run of `phiz serve`: starts the service, says where it is, and stops it when asked to. */
import { pino } from 'pino';
import type { Device } from '../core/engine.js';
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
  using stop = stopOnSignals();
  const log = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const service = await startService({
    ...options,
    ...{ log, allowHosts: allowHost, allowOrigins: allowOrigin },
    maxUpload: maxUpload === undefined ? undefined : Math.round(1e6 * maxUpload),
    models: { detector, emotion: emotionModel, age: ageModel, device, threads },
  });
  process.stdout.write(`phiz listens on ${service.url}/ (routes: ${service.url}/docs)\n`);
  const { signal } = stop;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  log.info('stopping');
  await service.close();
}
