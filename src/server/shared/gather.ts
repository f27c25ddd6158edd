/** Brings what an attempt needs from the storage to a folder of its own, and says what is to be done with it: each kind of job its way. */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PhizError } from '../../core/error.js';
import type { JobProblem } from '../../node/queue/job-queue.js';
import type { Storage } from '../../node/storage/storage.js';
import type { JobTask } from '../job-messages.js';
import {
  attemptKey,
  inputKey,
  photoKey,
  readPublished,
  type SharedJobQueue,
  type SharedWork,
  type StudyWork,
} from './shared-work.js';

export interface GatherOptions {
  readonly id: string;
  readonly work: SharedWork;
  readonly queue: Pick<SharedJobQueue, 'get'>;
  readonly storage: Storage;
  /** Where it is brought to. */
  readonly folder: string;
}

/** What is to be done; or after how many seconds to ask again; or why it cannot be done. */
export type Gathered = { readonly task: JobTask } | { readonly wait: number } | { readonly problem: JobProblem };

/** Seconds between two looks at a study whose recordings are not done yet. */
const PATIENCE = 2;

/** Throws PhizError where the storage or this machine's disk fails. */
export async function gather({ id, work, queue, storage, folder }: GatherOptions): Promise<Gathered> {
  const { source, settings } = work;
  if (work.kind === 'study') return gatherStudy(work, { queue, storage, folder });
  if (work.kind === 'photo-batch') {
    const photos: { path: string; source: string }[] = [];
    for (const [i, photo] of work.photos.entries()) {
      const path = join(folder, `photo-${i}${photo.ending}`);
      if (!(await bring(storage, photoKey(id, i), path))) return { problem: notThere('a photo') };
      photos.push({ path, source: photo.source });
    }
    return { task: { kind: 'photo-batch', source, settings, photos } };
  }
  const upload = join(folder, 'upload');
  if (!(await bring(storage, inputKey(id), upload))) return { problem: notThere('the clip') };
  return { task: { kind: 'clip', source, settings, upload } };
}

async function gatherStudy(
  work: StudyWork,
  { queue, storage, folder }: Pick<GatherOptions, 'queue' | 'storage' | 'folder'>,
): Promise<Gathered> {
  const { source, settings, texts, options, recordings } = work;
  const analysed: Record<string, { frames: string } | { failed: string }> = {};
  const ready: { file: string; job: string; out: string }[] = [];
  for (const { file, job } of recordings) {
    const published = await readPublished(storage, job);
    if (published) {
      ready.push({ file, job, out: published.outcome.out });
      continue;
    }
    const status = await queue.get(job);
    if (status && status.state !== 'failed') return { wait: PATIENCE };
    analysed[file] = { failed: status?.problem?.detail ?? 'somebody took it out of the queue' };
  }
  const home = join(folder, 'recordings');
  await mkdir(home, { mode: 0o700 });
  for (const [i, { file, job, out }] of ready.entries()) {
    const frames = join(home, `${i}.frames.ndjson`);
    for (const ending of ['frames.ndjson', 'json'])
      if (!(await bring(storage, `${attemptKey(job, out)}/clip.${ending}`, join(home, `${i}.${ending}`))))
        return { problem: notThere(`the result of '${file}'`) };
    analysed[file] = { frames };
  }
  const paths: Record<string, string> = {};
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined) continue;
    paths[name] = join(folder, name === 'design' ? `design${work.designEnding}` : `${name}.csv`);
    await writeFile(paths[name], text, { mode: 0o600 });
  }
  const { design, moments, coded } = paths;
  return { task: { kind: 'study', source, settings, design: design!, moments, coded, options, analysed } };
}

function notThere(what: string): JobProblem {
  return { code: 'internal-error', detail: `${what} of this job is not in the storage; hand it in again` };
}

/** False where it is not there. */
async function bring(storage: Storage, key: string, path: string): Promise<boolean> {
  const input = await storage.get(key).catch((error: unknown) => {
    if (error instanceof PhizError && error.code === 'file-not-found') return undefined;
    throw error;
  });
  if (input) await pipeline(input, createWriteStream(path, { mode: 0o600 }));
  return input !== undefined;
}
