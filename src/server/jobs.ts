/**
 * The jobs of a service that does them itself: taken in, done one after another each in a process of its own, kept for a while, deleted.
 * Which wait, and what is known of each, is the queue's (disk-queue.ts).
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { PhizError } from '../core/error.js';
import { listFiles } from '../node/files/read-files.js';
import { type Claim, type JobEvent, MOST_CRASHES } from '../node/queue/job-queue.js';
import { CLIP_KINDS } from '../node/video/clip-kind.js';
import type { Job, JobFiles } from '../results/service.js';
import { ClipPlaces } from './clip-places.js';
import { type ClipOutcome, type ClipWork, DiskQueue } from './disk-queue.js';
import type { JobNews } from './job-messages.js';
import { outcomeOf } from './job-outcome.js';
import { checkListed, fileList, fileType, type JobFile, type JobPart, readyFolder, readyPart } from './job-part.js';
import { startJobProcess } from './job-process.js';
import type { ClipSettings, JobRecord } from './job-record.js';
import { type JobStore, newJobId } from './job-store.js';
import { jobView } from './job-view.js';
import { type Caller, mayUse } from './keys.js';
import type { Metrics } from './metrics.js';
import type { ServeSettings } from './options.js';
import { HttpProblem } from './problem.js';
import type { RemoteInputs } from './remote-inputs.js';
import type { RemoteOrder } from './remote-order.js';
import { expireSpoiled } from './spoiled-jobs.js';
import { StoragePause } from './storage-pause.js';
import type { Upload } from './upload.js';
import type { WebhookTarget } from './webhook.js';
import { WebhookCalls } from './webhook-calls.js';

export interface JobsOptions {
  readonly store: JobStore;
  readonly settings: Pick<ServeSettings, 'jobs' | 'queue' | 'keep' | 'maxPixels' | 'maxDuration' | 'maxMemory' | 'models'>;
  /** Whether the file at a path is a clip. */
  readonly isClip: (path: string) => Promise<boolean>;
  readonly metrics: Metrics;
  /** Told of each job that ends. */
  readonly webhook?: WebhookTarget | undefined;
  readonly log: Logger;
}

/** Milliseconds after the death of a process: what killed it may be about to kill the service, and then it does not count. */
const SETTLING = 1000;

/** Begins to take an upload in. */
export type OpenUpload = (signal: AbortSignal) => Promise<Upload>;

/** What the routes ask of jobs, wherever they are done. */
export interface ClipJobs {
  /** Goes on with the jobs from before. */
  start(): void;
  /** Takes nothing more; jobs under way here go back into the queue. */
  stop(): Promise<void>;
  /** Jobs by state. */
  load(): Promise<Readonly<Record<string, number>>>;
  /**
   * Takes a clip in; when this resolves, it is durable. `open` gives the upload and is called once there is room for it; its signal
   * says that the place went to somebody else. `address` is where it comes from. Throws HttpProblem `busy`, `insufficient-storage`,
   * `invalid-data` (no clip), and what `open` throws.
   */
  create(open: OpenUpload, settings: ClipSettings, caller: Caller, address?: string): Promise<Job>;
  /** Throws HttpProblem `job-not-found`. */
  get(id: string, caller: Caller): Promise<Job>;
  /** Throws HttpProblem `job-not-found`, `job-not-ready`, `job-failed`, `not-found` (no annotated clip was asked for). */
  result(id: string, part: JobPart, caller: Caller): Promise<JobFile>;
  /**
   * Takes in photos or a study whose files lie elsewhere; when this resolves, they are durable here. Throws as `create`, and HttpProblem
   * `invalid-option` where jobs of this kind are not done, `download-failed`.
   */
  order(order: RemoteOrder, remote: RemoteInputs, caller: Caller, address?: string): Promise<Job>;
  /** The files of the results. Throws HttpProblem `job-not-found`, `job-not-ready`, `job-failed`. */
  files(id: string, caller: Caller): Promise<JobFiles>;
  /** One of them. Throws as `files`, and HttpProblem `not-found`. */
  file(id: string, name: string, caller: Caller): Promise<JobFile>;
  /** Calls back for what happens to jobs from now on, whosever they are, until disposed. */
  subscribe(listener: (event: JobEvent) => void): Disposable;
  /** Deletes a job, also one under way, with all its files. Throws HttpProblem `job-not-found`. */
  delete(id: string, caller: Caller): Promise<void>;
}

