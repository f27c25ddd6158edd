/** The queue and the storage that machines share, by their addresses. */
import type { Queue } from 'bullmq';
import type { Logger } from 'pino';
import { type BullBackedQueue, openBullQueue } from '../../node/queue/bullmq-queue.js';
import { openStorage } from '../../node/storage/open-storage.js';
import type { Storage } from '../../node/storage/storage.js';
import { JOB_KINDS, type JobKind } from '../../results/job-kinds.js';
import { KindsQueue } from './kinds-queue.js';
import type { SharedJobQueue, SharedOutcome, SharedWork } from './shared-work.js';

export interface SharedPlace {
  /** Address of the queue. */
  readonly queue: string;
  /** Address of the storage. */
  readonly storage: string;
  readonly prefix?: string | undefined;
  /** Most jobs that may wait of one owner; default: no limit. */
  readonly mostWaiting?: number | undefined;
  /** Milliseconds after which a job is taken from whoever gave no sign of life. */
  readonly lock?: number | undefined;
  /** Kinds of jobs that are claimed. Default: all. */
  readonly kinds?: readonly JobKind[] | undefined;
  readonly log: Logger;
}

export interface Shared extends AsyncDisposable {
  readonly queue: SharedJobQueue;
  readonly storage: Storage;
  /** BullMQ's own, for a page that shows them. */
  readonly bullQueues: readonly Queue[];
}

/** What BullMQ calls the queue of each kind. */
const NAMES: Readonly<Record<JobKind, string>> = { clip: 'jobs', 'photo-batch': 'photo-batches', study: 'studies' };

/** Opens both. Throws as `openStorage` and `openBullQueue` do. */
export async function openShared({ queue: url, storage: address, kinds, log, ...options }: SharedPlace): Promise<Shared> {
  const storage = await openStorage(address);
  const opened: BullBackedQueue<SharedWork, SharedOutcome>[] = [];
  try {
    for (const kind of JOB_KINDS)
      opened.push(
        await openBullQueue<SharedWork, SharedOutcome>({
          ...options,
          url,
          name: NAMES[kind],
          onError: (error) => log.warn({ reason: error.message }, 'the queue cannot be reached; it is tried again'),
        }),
      );
    const byKind = Object.fromEntries(JOB_KINDS.map((kind, i) => [kind, opened[i]!])) as Record<JobKind, (typeof opened)[number]>;
    const queue = new KindsQueue(byKind, kinds);
    return {
      queue,
      storage,
      bullQueues: opened.map(({ bull }) => bull),
      async [Symbol.asyncDispose]() {
        await queue[Symbol.asyncDispose]();
        storage[Symbol.dispose]();
      },
    };
  } catch (error) {
    for (const queue of opened) await queue[Symbol.asyncDispose]();
    storage[Symbol.dispose]();
    throw error;
  }
}
