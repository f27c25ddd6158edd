/**
 * One attempt at a shared job, from its files in the storage to its results there. The worker's own process only keeps the books; the job is
 * done in a process of its own. Whatever breaks it off, only an attempt that still holds its claim is published, and only one ever is.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { PhizError } from '../../core/error.js';
import { listFiles } from '../../node/files/read-files.js';
import type { Claim, JobProblem } from '../../node/queue/job-queue.js';
import type { Storage } from '../../node/storage/storage.js';
import type { JobKind } from '../../results/job-kinds.js';
import type { JobNews, JobOrder } from '../job-messages.js';
import { outcomeOf } from '../job-outcome.js';
import { JOB_PARTS } from '../job-part.js';
import type { JobProcess } from '../job-process.js';
import { PHOTOS_FILE } from '../tasks/photo-batch.js';
import { gather } from './gather.js';
import {
  attemptKey,
  folderKey,
  inputKey,
  kindOf,
  type Published,
  publish,
  readPublished,
  resultKey,
  type SharedJobQueue,
  type SharedOutcome,
  type SharedWork,
  storedName,
} from './shared-work.js';

/** Starts what analyses a clip: startJobProcess, or a stand-in that takes no time, by which the queue itself is measured. */
export type Analyse = (order: JobOrder, onProgress: (news: Extract<JobNews, { kind: 'progress' }>) => void) => JobProcess;

export interface AttemptOptions {
  readonly queue: Pick<SharedJobQueue, 'get'>;
  readonly storage: Storage;
  /** Folder for what is under way. */
  readonly scratch: string;
  readonly order: Pick<JobOrder, 'models' | 'maxPixels' | 'maxDuration' | 'maxMemory'>;
  /** Hash of the models of this worker. */
  readonly models: string;
  readonly analyse: Analyse;
  /** Aborted when the worker has to stop. */
  readonly stop: AbortSignal;
  readonly log: Logger;
}

/** How an attempt ended. `lost`: somebody else does the job, or it was cancelled; `waiting`: other jobs have to be done before it. */
export type AttemptEnd = 'done' | 'failed' | 'crashed' | 'lost' | 'released' | 'waiting';

/** Milliseconds after the death of a process: what killed it may be about to kill the worker, and then it does not count. */
const SETTLING = 1000;

type SharedClaim = Claim<SharedWork, SharedOutcome>;

/** Makes the attempt. Where the storage or this machine's disk fails, hands the job back and throws. */
export async function attempt(claim: SharedClaim, options: AttemptOptions): Promise<AttemptEnd> {
  const { storage, scratch } = options;
  let folder: string | undefined;
  try {
    const { id, work } = claim.job;
    const before = await readPublished(storage, id);
    if (before) return await end(claim, before, storage);
    if (claim.givenUp) return await fail(claim, claim.givenUp, storage);
    if (work.models !== options.models) {
      const detail =
        'the worker that took this job has other models than it was handed in with; give both the same, then retry it';
      return await fail(claim, { code: 'engine-unavailable', detail }, storage);
    }
    folder = await mkdtemp(join(scratch, 'attempt-'));
    return await analyse(claim, folder, options);
  } catch (error) {
    await claim.release();
    throw error;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

async function analyse(claim: SharedClaim, folder: string, options: AttemptOptions): Promise<AttemptEnd> {
  const { queue, storage, stop, log } = options;
  const { id, owner, work } = claim.job;
  const out = join(folder, 'out');
  const gathered = await gather({ id, work, queue, storage, folder });
  if ('wait' in gathered) return (await claim.postpone(gathered.wait)) ? 'waiting' : 'lost';
  if ('problem' in gathered) return fail(claim, gathered.problem, storage);

  const broken = AbortSignal.any([claim.signal, stop]);
  const running = options.analyse({ ...gathered.task, out, ...options.order }, ({ frames, totalFrames }) =>
    claim.progress({ frames, totalFrames }),
  );
  if (broken.aborted) running.kill();
  broken.addEventListener('abort', running.kill, { once: true });
  const news = await running.end;
  broken.removeEventListener('abort', running.kill);
  if (news.kind === 'crashed' && !broken.aborted) await sleep(SETTLING, undefined, { signal: stop }).catch(() => {});
  if (claim.signal.aborted) {
    await claim.release();
    return 'lost';
  }
  if (news.kind === 'crashed') {
    if (stop.aborted) {
      await claim.release();
      return 'released';
    }
    log.warn({ job: id, why: news.why }, 'the process of a job died');
    const own = await claim.crash({ code: 'job-crashed', detail: `the analysis crashed (${news.why})` });
    return own ? 'crashed' : 'lost';
  }
  // The folder is the worker's own, so the clip has no part in this.
  if (news.kind === 'failed' && news.code === 'unwritable-file') throw new PhizError(news.code, news.message);
  const ended = outcomeOf({ id, out: claim.token }, news, log);
  if (ended.kind === 'failed') return fail(claim, ended.problem, storage);

  const { complete, problem, warnings, progress } = ended.outcome;
  const outcome: SharedOutcome = {
    out: claim.token,
    complete: complete === true,
    problem,
    warnings,
    progress: progress ?? { frames: 0, totalFrames: null },
  };
  await store(storage, attemptKey(id, claim.token), out, LAST[kindOf(work)]);
  if (!(await claim.holds())) {
    await storage.remove(attemptKey(id, claim.token));
    await claim.release();
    return 'lost';
  }
  const { source, settings } = work;
  const kind = kindOf(work);
  const published: Published = { resultVersion: 1, id, owner, kind, source, settings, ended: new Date().toISOString(), outcome };
  const first = await publish(storage, published);
  return end(claim, first ? published : ((await readPublished(storage, id)) ?? published), storage);
}

/** The file of each kind that says that all others are there. */
const LAST: Readonly<Record<JobKind, string>> = { clip: JOB_PARTS.summary.file, 'photo-batch': PHOTOS_FILE, study: 'study.json' };

/** Stores the files of an attempt, one of them last. */
async function store(storage: Storage, key: string, folder: string, last: string): Promise<void> {
  const names = (await listFiles(folder)).filter((name) => name !== last);
  for (const name of [...names, last]) await storage.put(`${key}/${storedName(name)}`, { path: join(folder, name) });
}

/** Fails the job. Its files stay, for another try, but for what attempts left that were broken off. */
async function fail(claim: SharedClaim, problem: JobProblem, storage: Storage): Promise<AttemptEnd> {
  const { id } = claim.job;
  if (!(await claim.holds())) {
    await claim.release();
    return 'lost';
  }
  await storage.remove(folderKey(id), { keep: [inputKey(id)] });
  return (await claim.fail(problem)) ? 'failed' : 'lost';
}

/** Tells the queue what was published, and clears away the clip and what other attempts left. */
async function end(claim: SharedClaim, { id, outcome }: Published, storage: Storage): Promise<AttemptEnd> {
  await claim.finish(outcome);
  await storage.remove(folderKey(id), { keep: [attemptKey(id, outcome.out), resultKey(id)] });
  return outcome.out === claim.token ? 'done' : 'lost';
}