export class Jobs implements ClipJobs {
  readonly #options: JobsOptions;
  readonly #queue: DiskQueue;
  readonly #places: ClipPlaces;
  readonly #running = new Set<Promise<void>>();
  readonly #spoiled: Disposable;
  readonly #storage: StoragePause;
  readonly #stopping = new AbortController();
  readonly #calls: WebhookCalls | undefined;
  #listening: Disposable | undefined;
  #busy = 0;
  /** Seconds that a job takes, in the mean. */
  #seconds = 10;

  /** Takes up the jobs that the store found. */
  constructor(options: JobsOptions) {
    this.#options = options;
    const { store, settings, log } = options;
    this.#storage = new StoragePause({ probe: () => store.probe(), onResume: () => this.#advance(), log });
    this.#queue = new DiskQueue({ store, keep: settings.keep, log });
    this.#places = new ClipPlaces(settings, this.#queue.waiting);
    this.#calls = options.webhook && new WebhookCalls({ target: options.webhook, log });
    this.#spoiled = expireSpoiled(store.spoiled, { keep: settings.keep, log });
  }

  start(): void {
    if (this.#queue.waiting.length > 0)
      this.#options.log.info({ jobs: this.#queue.waiting.length }, 'going on with jobs from before');
    this.#listening = this.#queue.subscribe(({ id, event }) => {
      if (event === 'queued') this.#advance();
      const ended = event === 'done' || event === 'failed' ? this.#queue.find(id) : undefined;
      if (ended) this.#announce(ended.record);
    });
    if (this.#calls) for (const record of this.#queue.unannounced) this.#announce(record);
    this.#advance();
  }

