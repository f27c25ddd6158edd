/** One attempt at a job of BullMQ: renews the lock, hears that the job was cancelled, and ends it where it is still the job's own. */
import type { Redis } from 'ioredis';
import type { Claim, JobProblem } from './job-queue.js';
import type { KeptJob } from './kept-job.js';

export interface BullClaimOptions<Work, Outcome> {
  readonly job: KeptJob<Work, Outcome>;
  readonly token: string;
  /** Milliseconds for which the lock holds. */
  readonly lock: number;
  readonly cancelled: boolean;
  readonly redis: Redis;
  /** The set of cancelled jobs. */
  readonly cancelledSet: string;
}

/** Milliseconds between two looks at whether the job was cancelled. */
const LOOK = 1000;
/** BullMQ's answers to somebody who has no claim to a job: it is gone, locked by nobody, not being done, locked by others. */
const NOT_OWN: readonly unknown[] = [-1, -2, -3, -6];

export function openBullClaim<Work, Outcome>({
  job,
  token,
  lock,
  cancelled,
  redis,
  cancelledSet,
}: BullClaimOptions<Work, Outcome>): Claim<Work, Outcome> {
  const lost = new AbortController();
  const id = job.id!;
  const { owner, priority, work } = job.data;
  let ended = false;
  let renewed = performance.now();
  let looking = false;
  if (cancelled) lost.abort();

  const holds = async (): Promise<boolean> => {
    if (ended) return false;
    const own = await job.extendLock(token, lock).then(
      (answer) => answer === 1,
      (error: { code?: unknown }) => {
        if (NOT_OWN.includes(error.code) || /lock/i.test(String(error))) return false;
        throw error;
      },
    );
    const wanted = own && (await redis.sismember(cancelledSet, id)) === 0;
    if (own) renewed = performance.now();
    if (!wanted) lost.abort();
    return wanted;
  };
  const look = async (): Promise<void> => {
    // While Redis is away one look waits, not one more a second.
    if (looking || ended) return;
    looking = true;
    try {
      if (performance.now() - renewed > lock / 3) await holds();
      if ((await redis.sismember(cancelledSet, id)) === 1) lost.abort();
    } catch {
      // Whether it still holds is asked again at the end.
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), Math.min(LOOK, lock / 4));
  timer.unref();

  /** Ends the attempt; false where it was not the job's own any more. */
  const ending = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (ended) return false;
    try {
      await work();
      return true;
    } catch (error) {
      if (NOT_OWN.includes((error as { code?: unknown }).code)) return false;
      throw error;
    } finally {
      ended = true;
      clearInterval(timer);
    }
  };
  const failed = (problem: JobProblem): Error => new Error(`${problem.code}: ${problem.detail}`);

  return {
    job: { id, owner, priority, work },
    token,
    signal: lost.signal,
    // BullMQ says so to whoever takes it next, who is to fail it.
    givenUp: job.deferredFailure
      ? {
          code: 'job-crashed',
          detail: `the workers that did it vanished ${job.stalledCounter} times, killed perhaps for want of memory; phiz jobs retry tries it again`,
        }
      : undefined,
    progress(progress) {
      if (!ended) void job.updateProgress({ ...progress }).catch(() => {});
    },
    holds,
    finish: (outcome) => ending(() => job.moveToCompleted(outcome, token, false)),
    fail: (problem) =>
      ending(async () => {
        // No further attempts, whatever is left of them.
        job.opts.attempts = 0;
        await job.moveToFailed(failed(problem), token, false);
      }),
    postpone: (seconds) => ending(() => job.moveToDelayed(Date.now() + 1000 * seconds, token)),
    crash: (problem) => ending(() => job.moveToFailed(failed(problem), token, false)),
    async release() {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      try {
        if ((await redis.sismember(cancelledSet, id)) === 0) await job.moveToWait(token);
        else {
          job.opts.attempts = 0;
          await job.moveToFailed(failed({ code: 'job-cancelled', detail: 'it was cancelled' }), token, false);
          await job.remove();
          await redis.srem(cancelledSet, id);
        }
      } catch {
        // Its lock runs out, and then it is taken up by others.
      }
    },
  };
}
