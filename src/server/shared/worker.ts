/** A worker: takes jobs from the queue that many machines share, a few at a time, until it is stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openScratchFolder } from '../../node/files/scratch-folder.js';
import type { Storage } from '../../node/storage/storage.js';
import { startJobProcess } from '../job-process.js';
import type { WebhookMessage } from '../webhook.js';
import { announcingClaim } from './announcing-claim.js';
import { type Analyse, type AttemptEnd, type AttemptOptions, attempt } from './attempt.js';
import type { SharedJobQueue } from './shared-work.js';

export interface WorkerOptions extends Pick<AttemptOptions, 'order' | 'models' | 'log'> {
  readonly queue: SharedJobQueue;
  readonly storage: Storage;
  /** Jobs done at a time. */
  readonly concurrency: number;
  /** Folder for what is under way. Default: one in the system's for temporary files. */
  readonly scratch?: string | undefined;
  readonly analyse?: Analyse | undefined;
  /** Told of each job that ends, perhaps more than once; the worker waits for it. */
  readonly announce?: ((message: WebhookMessage) => Promise<void>) | undefined;
  /** Told of each attempt and its seconds. */
  readonly onEnd?: ((end: AttemptEnd, seconds: number) => void) | undefined;
}

export interface SharedWorker {
  /** Jobs under way. */
  readonly running: number;
  /** Takes no more, waits `grace` seconds for what is under way, and hands back the rest. */
  stop(grace?: number): Promise<void>;
}

/** Milliseconds between two looks into an empty queue. */
const IDLE = 100;
/** Milliseconds before the next job after storage, disk or Redis failed; twice as long each further time. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;

/** Starts working. Throws as `openScratchFolder`. */
export async function startWorker(options: WorkerOptions): Promise<SharedWorker> {
  const { queue, storage, concurrency, analyse = startJobProcess, announce, onEnd = () => {}, log, order, models } = options;
  const scratch = await openScratchFolder({ beginning: 'phiz-work-', parent: options.scratch });
  const closing = new AbortController();
  const breaking = new AbortController();
  let running = 0;
  let pause = FIRST_PAUSE;

  const rest = (time: number): Promise<void> => sleep(time, undefined, { signal: closing.signal }).catch(() => {});
  const next = async (): Promise<void> => {
    const claimed = await queue.claim();
    if (!claimed) return rest(IDLE);
    const claim = announce ? announcingClaim(claimed, { queue, announce }) : claimed;
    running++;
    const begun = performance.now();
    try {
      const end = await attempt(claim, {
        queue,
        storage,
        scratch: scratch.path,
        order,
        models,
        analyse,
        stop: breaking.signal,
        log,
      });
      const seconds = (performance.now() - begun) / 1000;
      // A study asks again and again whether its recordings are done.
      log[end === 'waiting' ? 'debug' : 'info']({ job: claim.job.id, end, seconds }, 'an attempt ended');
      if (end !== 'waiting') onEnd(end, seconds);
      pause = FIRST_PAUSE;
    } finally {
      running--;
    }
  };
  const lane = async (): Promise<void> => {
    while (!closing.signal.aborted)
      await next().catch(async (error: unknown) => {
        log.error({ err: error, seconds: pause / 1000 }, 'storage, disk or queue failed; the job was handed back');
        await rest(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE);
      });
  };
  const lanes = Promise.all(Array.from({ length: concurrency }, lane));
  return {
    get running() {
      return running;
    },
    async stop(grace = 0) {
      closing.abort();
      const late = setTimeout(() => breaking.abort(), 1000 * grace);
      await lanes;
      clearTimeout(late);
      await scratch[Symbol.asyncDispose]();
    },
  };
}
