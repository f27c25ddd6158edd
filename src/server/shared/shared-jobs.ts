/**
 * The jobs of a service that shares them with others: clips go into the storage and jobs into the queue, workers do them, and any of the
 * services answers for all. Nothing of a job is kept here but the upload while it arrives.
 */

import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hashFile } from '../../node/files/hash-file.js';
import { QueueFull } from '../../node/queue/bullmq-queue.js';
import type { JobEvent, QueueState } from '../../node/queue/job-queue.js';
import type { Storage } from '../../node/storage/storage.js';
import { CLIP_KINDS } from '../../node/video/clip-kind.js';
import type { Job, JobFiles } from '../../results/service.js';
import { ClipPlaces } from '../clip-places.js';
import { checkListed, fileList, fileType, type JobFile, type JobPart, readyFolder, readyPart } from '../job-part.js';
import { type ClipSettings, type JobRecord, newRecord } from '../job-record.js';
import { jobView } from '../job-view.js';
import type { ClipJobs, OpenUpload } from '../jobs.js';
import { type Caller, mayUse } from '../keys.js';
import type { ServeSettings } from '../options.js';
import { HttpProblem } from '../problem.js';
import type { RemoteInputs } from '../remote-inputs.js';
import type { RemoteOrder } from '../remote-order.js';
import { handInOrder } from './hand-in-order.js';
import {
  attemptKey,
  folderKey,
  handIn,
  kindOf,
  nameStored,
  readPublished,
  type SharedJobQueue,
  storedName,
} from './shared-work.js';

export interface SharedJobsOptions {
  readonly queue: SharedJobQueue;
  readonly storage: Storage;
  /** Folder for uploads while they arrive. */
  readonly dataDir: string;
  /** How many uploads may arrive at a time. */
  readonly settings: Pick<ServeSettings, 'jobs' | 'queue'>;
  /** Hash of the models that jobs are to be done with. */
  readonly models: string;
  readonly isClip: (path: string) => Promise<boolean>;
}

/** Seconds after which whoever has too much waiting may try again. */
const RETRY = '10';

export class SharedJobs implements ClipJobs {
  readonly #options: SharedJobsOptions;
  readonly #places: ClipPlaces;
  #closing = false;

  constructor(options: SharedJobsOptions) {
    this.#options = options;
    // What waits is bounded by the queue itself, per owner and over all services.
    this.#places = new ClipPlaces(options.settings, { length: 0, of: () => 0 });
  }

  start(): void {}

  async stop(): Promise<void> {
    this.#closing = true;
  }

