/** The runs of `phiz jobs`. */
import { PhizError } from '../core/error.js';
import type { QueueState } from '../node/queue/job-queue.js';
import type { Shared } from '../server/shared/open-shared.js';
import { folderKey, readPublished } from '../server/shared/shared-work.js';
import { say } from './failure.js';
import { plainText } from './plain-text.js';
import { openSharedOptions, type SharedOptions } from './shared-options.js';

/** The options of `phiz jobs`, as its help describes them. */
export interface JobsRunOptions extends SharedOptions {
  readonly state?: QueueState | undefined;
  readonly count?: number | undefined;
  readonly all?: boolean | undefined;
}

/** Jobs asked for at a time. */
const PAGE = 500;

export async function listJobs(options: JobsRunOptions): Promise<void> {
  await using shared = await openSharedOptions(options);
  const { queue } = shared;
  const counts = Object.entries(await queue.counts()).map(([state, count]) => `${count} ${state}`);
  process.stdout.write(`${counts.join(', ')}\n`);
  for (const { id, state, progress, work, problem } of await queue.list(options)) {
    const far = progress && state === 'running' ? `  ${progress.frames}/${progress.totalFrames ?? '?'} frames` : '';
    process.stdout.write(
      `${id}  ${state.padEnd(7)}  ${plainText(work.source)}${far}${problem ? `  ${plainText(problem.detail)}` : ''}\n`,
    );
  }
}

/** Throws PhizError `no-input` where there is no such job. */
export async function showJob(id: string, options: JobsRunOptions): Promise<void> {
  await using shared = await openSharedOptions(options);
  const found = (await shared.queue.get(id)) ?? (await publishedOf(id, shared));
  if (!found) throw new PhizError('no-input', `there is no job '${id.slice(0, 60)}'; phiz jobs list names them`);
  process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
}

export async function cancelJobs(ids: readonly string[], options: JobsRunOptions): Promise<void> {
  await using shared = await openSharedOptions(options);
  for (const id of ids) if (!(await cancel(id, shared))) missing(id);
}

export async function retryJobs(ids: readonly string[], options: JobsRunOptions): Promise<void> {
  if (ids.length === 0 && !options.all) throw new PhizError('invalid-option', 'name the jobs, or give --all');
  await using shared = await openSharedOptions(options);
  const again: string[] = [...ids];
  if (options.all)
    for (let from = 0; ; from += PAGE) {
      const page = await shared.queue.list({ state: 'failed', from, count: PAGE });
      again.push(...page.map(({ id }) => id));
      if (page.length < PAGE) break;
    }
  let retried = 0;
  for (const id of again)
    if (await shared.queue.retry(id)) retried++;
    else if (!options.all) missing(id, 'no job that failed');
  process.stdout.write(`${retried} jobs wait again\n`);
}

export async function drainJobs(options: JobsRunOptions): Promise<void> {
  await using shared = await openSharedOptions(options);
  let drained = 0;
  for (;;) {
    const page = await shared.queue.list({ state: 'queued', count: PAGE });
    for (const { id } of page) if (await cancel(id, shared)) drained++;
    if (page.length === 0) break;
  }
  process.stdout.write(`${drained} jobs were taken out\n`);
}

async function cancel(id: string, shared: Shared): Promise<boolean> {
  const known = (await shared.queue.cancel(id)) || (await publishedOf(id, shared)) !== undefined;
  if (known) await shared.storage.remove(folderKey(id));
  return known;
}

async function publishedOf(id: string, { storage }: Shared): Promise<object | undefined> {
  return /^[0-9a-f]{32}$/.test(id) ? readPublished(storage, id) : undefined;
}

function missing(id: string, what = 'no job'): void {
  say(`there is ${what} '${id.slice(0, 60)}'`);
  process.exitCode = 1;
}
