/**
 * One queue for each kind of job, behind the port as one: whoever works takes the kinds that it has room for, whoever asks asks all. A worker
 * takes from each kind in turn, so that none waits for another to be empty; one of which nothing waits is asked seldom.
 */
import type { JobSelection, SharedQueue } from '../../node/queue/bullmq-queue.js';
import type { Claim, JobEvent, JobStatus, NewJob, QueueState } from '../../node/queue/job-queue.js';
import { JOB_KINDS, type JobKind } from '../../results/job-kinds.js';
import { kindOf, type SharedOutcome, type SharedWork } from './shared-work.js';

type One = SharedQueue<SharedWork, SharedOutcome>;
type Status = JobStatus<SharedWork, SharedOutcome>;
type Counts = Readonly<Record<QueueState, number>>;

/** Milliseconds for which a kind of which nothing waited is not asked for again, twice as long each further time. */
const [FIRST_REST, LONGEST_REST] = [100, 400];

export class KindsQueue implements SharedQueue<SharedWork, SharedOutcome> {
  readonly #queues: Readonly<Record<JobKind, One>>;
  readonly #kinds: readonly JobKind[];
  /** Kinds of which nothing waited: until when they are not asked, and for how long that is. */
  readonly #empty = new Map<JobKind, { readonly until: number; readonly rest: number }>();
  #turn = 0;

  /** `kinds`: those that are claimed. */
  constructor(queues: Readonly<Record<JobKind, One>>, kinds: readonly JobKind[] = JOB_KINDS) {
    this.#queues = queues;
    this.#kinds = kinds;
  }

  get #all(): readonly One[] {
    return JOB_KINDS.map((kind) => this.#queues[kind]);
  }

  enqueue(job: NewJob<SharedWork>): Promise<boolean> {
    return this.#queues[kindOf(job.work)].enqueue(job);
  }

  async claim(): Promise<Claim<SharedWork, SharedOutcome> | undefined> {
    const first = this.#turn++ % this.#kinds.length;
    for (const kind of [...this.#kinds.slice(first), ...this.#kinds.slice(0, first)]) {
      const before = this.#empty.get(kind);
      if (before && performance.now() < before.until) continue;
      const claim = await this.#queues[kind].claim();
      if (claim) {
        this.#empty.delete(kind);
        return claim;
      }
      const rest = before ? Math.min(2 * before.rest, LONGEST_REST) : FIRST_REST;
      this.#empty.set(kind, { until: performance.now() + rest, rest });
    }
    return undefined;
  }

  async get(id: string): Promise<Status | undefined> {
    for (const queue of this.#all) {
      const status = await queue.get(id);
      if (status) return status;
    }
    return undefined;
  }

  async list({ state, from = 0, count = 100 }: JobSelection = {}): Promise<readonly Status[]> {
    const found: Status[] = [];
    let skip = from;
    for (const queue of this.#all) {
      if (found.length >= count) break;
      const counts = await queue.counts();
      const there = state ? counts[state] : Object.values(counts).reduce((sum, some) => sum + some, 0);
      found.push(...(await queue.list({ state, from: skip, count: count - found.length })));
      skip = Math.max(skip - there, 0);
    }
    return found;
  }

  async counts(): Promise<Counts> {
    const sum = { queued: 0, running: 0, done: 0, failed: 0 };
    for (const counts of Object.values(await this.countsByKind()))
      for (const state of Object.keys(sum) as QueueState[]) sum[state] += counts[state];
    return sum;
  }

  async countsByKind(): Promise<Readonly<Record<JobKind, Counts>>> {
    const counts = await Promise.all(JOB_KINDS.map(async (kind) => [kind, await this.#queues[kind].counts()] as const));
    return Object.fromEntries(counts) as Record<JobKind, Counts>;
  }

  async cancel(id: string): Promise<boolean> {
    for (const queue of this.#all) if (await queue.cancel(id)) return true;
    return false;
  }

  async retry(id: string): Promise<boolean> {
    for (const queue of this.#all) if (await queue.retry(id)) return true;
    return false;
  }

  subscribe(listener: (event: JobEvent) => void): Disposable {
    const all = this.#all.map((queue) => queue.subscribe(listener));
    return {
      [Symbol.dispose]: () => {
        for (const one of all) one[Symbol.dispose]();
      },
    };
  }

  ping(): Promise<void> {
    return this.#queues.clip.ping();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const queue of this.#all) await queue[Symbol.asyncDispose]();
  }
}
