/**
 * The jobs of the service: taken in, done one after another each in a process of its own, kept for a while, deleted. What is known
 * of them stands on disk (job-store.ts) before anybody is told, so a service that is killed goes on where it was.
 */
import type { Logger } from 'pino';
import { PhizError } from '../core/error.js';
import type { Job } from '../results/service.js';
import { setAlarm } from './alarm.js';
import type { JobNews } from './job-messages.js';
import { type JobEnd, type JobProcess, startJobProcess } from './job-process.js';
import { type ClipSettings, expiryOf, JOB_PARTS, type JobPart, type JobRecord, jobView, newRecord } from './job-record.js';
import { type JobStore, newJobId, type SpoiledJob } from './job-store.js';
import type { Metrics } from './metrics.js';
import type { ServeSettings } from './options.js';
import { HttpProblem, problemOf } from './problem.js';
import type { Upload } from './upload.js';

export interface JobsOptions {
  readonly store: JobStore;
  readonly settings: Pick<ServeSettings, 'jobs' | 'queue' | 'keep' | 'maxPixels' | 'maxDuration' | 'models'>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** A result as a file. */
export interface JobFile {
  readonly path: string;
  readonly type: string;
}

interface Entry {
  record: JobRecord;
  progress: Job['progress'];
  process: JobProcess | undefined;
  /** Set while the job runs: resolves when its files are at rest. */
  running: Promise<void> | undefined;
  expiry: Disposable | undefined;
  deleted: boolean;
}

/** Processes that may die on one job. */
const MOST_ATTEMPTS = 3;
const NOTHING: Job['progress'] = { frames: 0, totalFrames: null };

export class Jobs {
  readonly #store: JobStore;
  readonly #settings: JobsOptions['settings'];
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #entries = new Map<string, Entry>();
  readonly #spoiled: readonly Disposable[];
  #queue: Entry[] = [];
  #arriving = 0;
  #running = 0;
  #closing = false;
  /** Seconds that a job takes, in the mean. */
  #seconds = 10;

  /** Takes up the jobs that the store found. */
  constructor({ store, settings, metrics, log }: JobsOptions) {
    this.#store = store;
    this.#settings = settings;
    this.#metrics = metrics;
    this.#log = log;
    for (const record of store.found) {
      // What was running died with the service that ran it.
      const entry = this.#enter(record.ended === null ? { ...record, state: 'queued', started: null } : record);
      if (record.ended !== null) this.#expire(entry);
      else this.#queue.push(entry);
    }
    this.#spoiled = store.spoiled.map((spoiled) => this.#expireSpoiled(spoiled));
  }

