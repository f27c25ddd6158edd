/**
 * A claim that says how its job ends before the queue knows of it, so that a worker which dies between the two says it again, not never. What
 * is said twice has the same id. Only the last crash of a process is an end; that one is said after it.
 */
import type { Claim, JobProblem } from '../../node/queue/job-queue.js';
import type { WebhookMessage } from '../webhook.js';
import { kindOf, type SharedJobQueue, type SharedOutcome, type SharedWork } from './shared-work.js';

type SharedClaim = Claim<SharedWork, SharedOutcome>;

export interface AnnounceOptions {
  readonly queue: Pick<SharedJobQueue, 'get'>;
  readonly announce: (message: WebhookMessage) => Promise<void>;
}

export function announcingClaim(claim: SharedClaim, { queue, announce }: AnnounceOptions): SharedClaim {
  const { id, work } = claim.job;
  const about = { id, kind: kindOf(work) };
  const now = (): string => new Date().toISOString();
  const failed = (problem: JobProblem): Promise<void> =>
    announce({
      id: `${id}-${claim.token}`,
      type: 'job.failed',
      timestamp: now(),
      data: { ...about, complete: null, problem: { code: problem.code, detail: problem.detail } },
    });
  return {
    ...claim,
    async finish(outcome) {
      const { out, complete, problem } = outcome;
      await announce({ id: `${id}-${out}`, type: 'job.done', timestamp: now(), data: { ...about, complete, problem } });
      return claim.finish(outcome);
    },
    async fail(problem) {
      // Somebody else's job may yet be done.
      if (await claim.holds()) await failed(problem);
      return claim.fail(problem);
    },
    async crash(problem) {
      const own = await claim.crash(problem);
      if (own && (await queue.get(id))?.state === 'failed') await failed(problem);
      return own;
    },
  };
}
