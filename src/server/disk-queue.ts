/**
 * The queue of one service, in a folder of its own: behind the port of job-queue.ts. What is known of a job stands on disk (job-store.ts)
 * before anybody is told, so a service that is killed goes on where it was.
 */
import type { Logger } from 'pino';
import {
  type Claim,
  type JobEvent,
  type JobQueue,
  type JobStatus,
  MOST_CRASHES,
  type NewJob,
  type QueueState,
} from '../node/queue/job-queue.js';
import { Turns } from '../node/queue/turns.js';
import { callAfter } from './alarm.js';
import { backoffOf, type Entry, type Holder, NOTHING, newEntry, newHolder } from './job-entry.js';
import { expiryOf, type JobRecord, newRecord } from './job-record.js';
import { type JobStore, newJobId } from './job-store.js';

/** What a job is to do. */
export type ClipWork = Pick<JobRecord, 'source' | 'settings'>;
/** What came of a job: its folder of results, and what is said of them. */
export type ClipOutcome = Pick<JobRecord, 'complete' | 'problem' | 'warnings' | 'progress'> & { readonly out: string };

export interface DiskQueueOptions {
  readonly store: JobStore;
  /** Minutes for which an ended job stays. */
  readonly keep: number;
  readonly log: Logger;
}

const PRIORITY = 5;

export class DiskQueue implements JobQueue<ClipWork, ClipOutcome> {
  readonly #options: DiskQueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #queue = new Turns<Entry>(({ record }) => ({ owner: record.owner, priority: PRIORITY }));
  readonly #listeners = new Set<(event: JobEvent) => void>();
  #closing = false;

  /** Takes up the jobs that the store found. */
  constructor(options: DiskQueueOptions) {
    this.#options = options;
    for (const record of options.store.found) {
      if (record.ended !== null) {
        this.#expire(this.#enter(record), expiryOf(Date.parse(record.ended), options.keep) - Date.now());
        continue;
      }
      // What was running died with the service that ran it, or the other way round.
      const interrupted = record.interrupted + (record.state === 'running' ? 1 : 0);
      const entry = this.#enter({ ...record, state: 'queued', started: null, interrupted });
      if (record.state === 'running' && interrupted > 1) this.#queueLater(entry, interrupted - 1);
      else this.#queue.push(entry);
    }
  }

  /** Jobs that could be done at once. */
  get waiting(): Pick<Turns<Entry>, 'length' | 'of'> {
    return this.#queue;
  }

