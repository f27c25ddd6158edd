/** One run of `phiz work`: works until it is stopped, and says on a port of its own how it is. */
import { createServer, type Server } from 'node:http';
import { pino } from 'pino';
import { PhizError } from '../core/error.js';
import { modelsHash } from '../node/models/model-hashes.js';
import { openOutbox } from '../node/queue/outbox.js';
import type { JobKind } from '../results/job-kinds.js';
import type { ModelOptions } from '../server/options.js';
import { startWorker } from '../server/shared/worker.js';
import { createWorkerMetrics, type WorkerMetrics } from '../server/shared/worker-metrics.js';
import { callWebhook, type WebhookMessage, webhookTarget } from '../server/webhook.js';
import { chosenModels } from './analysis-options.js';
import { openSharedOptions, type SharedOptions } from './shared-options.js';
import { stopOnSignals } from './signals.js';

/** The options of `phiz work`, as its help describes them. */
export interface WorkRunOptions extends SharedOptions, Pick<ModelOptions, 'device' | 'threads'> {
  readonly kinds?: readonly JobKind[] | undefined;
  readonly concurrency?: number | undefined;
  readonly webhook?: string | undefined;
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly scratch?: string | undefined;
  readonly lock?: number | undefined;
  readonly grace?: number | undefined;
  readonly maxPixels?: number | undefined;
  readonly maxMemory?: number | undefined;
  readonly maxDuration?: number | undefined;
  readonly logLevel?: string | undefined;
}

/** Works until SIGINT or SIGTERM. Throws as `openSharedOptions`, and PhizError `engine-unavailable` where the port is taken. */
export async function runWork(options: WorkRunOptions): Promise<void> {
  const { concurrency = 1, port, host = '127.0.0.1', scratch, lock, grace = 10, device, threads, logLevel = 'info' } = options;
  const { maxPixels = 40_000_000, maxMemory = 4000, maxDuration = 3600 } = options;
  using stop = stopOnSignals();
  const log = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const models = chosenModels(options);
  await using shared = await openSharedOptions(options, {
    log,
    kinds: options.kinds,
    lock: lock === undefined ? undefined : 1000 * lock,
  });
  const target = options.webhook === undefined ? undefined : webhookTarget(options.webhook);
  const { queue: url = process.env.PHIZ_QUEUE!, prefix } = options;
  const onError = (error: Error): void => log.warn({ reason: error.message }, 'the queue cannot be reached; it is tried again');
  await using outbox = target && (await openOutbox<WebhookMessage>({ url, prefix, onError }));
  if (target)
    outbox?.start(async (message) => {
      await callWebhook(target, message).catch((error: Error) => {
        log.warn({ job: message.data.id, reason: error.message }, 'the webhook was not taken; it is called again');
        throw error;
      });
    });
  const metrics = createWorkerMetrics({ queue: shared.queue, running: () => worker.running });
  const worker = await startWorker({
    ...shared,
    concurrency,
    scratch,
    models: await modelsHash(models),
    order: { models: { ...models, device, threads }, maxPixels, maxDuration, maxMemory: Math.round(1e6 * maxMemory) },
    announce: outbox && ((message) => outbox.add(message)),
    onEnd: metrics.ended,
    log,
  });
  const server = port === undefined ? undefined : await listen(host, port, metrics);
  process.stdout.write(`phiz works${server ? `; http://${host}:${addressOf(server)}/metrics says how it is` : ''}\n`);
  const { signal } = stop;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  log.info({ running: worker.running }, 'stopping');
  await worker.stop(grace);
  server?.close();
  server?.closeAllConnections();
}

function listen(host: string, port: number, metrics: WorkerMetrics): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { status, type, text } = await metrics.answer(request.url ?? '');
    response.writeHead(status, { 'Content-Type': type }).end(text);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new PhizError('engine-unavailable', `cannot listen on ${host}, port ${port}: ${cause.message}`, { cause })),
    );
    server.listen(port, host, () => resolve(server));
  });
}

function addressOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
