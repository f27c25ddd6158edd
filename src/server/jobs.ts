/**
 * The jobs of the service: taken in, done one after another each in a process of its own, kept for a while, deleted. What is known
 * of them stands on disk (job-store.ts) before anybody is told, so a service that is killed goes on where it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { PhizError } from '../core/error.js';
import { CLIP_KINDS } from '../node/video/clip-kind.js';
import type { Job } from '../results/service.js';
import { setAlarm } from './alarm.js';
import { backoffOf, type Entry, MOST_ATTEMPTS, NOTHING, newEntry, SETTLING } from './job-entry.js';
import type { JobNews } from './job-messages.js';
import { outcomeOf } from './job-outcome.js';
import { type JobFile, type JobPart, readyPart } from './job-part.js';
import { startJobProcess } from './job-process.js';
import { JobQueue } from './job-queue.js';
import { type ClipSettings, expiryOf, type JobRecord, newRecord } from './job-record.js';
import { type JobStore, newJobId } from './job-store.js';
import { jobView } from './job-view.js';
import { ANYBODY, type Caller, mayUse } from './keys.js';
import type { Metrics } from './metrics.js';
import type { ServeSettings } from './options.js';
import { HttpProblem } from './problem.js';
import { expireSpoiled } from './spoiled-jobs.js';
import { StoragePause } from './storage-pause.js';
import type { Upload } from './upload.js';

export interface JobsOptions {
  readonly store: JobStore;
  readonly settings: Pick<ServeSettings, 'jobs' | 'queue' | 'keep' | 'maxPixels' | 'maxDuration' | 'maxMemory' | 'models'>;
  /** Whether the file at a path is a clip. */
  readonly isClip: (path: string) => Promise<boolean>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export class Jobs {
  readonly #options: JobsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #spoiled: Disposable;
  readonly #storage: StoragePause;
  readonly #queue: JobQueue;
  readonly #stopping = new AbortController();
  #running = 0;
  #closing = false;
  /** Seconds that a job takes, in the mean. */
  #seconds = 10;

  /** Takes up the jobs that the store found. */
  constructor(options: JobsOptions) {
    this.#options = options;
    const { store, settings, log } = options;
    this.#queue = new JobQueue(settings);
    this.#storage = new StoragePause({ probe: () => store.probe(), onResume: () => this.#advance(), log });
    for (const record of store.found) {
      if (record.ended !== null) {
        this.#expire(this.#enter(record));
        continue;
      }
      // What was running died with the service that ran it, or the other way round.
      const interrupted = record.interrupted + (record.state === 'running' ? 1 : 0);
      const entry = this.#enter({ ...record, state: 'queued', started: null, interrupted });
      if (record.state === 'running' && interrupted > 1) this.#queueLater(entry, interrupted - 1);
      else this.#queue.push(entry);
    }
    this.#spoiled = expireSpoiled(store.spoiled, { keep: settings.keep, log });
  }

  /** Goes on with the jobs from before. */
  start(): void {
    if (this.#queue.length > 0) this.#options.log.info({ jobs: this.#queue.length }, 'going on with jobs from before');
    this.#advance();
  }

  /** Jobs by state. */
  get load(): Readonly<Record<JobRecord['state'] | 'arriving', number>> {
    const count = { arriving: this.#queue.arriving, queued: 0, running: 0, done: 0, failed: 0 };
    for (const { record } of this.#entries.values()) count[record.state]++;
    return count;
  }

  /**
   * Takes a clip in; when this resolves, the disk holds it. `open` gives the upload and is called once there is room for it; its signal
   * says that the place went to somebody else. `address` is where it comes from. Throws HttpProblem `busy`, `insufficient-storage`,
   * `invalid-data` (no clip), and what `open` throws.
   */
  async create(
    open: (signal: AbortSignal) => Promise<Upload>,
    settings: ClipSettings,
    caller: Caller,
    address = '',
  ): Promise<Job> {
    if (this.#closing) throw new HttpProblem('shutting-down', 'the service is shutting down; try again when it is back');
    this.#storage.check();
    const from = caller.id ?? address;
    using arrival = this.#queue.enter({ from, keyed: caller.id !== null, running: this.#running, seconds: this.#seconds });
    const id = newJobId();
    const { name, chunks } = await open(arrival.signal);
    await this.#storage.stored(this.#options.store.receive(id, chunks));
    arrival.settle();
    try {
      if (!(await this.#options.isClip(this.#options.store.uploadOf(id))))
        throw new HttpProblem(
          'invalid-data',
          `the upload is not a video that phiz reads (${CLIP_KINDS}); single images go to /v1/images`,
        );
      const record = newRecord({ id, owner: caller.id, source: name, settings });
      await this.#storage.stored(this.#options.store.save(record));
      this.#queue.push(this.#enter(record));
    } catch (error) {
      await this.#options.store.remove(id);
      throw error;
    }
    arrival[Symbol.dispose]();
    this.#advance();
    return this.get(id, caller);
  }

  /** Throws HttpProblem `job-not-found`. */
  get(id: string, caller: Caller): Job {
    const { record, progress } = this.#find(id, caller);
    return jobView(record, record.progress ?? progress, this.#options.settings.keep);
  }

  /** Throws HttpProblem `job-not-found`, `job-not-ready`, `job-failed`, `not-found` (no annotated clip was asked for). */
  result(id: string, part: JobPart, caller: Caller): JobFile {
    const { out, file, type } = readyPart(this.#find(id, caller).record, part);
    return { path: this.#options.store.resultOf(id, out, file), type };
  }

  /** Deletes a job, also one under way, with all its files. Throws HttpProblem `job-not-found`. */
  async delete(id: string, caller: Caller): Promise<void> {
    const entry = this.#find(id, caller);
    this.#entries.delete(id);
    entry.deleted = true;
    entry.expiry?.[Symbol.dispose]();
    entry.backoff?.[Symbol.dispose]();
    this.#queue.remove(entry);
    entry.process?.kill();
    await entry.running;
    await this.#options.store.remove(id);
  }

  /** Stops; jobs under way go back into the queue of the next start. */
  async stop(): Promise<void> {
    this.#closing = true;
    this.#stopping.abort();
    this.#storage.stop();
    const entries = [...this.#entries.values()];
    this.#spoiled[Symbol.dispose]();
    for (const { expiry, backoff, process } of entries) {
      expiry?.[Symbol.dispose]();
      backoff?.[Symbol.dispose]();
      process?.kill();
    }
    await Promise.all(entries.map(({ running }) => running));
  }

  /** Jobs of others are as if they were not there. */
  #find(id: string, caller: Caller): Entry {
    const entry = this.#entries.get(id);
    if (!entry || !mayUse(entry.record, caller))
      throw new HttpProblem('job-not-found', 'there is no job of this id; ended jobs are deleted after a while');
    return entry;
  }

  #enter(record: JobRecord): Entry {
    const entry = newEntry(record);
    this.#entries.set(record.id, entry);
    return entry;
  }

  /** Puts a job into the queue after a while, longer the more often it was tried. */
  #queueLater(entry: Entry, times: number): void {
    const seconds = backoffOf(times);
    this.#options.log.info({ job: entry.record.id, seconds }, 'a job waits before its next attempt');
    entry.backoff = setAlarm(Date.now() + 1000 * seconds, () => {
      entry.backoff = undefined;
      this.#queue.push(entry);
      this.#advance();
    });
  }

  /** Starts what can be started. */
  #advance(): void {
    while (!this.#closing && !this.#storage.active && this.#running < this.#options.settings.jobs) {
      const entry = this.#queue.next();
      if (!entry) return;
      this.#running++;
      entry.running = this.#run(entry)
        .catch((error: unknown) => this.#postpone(entry, error))
        .finally(() => {
          entry.running = undefined;
          entry.process = undefined;
          this.#running--;
          this.#advance();
        });
    }
  }

  /** The disk failed: the job is next when it works again. What is written there still says that it has not ended. */
  async #postpone(entry: Entry, error: unknown): Promise<void> {
    if (entry.deleted || this.#closing) return;
    this.#storage.begin(error);
    entry.record = { ...entry.record, state: 'queued', started: null, out: null };
    this.#queue.unshift(entry);
    // What it wrote so far is in the way of others.
    await this.#options.store.tidy(entry.record).catch(() => {});
  }

  async #run(entry: Entry): Promise<void> {
    const { id } = entry.record;
    const out = `out-${newJobId()}`;
    await this.#change(entry, { state: 'running', started: new Date().toISOString(), out: null });
    if (entry.deleted || this.#closing) return this.#requeue(entry);
    entry.progress = NOTHING;
    const { models, maxPixels, maxDuration, maxMemory } = this.#options.settings;
    const { source, settings } = entry.record;
    const begun = performance.now();
    entry.process = startJobProcess(
      {
        upload: this.#options.store.uploadOf(id),
        out: this.#options.store.resultOf(id, out),
        source,
        settings,
        models,
        maxPixels,
        maxDuration,
        maxMemory,
      },
      ({ frames, totalFrames }: Extract<JobNews, { kind: 'progress' }>) => {
        entry.progress = { frames, totalFrames };
      },
    );
    const end = await entry.process.end;
    const seconds = (performance.now() - begun) / 1000;
    if (end.kind === 'crashed' && !entry.deleted)
      await sleep(SETTLING, undefined, { signal: this.#stopping.signal }).catch(() => {});
    if (entry.deleted) return;
    if (end.kind === 'crashed' && this.#closing) return this.#requeue(entry);
    this.#options.log.info(
      { job: id, end: end.kind, seconds, ...(end.kind === 'crashed' ? { why: end.why } : {}) },
      'job process ended',
    );
    this.#options.metrics.jobEnded(end.kind, seconds);
    if (end.kind === 'crashed') return this.#retry(entry);
    // The folder is the service's own, so the clip has no part in this.
    if (end.kind === 'failed' && end.code === 'unwritable-file') throw new PhizError(end.code, end.message);
    this.#seconds += 0.2 * (seconds - this.#seconds);
    await this.#end(entry, outcomeOf({ id, out }, end, this.#options.log));
    this.#storage.worked();
  }

  /** Counts the death of a process, and tries again or gives up. */
  async #retry(entry: Entry): Promise<void> {
    const attempts = entry.record.attempts + 1;
    const counted = { attempts, interrupted: 0 };
    if (attempts >= MOST_ATTEMPTS) {
      const detail = `the analysis of this clip crashed ${attempts} times`;
      return this.#end(entry, { ...counted, state: 'failed', problem: { code: 'job-crashed', detail } });
    }
    await this.#change(entry, { ...counted, state: 'queued', started: null });
    await this.#options.store.tidy(entry.record);
    if (!entry.deleted) this.#queueLater(entry, attempts);
  }

  async #end(entry: Entry, changes: Partial<JobRecord>): Promise<void> {
    await this.#change(entry, { ...changes, ended: new Date().toISOString() });
    if (entry.deleted) return;
    await this.#options.store.tidy(entry.record);
    this.#expire(entry);
  }

  /** The attempt was broken off by the service, which is not the clip's fault. */
  async #requeue(entry: Entry): Promise<void> {
    if (entry.deleted) return;
    await this.#change(entry, { state: 'queued', started: null });
    await this.#options.store.tidy(entry.record);
  }

  /** On disk first, then for all to see. */
  async #change(entry: Entry, changes: Partial<JobRecord>): Promise<void> {
    const record: JobRecord = { ...entry.record, ...changes };
    if (entry.deleted) return;
    await this.#options.store.save(record);
    entry.record = record;
  }

  #expire(entry: Entry): void {
    const { id, ended } = entry.record;
    entry.expiry = setAlarm(expiryOf(ended!, this.#options.settings.keep), () => {
      this.delete(id, ANYBODY).catch((error: unknown) =>
        this.#options.log.error({ err: error, job: id }, 'a job could not be deleted'),
      );
    });
  }
}