  async load(): Promise<Readonly<Record<QueueState | 'arriving', number>>> {
    return { ...(await this.#options.queue.counts()), arriving: this.#places.arriving };
  }

  async create(open: OpenUpload, settings: ClipSettings, caller: Caller, address = ''): Promise<Job> {
    if (this.#closing) throw new HttpProblem('shutting-down', 'the service is shutting down; try again when it is back');
    const { dataDir, isClip, queue, storage, models } = this.#options;
    const from = caller.id ?? address;
    using arrival = this.#places.enter({ from, keyed: caller.id !== null, running: 0, seconds: Number(RETRY) });
    let folder: string | undefined;
    try {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      folder = await mkdtemp(join(dataDir, 'upload-'));
      const path = join(folder, 'upload');
      const { name, chunks } = await open(arrival.signal);
      await pipeline(Readable.from(chunks), createWriteStream(path, { mode: 0o600 }));
      arrival.settle();
      if (!(await isClip(path)))
        throw new HttpProblem(
          'invalid-data',
          `the upload is not a video that phiz reads (${CLIP_KINDS}); single images go to /v1/images`,
        );
      const work = { source: name, settings, models };
      const { id } = await handIn({ queue, storage, owner: caller.id, work, path, sha256: await hashFile(path) });
      return await this.get(id, caller);
    } catch (error) {
      return tellFull(error);
    } finally {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    }
  }

  async order(order: RemoteOrder, remote: RemoteInputs, caller: Caller, address = ''): Promise<Job> {
    if (this.#closing) throw new HttpProblem('shutting-down', 'the service is shutting down; try again when it is back');
    const { queue, storage, models, isClip } = this.#options;
    const from = caller.id ?? address;
    using arrival = this.#places.enter({ from, keyed: caller.id !== null, running: 0, seconds: Number(RETRY) });
    const place = { queue, storage, models, owner: caller.id };
    const { id } = await handInOrder(order, { ...place, remote, isClip, signal: arrival.signal }).catch(tellFull);
    return this.get(id, caller);
  }

  async get(id: string, caller: Caller): Promise<Job> {
    const { record, kind, progress } = await this.#find(id, caller);
    // Results stay until somebody deletes them.
    return { ...jobView(record, { kind, progress, keep: 0 }), expires: null };
  }

  async result(id: string, part: JobPart, caller: Caller): Promise<JobFile> {
    const { record, kind } = await this.#find(id, caller);
    if (kind !== 'clip') throw new HttpProblem('not-found', `this job is a ${kind}; /v1/jobs/${id}/files lists what came of it`);
    const { out, file, type } = readyPart(record, part);
    return { stored: this.#options.storage, key: `${keyOf(id, out)}/${file}`, type };
  }

  async files(id: string, caller: Caller): Promise<JobFiles> {
    return (await this.#results(id, caller)).files;
  }

  async file(id: string, name: string, caller: Caller): Promise<JobFile> {
    const { key, files } = await this.#results(id, caller);
    checkListed(files, name);
    return { stored: this.#options.storage, key: `${key}/${storedName(name)}`, type: fileType(name) };
  }

  subscribe(listener: (event: JobEvent) => void): Disposable {
    return this.#options.queue.subscribe(listener);
  }

  async delete(id: string, caller: Caller): Promise<void> {
    await this.#find(id, caller);
    await this.#options.queue.cancel(id);
    await this.#options.storage.remove(folderKey(id));
  }

  /** Where a job's results lie in the storage, and which files they are. */
  async #results(id: string, caller: Caller): Promise<{ readonly key: string; readonly files: JobFiles }> {
    const { record } = await this.#find(id, caller);
    const key = keyOf(id, readyFolder(record));
    const found: { name: string; bytes: number }[] = [];
    for await (const { key: stored, size } of this.#options.storage.list(key))
      found.push({ name: nameStored(stored.slice(key.length + 1)), bytes: size });
    return { key, files: fileList(id, found) };
  }

  /** A job as the service tells it, from the queue, or from what was published where the queue has forgotten it. */
  async #find(id: string, caller: Caller): Promise<{ record: JobRecord } & Pick<Job, 'kind' | 'progress'>> {
    const { queue, storage } = this.#options;
    const known = /^[0-9a-f]{32}$/.test(id) ? await queue.get(id) : undefined;
    if (known && mayUse(known, caller)) {
      const { owner, work, state, created, started, ended, crashes, outcome, problem } = known;
      const record: JobRecord = {
        ...newRecord({ id, owner, source: work.source, settings: work.settings }),
        ...(outcome ? { ...outcome, out: `out-${outcome.out}` } : {}),
        state,
        created,
        started,
        ended,
        attempts: crashes,
        ...(problem ? { problem: problem as JobRecord['problem'] } : {}),
      };
      return { record, kind: kindOf(work), progress: outcome?.progress ?? known.progress ?? { frames: 0, totalFrames: null } };
    }
    const published = known || !/^[0-9a-f]{32}$/.test(id) ? undefined : await readPublished(storage, id);
    if (!published || !mayUse(published, caller))
      throw new HttpProblem('job-not-found', 'there is no job of this id; ended jobs are deleted after a while');
    const { owner, kind, source, settings, ended, outcome } = published;
    const record: JobRecord = {
      ...newRecord({ id, owner, source, settings }),
      ...outcome,
      out: `out-${outcome.out}`,
      state: 'done',
      created: ended,
      ended,
    };
    return { record, kind, progress: outcome.progress };
  }
}

/** Where the files of an attempt lie in the storage; `out`: as records call it. */
function keyOf(id: string, out: string): string {
  return attemptKey(id, out.slice('out-'.length));
}

/** Throws what it is given, a full queue as HttpProblem `busy`. */
function tellFull(error: unknown): never {
  if (!(error instanceof QueueFull)) throw error;
  throw new HttpProblem('busy', error.message, { cause: error, headers: { 'Retry-After': RETRY } });
}
