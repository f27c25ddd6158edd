/** The queue and the storage that machines share, by their addresses. */
import type { Logger } from 'pino';
import { openBullQueue } from '../../node/queue/bullmq-queue.js';
import { openStorage } from '../../node/storage/open-storage.js';
import type { Storage } from '../../node/storage/storage.js';
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
  readonly log: Logger;
}

export interface Shared extends AsyncDisposable {
  readonly queue: SharedJobQueue;
  readonly storage: Storage;
}

/** Opens both. Throws as `openStorage` and `openBullQueue` do. */
export async function openShared({ queue: url, storage: address, log, ...options }: SharedPlace): Promise<Shared> {
  const storage = await openStorage(address);
  try {
    const queue = await openBullQueue<SharedWork, SharedOutcome>({
      ...options,
      url,
      onError: (error) => log.warn({ reason: error.message }, 'the queue cannot be reached; it is tried again'),
    });
    return {
      queue,
      storage,
      async [Symbol.asyncDispose]() {
        await queue[Symbol.asyncDispose]();
        storage[Symbol.dispose]();
      },
    };
  } catch (error) {
    storage[Symbol.dispose]();
    throw error;
  }
}
