/** What happens to a job, as it happens: the job again whenever it moved, until it has ended. */
import type { Job } from '../results/service.js';
import type { ClipJobs } from './jobs.js';
import type { Caller } from './keys.js';
import { HttpProblem } from './problem.js';

export interface FollowOptions {
  readonly jobs: Pick<ClipJobs, 'get' | 'subscribe'>;
  readonly id: string;
  readonly caller: Caller;
  /** Whether to end, asked once a second. */
  readonly stopped: () => boolean;
}

/** Milliseconds between two looks at `stopped`; and looks after which something is said, so that nothing between takes the connection for dead. */
const LOOK = 1000;
const LOOKS = 15;

/** Gives the job whenever something of it has changed, undefined where nothing has for a while; ends with it. Throws nothing. */
export async function* followJob({ jobs, id, caller, stopped }: FollowOptions): AsyncGenerator<Job | undefined, void, undefined> {
  let wake = (): void => {};
  let moved = true;
  using _ = jobs.subscribe((event) => {
    if (event.id !== id) return;
    moved = true;
    wake();
  });
  let told = '';
  for (let looks = 1; !stopped(); looks++) {
    // An event may be lost on its way; the job is looked at now and then without one.
    if (moved || looks % LOOKS === 0) {
      moved = false;
      const job = await jobs.get(id, caller).catch((error: unknown) => {
        if (error instanceof HttpProblem && error.code === 'job-not-found') return undefined;
        throw error;
      });
      if (!job) return;
      const text = JSON.stringify(job);
      yield text === told ? undefined : job;
      told = text;
      if (job.state === 'done' || job.state === 'failed') return;
    }
    if (moved) continue;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