  /** Jobs by state. */
  get load(): Readonly<Record<QueueState, number>> {
    const count = { queued: 0, running: 0, done: 0, failed: 0 };
    for (const { record } of this.#entries.values()) count[record.state]++;
    return count;
  }

  async counts(): Promise<Readonly<Record<QueueState, number>>> {
    return this.load;
  }

  /** The upload is on the disk by now. Throws what the disk throws. */
  async enqueue({ id, owner, work }: NewJob<ClipWork>): Promise<boolean> {
    if (this.#entries.has(id)) return false;
    const record = newRecord({ id, owner, ...work });
    const entry = this.#enter(record);
    try {
      await this.#options.store.save(record);
    } catch (error) {
      this.#entries.delete(id);
      throw error;
    }
    if (entry.deleted) return true;
    this.#queue.push(entry);
    this.#tell(entry, 'queued');
    return true;
  }

  /** Throws what the disk throws; the job is next then. */
  async claim(): Promise<Claim<ClipWork, ClipOutcome> | undefined> {
    const entry = this.#closing ? undefined : this.#queue.take();
    if (!entry) return undefined;
    const holder = newHolder();
    entry.holder = holder;
    const claim = this.#claimOf(entry, holder);
    try {
      await this.#change(entry, { state: 'running', started: new Date().toISOString(), out: null });
    } catch (error) {
      await claim.release();
      throw error;
    }
    entry.progress = NOTHING;
    this.#tell(entry, 'running');
    return claim;
  }

  async get(id: string): Promise<JobStatus<ClipWork, ClipOutcome> | undefined> {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    const { owner, state, source, settings, created, started, ended, attempts, out, problem, complete, warnings } = entry.record;
    const progress = entry.record.progress ?? entry.progress;
    return {
      id,
      owner,
      work: { source, settings },
      state,
      progress,
      created,
      started,
      ended,
      crashes: attempts,
      outcome: state === 'done' && out !== null ? { out, complete, problem, warnings, progress } : null,
      problem: state === 'failed' ? problem : null,
    };
  }

  /** The job as it stands in this service's memory. */
  find(id: string): Readonly<Pick<Entry, 'record' | 'progress'>> | undefined {
    return this.#entries.get(id);
  }

  /** Jobs that ended and whose end was not announced yet. */
  get unannounced(): readonly JobRecord[] {
    return [...this.#entries.values()].flatMap(({ record }) => (record.ended !== null && !record.announced ? [record] : []));
  }

  /** The end of a job was announced. Throws what the disk throws. */
  async announced(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry) await this.#change(entry, { announced: true });
  }

  async cancel(id: string): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    this.#entries.delete(id);
    entry.deleted = true;
    entry.expiry?.[Symbol.dispose]();
    entry.backoff?.[Symbol.dispose]();
    this.#queue.remove(entry);
    entry.holder?.lost.abort();
    await entry.holder?.settled;
    await this.#options.store.remove(id);
    this.#tell(entry, 'removed');
    return true;
  }

  subscribe(listener: (event: JobEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Gives no job any more, and forgets its alarms. What is under way may still end; the store stays open. */
  close(): void {
    this.#closing = true;
    for (const { expiry, backoff } of this.#entries.values()) {
      expiry?.[Symbol.dispose]();
      backoff?.[Symbol.dispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #claimOf(entry: Entry, holder: Holder): Claim<ClipWork, ClipOutcome> {
    const { id, owner, source, settings } = entry.record;
    const holds = (): boolean => !entry.deleted && entry.holder === holder;
    const settle = (): void => {
      if (entry.holder === holder) entry.holder = undefined;
      holder.settle();
    };
    /** Ends the attempt by `work`, where it is still the job's own. Where the disk fails it is still there to be released. */
    const ending = async (work: () => Promise<void>): Promise<boolean> => {
      const own = holds();
      if (own) await work();
      settle();
      return own;
    };
    return {
      job: { id, owner, work: { source, settings } },
      token: newJobId(),
      signal: holder.lost.signal,
      progress: (progress) => {
        if (!holds()) return;
        entry.progress = progress;
        this.#tell(entry, 'progress');
      },
      holds: async () => holds(),
      finish: (outcome) => ending(() => this.#end(entry, { ...outcome, state: 'done' })),
      fail: (problem) =>
        ending(() => this.#end(entry, { state: 'failed', problem: problem as NonNullable<JobRecord['problem']> })),
      crash: (problem) => ending(() => this.#retry(entry, problem as NonNullable<JobRecord['problem']>)),
      postpone: (seconds) =>
        ending(async () => {
          await this.#change(entry, { state: 'queued', started: null, out: null });
          await this.#options.store.tidy(entry.record);
          if (!entry.deleted) this.#queueIn(entry, seconds);
        }),
      release: async () => {
        if (holds()) await this.#requeue(entry).catch(() => {});
        settle();
      },
    };
  }

  /** Counts the death of a process, and tries again or gives up. */
  async #retry(entry: Entry, problem: JobRecord['problem']): Promise<void> {
    const attempts = entry.record.attempts + 1;
    const counted = { attempts, interrupted: 0 };
    if (attempts >= MOST_CRASHES) return this.#end(entry, { ...counted, state: 'failed', problem });
    await this.#change(entry, { ...counted, state: 'queued', started: null });
    await this.#options.store.tidy(entry.record);
    if (!entry.deleted) this.#queueLater(entry, attempts);
  }

  async #end(entry: Entry, changes: Partial<JobRecord> & Pick<JobRecord, 'state'>): Promise<void> {
    await this.#change(entry, { ...changes, ended: new Date().toISOString() });
    if (entry.deleted) return;
    await this.#options.store.tidy(entry.record);
    this.#expire(entry, 60_000 * this.#options.keep);
    this.#tell(entry, changes.state);
  }

  /** The job is next. Where the disk takes nothing, what is written there still says that it has not ended. */
  async #requeue(entry: Entry): Promise<void> {
    const changes = { state: 'queued', started: null, out: null } as const;
    try {
      await this.#change(entry, changes);
    } catch {
      entry.record = { ...entry.record, ...changes };
    }
    if (!entry.deleted) this.#queue.unshift(entry);
    // What it wrote so far is in the way of others.
    await this.#options.store.tidy(entry.record);
  }

  /** Puts a job into the queue after a while, longer the more often it was tried. */
  #queueLater(entry: Entry, times: number): void {
    const seconds = backoffOf(times);
    this.#options.log.info({ job: entry.record.id, seconds }, 'a job waits before its next attempt');
    this.#queueIn(entry, seconds);
  }

  #queueIn(entry: Entry, seconds: number): void {
    entry.backoff = callAfter(1000 * seconds, () => {
      entry.backoff = undefined;
      this.#queue.push(entry);
      this.#tell(entry, 'queued');
    });
  }

  /** On disk first, then for all to see. */
  async #change(entry: Entry, changes: Partial<JobRecord>): Promise<void> {
    const record: JobRecord = { ...entry.record, ...changes };
    if (entry.deleted) return;
    await this.#options.store.save(record);
    entry.record = record;
  }

  #enter(record: JobRecord): Entry {
    const entry = newEntry(record);
    this.#entries.set(record.id, entry);
    return entry;
  }

  /** Deletes a job after so many milliseconds. */
  #expire(entry: Entry, milliseconds: number): void {
    const { id } = entry.record;
    entry.expiry = callAfter(milliseconds, () => {
      this.cancel(id).catch((error: unknown) => this.#options.log.error({ err: error, job: id }, 'a job could not be deleted'));
    });
  }

  #tell({ record }: Entry, event: JobEvent['event']): void {
    for (const listener of this.#listeners) listener({ id: record.id, event });
  }
}