  /** Goes on with the jobs from before. */
  start(): void {
    if (this.#queue.length > 0) this.#log.info({ jobs: this.#queue.length }, 'going on with jobs from before');
    this.#advance();
  }

  /** Jobs by state. */
  get load(): Readonly<Record<JobRecord['state'] | 'arriving', number>> {
    const count = { arriving: this.#arriving, queued: 0, running: 0, done: 0, failed: 0 };
    for (const { record } of this.#entries.values()) count[record.state]++;
    return count;
  }

  /**
   * Takes a clip in; when this resolves, the disk holds it. `open` gives the upload and is called once there is room for it.
   * Throws HttpProblem `busy`, `invalid-data` (no clip), and what `open` throws.
   */
  async create(open: () => Promise<Upload>, settings: ClipSettings, isClip: (path: string) => Promise<boolean>): Promise<Job> {
    if (this.#closing) throw new HttpProblem('shutting-down', 'the service is shutting down; try again when it is back');
    const waiting = this.#queue.length + this.#arriving;
    if (waiting >= this.#settings.queue + this.#settings.jobs - this.#running)
      throw new HttpProblem('busy', `${waiting} clips are waiting already; try again later`, {
        headers: { 'Retry-After': String(Math.min(Math.ceil((this.#seconds * (waiting + 1)) / this.#settings.jobs), 600)) },
      });
    this.#arriving++;
    const id = newJobId();
    try {
      const { name, chunks } = await open();
      await this.#store.receive(id, chunks);
      try {
        if (!(await isClip(this.#store.uploadOf(id))))
          throw new HttpProblem(
            'invalid-data',
            'the upload is no video that phiz reads (MP4, MOV, WebM, MKV, AVI, Motion JPEG, animated GIF and WebP); single images go to /v1/images',
          );
        const record = newRecord({ id, source: name, settings });
        await this.#store.save(record);
        const entry = this.#enter(record);
        this.#queue.push(entry);
      } catch (error) {
        await this.#store.remove(id);
        throw error;
      }
    } finally {
      this.#arriving--;
    }
    this.#advance();
    return this.get(id);
  }

  /** Throws HttpProblem `job-not-found`. */
  get(id: string): Job {
    const { record, progress } = this.#find(id);
    return jobView(record, record.progress ?? progress, this.#settings.keep);
  }

  /** Throws HttpProblem `job-not-found`, `job-not-ready`, `job-failed`, `not-found` (no annotated clip was asked for). */
  result(id: string, part: JobPart): JobFile {
    const { record } = this.#find(id);
    const { state, out, problem, settings } = record;
    if (state === 'failed') throw new HttpProblem('job-failed', problem?.detail ?? 'the job failed');
    if (state !== 'done' || out === null)
      throw new HttpProblem('job-not-ready', `the job is ${state}; ask /v1/jobs/${id} until it is done`, {
        headers: { 'Retry-After': '1' },
      });
    if (part === 'annotated' && !settings.annotated)
      throw new HttpProblem('not-found', 'this job was asked for no annotated clip (annotated=false)');
    const { file, type } = JOB_PARTS[part];
    return { path: this.#store.resultOf(id, out, file), type };
  }

  /** Deletes a job, also one under way, with all its files. Throws HttpProblem `job-not-found`. */
  async delete(id: string): Promise<void> {
    const entry = this.#find(id);
    this.#entries.delete(id);
    entry.deleted = true;
    entry.expiry?.[Symbol.dispose]();
    this.#queue = this.#queue.filter((queued) => queued !== entry);
    entry.process?.kill();
    await entry.running;
    await this.#store.remove(id);
  }

  /** Stops; jobs under way go back into the queue of the next start. */
  async stop(): Promise<void> {
    this.#closing = true;
    const entries = [...this.#entries.values()];
    for (const alarm of this.#spoiled) alarm[Symbol.dispose]();
    for (const { expiry, process } of entries) {
      expiry?.[Symbol.dispose]();
      process?.kill();
    }
    await Promise.all(entries.map(({ running }) => running));
  }

  #find(id: string): Entry {
    const entry = this.#entries.get(id);
    if (!entry) throw new HttpProblem('job-not-found', 'there is no job of this id; ended jobs are deleted after a while');
    return entry;
  }

  #enter(record: JobRecord): Entry {
    const idle = { progress: NOTHING, process: undefined, running: undefined, expiry: undefined, deleted: false };
    const entry: Entry = { record, ...idle };
    this.#entries.set(record.id, entry);
    return entry;
  }

  /** Starts what can be started. */
  #advance(): void {
    while (!this.#closing && this.#running < this.#settings.jobs) {
      const entry = this.#queue.shift();
      if (!entry) return;
      this.#running++;
      entry.running = this.#run(entry)
        .catch((error: unknown) => {
          // The disk failed. What is written there still says 'queued' or 'running', which the next start takes up.
          this.#log.error({ err: error, job: entry.record.id }, 'a job could not be written');
          const { code, message } = problemOf(error);
          const ended = new Date().toISOString();
          entry.record = { ...entry.record, state: 'failed', ended, problem: { code, detail: message } };
        })
        .finally(() => {
          entry.running = undefined;
          entry.process = undefined;
          this.#running--;
          this.#advance();
        });
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { id } = entry.record;
    const out = `out-${newJobId()}`;
    if (entry.record.attempts >= MOST_ATTEMPTS) {
      await this.#end(entry, {
        state: 'failed',
        problem: { code: 'job-crashed', detail: `the analysis of this clip crashed ${MOST_ATTEMPTS} times` },
      });
      return;
    }
    await this.#change(entry, {
      state: 'running',
      started: new Date().toISOString(),
      attempts: entry.record.attempts + 1,
      out: null,
    });
    if (entry.deleted || this.#closing) return this.#requeue(entry);
    entry.progress = NOTHING;
    const { models, maxPixels, maxDuration } = this.#settings;
    const { source, settings } = entry.record;
    const begun = performance.now();
    entry.process = startJobProcess(
      { upload: this.#store.uploadOf(id), out: this.#store.resultOf(id, out), source, settings, models, maxPixels, maxDuration },
      ({ frames, totalFrames }: Extract<JobNews, { kind: 'progress' }>) => {
        entry.progress = { frames, totalFrames };
      },
    );
    const end = await entry.process.end;
    const seconds = (performance.now() - begun) / 1000;
    if (entry.deleted) return;
    if (end.kind === 'crashed' && this.#closing) return this.#requeue(entry);
    this.#log.info({ job: id, end: end.kind, seconds, ...(end.kind === 'crashed' ? { why: end.why } : {}) }, 'job process ended');
    this.#metrics.jobEnded(end.kind, seconds);
    if (end.kind === 'crashed') {
      await this.#change(entry, { state: 'queued', started: null });
      await this.#store.tidy(entry.record);
      if (!entry.deleted) this.#queue.push(entry);
      return;
    }
    this.#seconds += 0.2 * (seconds - this.#seconds);
    await this.#end(entry, this.#outcome(id, out, end));
  }

  /** What an answer makes of a job. */
  #outcome(id: string, out: string, end: Exclude<JobEnd, { kind: 'crashed' }>): Partial<JobRecord> {
    const told = ({ code, message }: { code: PhizError['code'] | undefined; message: string }): JobRecord['problem'] => {
      const problem = problemOf(code === undefined ? new Error(message) : new PhizError(code, message));
      if (problem.status >= 500) this.#log.error({ job: id, code, reason: message }, 'a job failed by no fault of its clip');
      return { code: problem.code, detail: problem.message };
    };
    if (end.kind === 'failed') return { state: 'failed', problem: told(end) };
    const problem = end.problem && told(end.problem);
    const progress = { frames: end.frames, totalFrames: end.frames };
    return { state: 'done', out, complete: problem === null, problem, warnings: end.warnings, progress };
  }

  async #end(entry: Entry, changes: Partial<JobRecord>): Promise<void> {
    await this.#change(entry, { ...changes, ended: new Date().toISOString() });
    if (entry.deleted) return;
    await this.#store.tidy(entry.record);
    this.#expire(entry);
  }

  /** The attempt was broken off by the service, which is not the clip's fault. */
  async #requeue(entry: Entry): Promise<void> {
    if (entry.deleted) return;
    await this.#change(entry, { state: 'queued', started: null, attempts: Math.max(entry.record.attempts - 1, 0) });
    await this.#store.tidy(entry.record);
  }

  /** On disk first, then for all to see. */
  async #change(entry: Entry, changes: Partial<JobRecord>): Promise<void> {
    const record: JobRecord = { ...entry.record, ...changes };
    if (entry.deleted) return;
    await this.#store.save(record);
    entry.record = record;
  }

  #expire(entry: Entry): void {
    const { id, ended } = entry.record;
    entry.expiry = setAlarm(expiryOf(ended!, this.#settings.keep), () => {
      this.delete(id).catch((error: unknown) => this.#log.error({ err: error, job: id }, 'a job could not be deleted'));
    });
  }

  /** What was set aside is there for as long as an ended job. */
  #expireSpoiled({ path, since, remove }: SpoiledJob): Disposable {
    this.#log.error({ path }, 'the job.json of this job cannot be read; it was set aside with its upload');
    return setAlarm(since + 60_000 * this.#settings.keep, () => {
      remove().catch((error: unknown) => this.#log.error({ err: error, path }, 'a spoiled job could not be deleted'));
    });
  }
}
