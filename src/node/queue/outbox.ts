/**
 * What is to be said to others, once for each id, kept in Redis until it was said: a queue of BullMQ's own beside that of the jobs. Whoever
 * works on the jobs also says these, so that none is lost with the machine on which a job ended.
 */
import { connectRedis } from './redis.js';

export interface OutboxOptions {
  /** As `connectRedis` takes it. */
  readonly url: string;
  readonly prefix?: string | undefined;
  /** Milliseconds before the second time, twice as long each further time. Default: 5000. */
  readonly backoff?: number | undefined;
  readonly onError: (error: Error) => void;
}

export interface Outbox<Message extends { readonly id: string }> extends AsyncDisposable {
  /** Takes it in, where nothing of its id was before; durable when this resolves. */
  add(message: Message): Promise<void>;
  /** Says what is there, until disposed: `say` rejects where it is to be said again. */
  start(say: (message: Message) => Promise<void>): void;
}

/** Times that something is said: the last a day or so after the first. */
const MOST_TIMES = 15;
/** Seconds for which what was said, or given up, is remembered: it is not said twice. */
const KEPT = { age: 7 * 24 * 3600 };

/** Throws PhizError as `connectRedis`. */
export async function openOutbox<Message extends { readonly id: string }>({
  url,
  prefix = 'phiz',
  backoff = 5000,
  onError,
}: OutboxOptions): Promise<Outbox<Message>> {
  const redis = await connectRedis(url, onError);
  const bull = await import('bullmq');
  const common = { connection: redis, prefix, skipVersionCheck: true };
  const queue = new bull.Queue<Message, void, string, Message, void, string>('webhooks', {
    ...common,
    defaultJobOptions: {
      attempts: MOST_TIMES,
      backoff: { type: 'exponential', delay: backoff },
      removeOnComplete: KEPT,
      removeOnFail: KEPT,
    },
  });
  queue.on('error', onError);
  let worker: import('bullmq').Worker<Message, void, string> | undefined;
  return {
    async add(message) {
      await queue.add('webhook', message, { jobId: message.id });
    },
    start(say) {
      worker ??= new bull.Worker<Message, void, string>('webhooks', (job) => say(job.data), { ...common, concurrency: 4 });
      worker.on('error', onError);
    },
    async [Symbol.asyncDispose]() {
      await worker?.close(true).catch(() => {});
      await queue.close().catch(() => {});
      redis.disconnect();
    },
  };
}
