/**
 * A queue in Redis or Valkey, for any number of machines: BullMQ behind the port of job-queue.ts. BullMQ's lock on a job is the claim: it
 * is renewed while the job is done, and whoever lost it (a machine that died or stood still) can end nothing any more.
 */
import { randomBytes } from 'node:crypto';
import type { Queue, QueueEvents, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { PhizError } from '../../core/error.js';
import { missingPackage } from '../files/missing-package.js';
import { openBullClaim } from './bullmq-claim.js';
import {
  type Claim,
  type JobEvent,
  type JobQueue,
  type JobStatus,
  MOST_CRASHES,
  type NewJob,
  type QueueState,
} from './job-queue.js';
import { type Kept, type KeptJob, statusOf } from './kept-job.js';
import { type OwnerTurns, ownerTurns } from './owner-turns.js';
import { checkRedis, connectRedis } from './redis.js';

export interface BullQueueOptions {
  /** As `connectRedis` takes it. */
  readonly url: string;
  /** Which of the queues there. Default: `jobs`. */
  readonly name?: string | undefined;
  /** What the names of all keys begin with. Default: `phiz`. */
  readonly prefix?: string | undefined;
  /** Most jobs that may wait of one owner; 0 for no limit. Default: 0. */
  readonly mostWaiting?: number | undefined;
  /** Milliseconds after which a job is taken from whoever gave no sign of life. Default: 30,000. */
  readonly lock?: number | undefined;
  /** Milliseconds before an attempt after a crash, twice as long each further time. Default: 1000. */
  readonly backoff?: number | undefined;
  /** Times that whoever does a job may vanish, before the job is taken for what makes them vanish. Default: 10. */
  readonly mostVanished?: number | undefined;
  /** Told of what goes wrong with the connection, which is tried again by itself. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** Which jobs of a state, in order of their age from the oldest. */
export interface JobSelection {
  readonly state?: QueueState | undefined;
  readonly from?: number | undefined;
  readonly count?: number | undefined;
}

/** The queue of machines, and what only those who look after it need. */
export interface SharedQueue<Work, Outcome> extends JobQueue<Work, Outcome> {
  list(selection?: JobSelection): Promise<readonly JobStatus<Work, Outcome>[]>;
  /** Puts a job that failed into the queue again, its crashes forgotten. False where it did not fail. */
  retry(id: string): Promise<boolean>;
  /** Rejects where Redis does not answer within a few seconds. */
  ping(): Promise<void>;
}

/** The same with BullMQ's queue behind it. */
export interface BullBackedQueue<Work, Outcome> extends SharedQueue<Work, Outcome> {
  readonly bull: Queue;
}

/** An owner who has too much waiting already. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

const TYPES = {
  queued: ['waiting', 'prioritized', 'delayed', 'waiting-children'],
  running: ['active'],
  done: ['completed'],
  failed: ['failed'],
} as const satisfies Record<QueueState, readonly string[]>;
/** Jobs that ended and are still known. What came of them lies in the storage. */
const KEPT = { age: 7 * 24 * 3600, count: 1_000_000 };

/**
 * Opens the queue. Throws PhizError `engine-unavailable` where Redis cannot be reached, would lose jobs, or the packages are missing,
 * and `invalid-option`.
 */
export async function openBullQueue<Work, Outcome>(options: BullQueueOptions): Promise<BullBackedQueue<Work, Outcome>> {
  const { url, name = 'jobs', onError = () => {} } = options;
  const bull = await import('bullmq').catch((cause: unknown) => {
    throw missingPackage('queues on Redis need', ['bullmq', 'ioredis'], cause);
  });
  const redis = await connectRedis(url, onError);
  try {
    await checkRedis(redis);
    const prefix = options.prefix ?? 'phiz';
    if (!/^[\w{}-]{1,64}$/.test(prefix))
      throw new PhizError('invalid-option', `a prefix has 1 to 64 letters, digits or _ - { }; got '${prefix}'`);
    const { lock = 30_000, backoff = 1000, mostVanished = 10 } = options;
    const queue = new bull.Queue<Kept<Work>, Outcome, string>(name, {
      connection: redis,
      prefix,
      skipVersionCheck: true,
      defaultJobOptions: {
        attempts: MOST_CRASHES,
        backoff: { type: 'exponential', delay: backoff },
        removeOnComplete: KEPT,
        removeOnFail: KEPT,
      },
    });
    const newWorker = (): Worker<Kept<Work>, Outcome, string> =>
      new bull.Worker<Kept<Work>, Outcome, string>(name, null, {
        connection: redis,
        prefix,
        lockDuration: lock,
        stalledInterval: lock,
        maxStalledCount: mostVanished,
        skipVersionCheck: true,
      });
    const newEvents = (): QueueEvents => new bull.QueueEvents(name, { connection: redis.duplicate(), prefix });
    queue.on('error', onError);
    await queue.waitUntilReady();
    return new BullQueue({ redis, queue, newWorker, newEvents, base: `${prefix}:${name}`, ...options, lock, onError });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

interface Parts<Work, Outcome> {
  readonly redis: Redis;
  readonly queue: Queue<Kept<Work>, Outcome, string>;
  readonly newWorker: () => Worker<Kept<Work>, Outcome, string>;
  readonly newEvents: () => QueueEvents;
  /** What the names of BullMQ's keys begin with. */
  readonly base: string;
  readonly lock: number;
  readonly mostWaiting?: number | undefined;
  readonly onError: (error: Error) => void;
}

class BullQueue<Work, Outcome> implements BullBackedQueue<Work, Outcome> {
  readonly #parts: Parts<Work, Outcome>;
  readonly #turns: OwnerTurns;
  readonly #cancelled: string;
  readonly #listeners = new Set<(event: JobEvent) => void>();
  #worker: Worker<Kept<Work>, Outcome, string> | undefined;
  #events: QueueEvents | undefined;

  constructor(parts: Parts<Work, Outcome>) {
    this.#parts = parts;
    this.#cancelled = `${parts.base}:cancelled`;
    this.#turns = ownerTurns(parts.redis, parts.base, this.#cancelled);
  }

  get bull(): Queue {
    return this.#parts.queue as unknown as Queue;
  }

  /** Throws QueueFull, and what the connection throws. */
  async enqueue({ id, owner, priority = 5, work }: NewJob<Work>): Promise<boolean> {
    const { queue, mostWaiting = 0 } = this.#parts;
    const place = await this.#turns.reserve(id, owner, priority, mostWaiting);
    if (place === 'there') return false;
    if (typeof place === 'object') throw new QueueFull(`${place.waiting} jobs are waiting already; try again later`);
    await queue.add('clip', { owner, priority, work }, { jobId: id, priority: place });
    return true;
  }

  async claim(): Promise<Claim<Work, Outcome> | undefined> {
    const { redis, lock, onError } = this.#parts;
    if (!this.#worker) {
      this.#worker = this.#parts.newWorker();
      this.#worker.on('error', onError);
      await this.#worker.waitUntilReady();
      void this.#worker.startStalledCheckTimer().catch(onError);
    }
    const token = randomBytes(16).toString('hex');
    const job: KeptJob<Work, Outcome> | undefined = await this.#worker.getNextJob(token, { block: false });
    if (!job) return undefined;
    const cancelled = await this.#turns.taken(job.id!, job.data.owner, job.opts.priority ?? 1);
    const claim = openBullClaim({ job, token, lock, cancelled, redis, cancelledSet: this.#cancelled });
    if (!cancelled) return claim;
    await claim.release();
    return this.claim();
  }

  async get(id: string): Promise<JobStatus<Work, Outcome> | undefined> {
    const { queue } = this.#parts;
    for (;;) {
      // BullMQ reads a job and its state apart. A job that ended between the two would be told with the crashes and outcome from before.
      const before = await queue.getJobState(id);
      const job: KeptJob<Work, Outcome> | undefined = await queue.getJob(id);
      const state = await queue.getJobState(id);
      if (!job || state === 'unknown') return undefined;
      if (state !== before) continue;
      const found = (Object.keys(TYPES) as QueueState[]).find((name) => (TYPES[name] as readonly string[]).includes(state));
      return statusOf(job, found ?? 'queued');
    }
  }

  async list({ state, from = 0, count = 100 }: JobSelection = {}): Promise<readonly JobStatus<Work, Outcome>[]> {
    const states = state ? [state] : (Object.keys(TYPES) as QueueState[]);
    const found: JobStatus<Work, Outcome>[] = [];
    let skip = from;
    for (const name of states)
      for (const type of TYPES[name]) {
        if (found.length >= count) return found;
        const jobs: (KeptJob<Work, Outcome> | undefined)[] = await this.#parts.queue.getJobs(
          [type],
          skip,
          skip + count - found.length - 1,
          true,
        );
        const there = await this.#parts.queue.getJobCountByTypes(type);
        for (const job of jobs) if (job) found.push(statusOf(job, name));
        skip = Math.max(skip - there, 0);
      }
    return found;
  }

  async counts(): Promise<Readonly<Record<QueueState, number>>> {
    const counted = await this.#parts.queue.getJobCounts(...Object.values(TYPES).flat());
    const sum = (state: QueueState): number => TYPES[state].reduce((all, type) => all + (counted[type] ?? 0), 0);
    return { queued: sum('queued'), running: sum('running'), done: sum('done'), failed: sum('failed') };
  }

  async cancel(id: string): Promise<boolean> {
    const { queue, redis } = this.#parts;
    const job: KeptJob<Work, Outcome> | undefined = await queue.getJob(id);
    if (!job) return false;
    await redis.sadd(this.#cancelled, id);
    const removed = await job.remove().then(
      () => true,
      () => false,
    );
    await this.#turns.gone(id, job.data.owner);
    // Whoever does it sees within a second that it was cancelled, and takes it out.
    if (removed) await redis.srem(this.#cancelled, id);
    return true;
  }

  async retry(id: string): Promise<boolean> {
    const job: KeptJob<Work, Outcome> | undefined = await this.#parts.queue.getJob(id);
    if (!job || !(await job.isFailed())) return false;
    await this.#parts.redis.hdel(`${this.#parts.base}:${id}`, 'stc');
    await job.retry('failed', { resetAttemptsMade: true });
    return true;
  }

  subscribe(listener: (event: JobEvent) => void): Disposable {
    this.#listeners.add(listener);
    this.#events ??= this.#listen();
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async ping(): Promise<void> {
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('Redis does not answer')), 3000).unref());
    await Promise.race([this.#parts.redis.ping(), late]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.close(true).catch(() => {});
    await this.#events?.close().catch(() => {});
    await this.#parts.queue.close().catch(() => {});
    this.#parts.redis.disconnect();
  }

  #listen(): QueueEvents {
    const events = this.#parts.newEvents();
    events.on('error', this.#parts.onError);
    const tell =
      (event: JobEvent['event']) =>
      ({ jobId }: { jobId: string }): void => {
        for (const listener of this.#listeners) listener({ id: jobId, event });
      };
    events.on('waiting', tell('queued'));
    events.on('active', tell('running'));
    events.on('progress', tell('progress'));
    events.on('completed', tell('done'));
    events.on('failed', tell('failed'));
    events.on('removed', tell('removed'));
    return events;
  }
}