  async load(): Promise<Readonly<Record<JobRecord['state'] | 'arriving', number>>> {
    return { ...this.#queue.load, arriving: this.#places.arriving };
  }

  async create(open: OpenUpload, settings: ClipSettings, caller: Caller, address = ''): Promise<Job> {
    if (this.#stopping.signal.aborted)
      throw new HttpProblem('shutting-down', 'the service is shutting down; try again when it is back');
    this.#storage.check();
    const from = caller.id ?? address;
    using arrival = this.#places.enter({ from, keyed: caller.id !== null, running: this.#busy, seconds: this.#seconds });
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
      const taken = this.#queue.enqueue({ id, owner: caller.id, work: { source: name, settings } });
      await this.#storage.stored(taken.then(() => {}));
    } catch (error) {
      await this.#options.store.remove(id);
      throw error;
    }
    return this.get(id, caller);
  }

  async get(id: string, caller: Caller): Promise<Job> {
    const { record, progress } = this.#find(id, caller);
    return jobView(record, { kind: 'clip', progress: record.progress ?? progress, keep: this.#options.settings.keep });
  }

  async result(id: string, part: JobPart, caller: Caller): Promise<JobFile> {
    const { out, file, type } = readyPart(this.#find(id, caller).record, part);
    return { path: this.#options.store.resultOf(id, out, file), type };
  }

  async order({ kind }: RemoteOrder): Promise<Job> {
    throw new HttpProblem(
      'invalid-option',
      `this service does its jobs itself, and clips alone: a ${kind} needs phiz serve with --queue and --storage; photos go to /v1/images one by one`,
    );
  }

  async files(id: string, caller: Caller): Promise<JobFiles> {
    const folder = this.#options.store.resultOf(id, readyFolder(this.#find(id, caller).record));
    const names = await listFiles(folder);
    const sized = names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size }));
    return fileList(id, await Promise.all(sized));
  }

  async file(id: string, name: string, caller: Caller): Promise<JobFile> {
    checkListed(await this.files(id, caller), name);
    const out = readyFolder(this.#find(id, caller).record);
    return { path: this.#options.store.resultOf(id, out, name), type: fileType(name) };
  }

  subscribe(listener: (event: JobEvent) => void): Disposable {
    return this.#queue.subscribe(listener);
  }

  async delete(id: string, caller: Caller): Promise<void> {
    this.#find(id, caller);
    await this.#queue.cancel(id);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#storage.stop();
    this.#listening?.[Symbol.dispose]();
    this.#calls?.[Symbol.dispose]();
    this.#spoiled[Symbol.dispose]();
    this.#queue.close();
    await Promise.all(this.#running);
  }

  /** Tells the webhook of a job that ended; that it was told is a matter of its record. */
  #announce({ id, state, ended, complete, problem }: JobRecord): void {
    const type = state === 'done' ? 'job.done' : 'job.failed';
    const message = { id: `${id}-${type}`, type, timestamp: ended!, data: { id, kind: 'clip', complete, problem } } as const;
    this.#calls?.send(message, () => {
      this.#queue.announced(id).catch((error: unknown) => {
        this.#options.log.warn(
          { err: error, job: id },
          'that the webhook was called could not be written down; it may be called again',
        );
      });
    });
  }

  /** Jobs of others are as if they were not there. */
  #find(id: string, caller: Caller): ReturnType<DiskQueue['find']> & object {
    const entry = this.#queue.find(id);
    if (!entry || !mayUse(entry.record, caller))
      throw new HttpProblem('job-not-found', 'there is no job of this id; ended jobs are deleted after a while');
    return entry;
  }

  /** Starts what can be started. */
  #advance(): void {
    const { signal } = this.#stopping;
    while (
      !signal.aborted &&
      !this.#storage.active &&
      this.#busy < this.#options.settings.jobs &&
      this.#queue.waiting.length > 0
    ) {
      this.#busy++;
      const running = this.#next().finally(() => {
        this.#busy--;
        this.#running.delete(running);
        this.#advance();
      });
      this.#running.add(running);
    }
  }

  /** Does the next job. Where the disk fails, it is next again when the disk works. Never rejects. */
  async #next(): Promise<void> {
    let claim: Claim<ClipWork, ClipOutcome> | undefined;
    try {
      claim = await this.#queue.claim();
      if (claim) await this.#run(claim);
    } catch (error) {
      if (!this.#stopping.signal.aborted && !claim?.signal.aborted) this.#storage.begin(error);
      await claim?.release();
    }
  }

  async #run(claim: Claim<ClipWork, ClipOutcome>): Promise<void> {
    const { id, work } = claim.job;
    const stop = AbortSignal.any([claim.signal, this.#stopping.signal]);
    if (stop.aborted) return claim.release();
    const out = `out-${claim.token}`;
    const { models, maxPixels, maxDuration, maxMemory } = this.#options.settings;
    const begun = performance.now();
    const attempt = startJobProcess(
      {
        kind: 'clip',
        upload: this.#options.store.uploadOf(id),
        out: this.#options.store.resultOf(id, out),
        ...work,
        models,
        maxPixels,
        maxDuration,
        maxMemory,
      },
      ({ frames, totalFrames }: Extract<JobNews, { kind: 'progress' }>) => claim.progress({ frames, totalFrames }),
    );
    stop.addEventListener('abort', attempt.kill, { once: true });
    const end = await attempt.end;
    stop.removeEventListener('abort', attempt.kill);
    const seconds = (performance.now() - begun) / 1000;
    if (end.kind === 'crashed' && !claim.signal.aborted)
      await sleep(SETTLING, undefined, { signal: this.#stopping.signal }).catch(() => {});
    // The attempt was broken off by the service or whoever deleted the job, which is not the clip's fault.
    if (claim.signal.aborted || (end.kind === 'crashed' && this.#stopping.signal.aborted)) return claim.release();
    this.#options.log.info(
      { job: id, end: end.kind, seconds, ...(end.kind === 'crashed' ? { why: end.why } : {}) },
      'job process ended',
    );
    this.#options.metrics.jobEnded(end.kind, seconds);
    if (end.kind === 'crashed') {
      await claim.crash({ code: 'job-crashed', detail: `the analysis of this clip crashed ${MOST_CRASHES} times` });
      return;
    }
    // The folder is the service's own, so the clip has no part in this.
    if (end.kind === 'failed' && end.code === 'unwritable-file') throw new PhizError(end.code, end.message);
    this.#seconds += 0.2 * (seconds - this.#seconds);
    const outcome = outcomeOf({ id, out }, end, this.#options.log);
    await (outcome.kind === 'done' ? claim.finish(outcome.outcome) : claim.fail(outcome.problem));
    this.#storage.worked();
  }
}
