/**
 * The files of jobs, a folder each (job-folder.ts). A job exists from the moment its `job.json` does, which is written last and when the
 * disk holds the upload; a folder of the service's without one is the rest of an upload that broke off. Every attempt writes to a folder
 * of its own, so that what a dying one still writes harms no other. What is not the service's own is left alone.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, realpath, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PhizError } from '../core/error.js';
import { lockFolder } from '../node/files/folder-lock.js';
import { makeFolder } from '../node/files/make-folder.js';
import { readTextIfAny } from '../node/files/read-files.js';
import { writeAtomic } from '../node/files/write-atomic.js';
import { isJobName, isMarked, makeJobFolder, removeJobFolder, tidyJobFolder } from './job-folder.js';
import { type JobRecord, jobRecordSchema } from './job-record.js';

export interface JobStore extends AsyncDisposable {
  /** The jobs that were there at the start, in order of their creation. */
  readonly found: readonly JobRecord[];
  /** What lies among the jobs and is not this service's, or a job of another version: left as it is. */
  readonly foreign: readonly string[];
  /** Jobs whose `job.json` cannot be read, set aside with their uploads, now or at an earlier start. */
  readonly spoiled: readonly SpoiledJob[];
  /** Where the upload of a job lies. */
  uploadOf(id: string): string;
  /** A file, or the whole folder, of one attempt's results. */
  resultOf(id: string, out: string, file?: string): string;
  /** Writes an upload and waits until the disk holds it. Leaves nothing where that fails. */
  receive(id: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Writes a job's file and waits until the disk holds it. */
  save(record: JobRecord): Promise<void>;
  /** Deletes the upload of a job that needs it no more, and results but `out`. */
  tidy(record: Pick<JobRecord, 'id' | 'out' | 'state'>): Promise<void>;
  /** Deletes everything of a job. */
  remove(id: string): Promise<void>;
  /** Writes a megabyte and deletes it again. Rejects where the disk does not take it. */
  probe(): Promise<void>;
}

/** A job that was set aside. */
export interface SpoiledJob {
  readonly path: string;
  /** When it was set aside, in milliseconds since 1970. */
  readonly since: number;
  /** Deletes it. */
  remove(): Promise<void>;
}

/** A new job's name: 128 bits that nobody guesses. */
export function newJobId(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Opens a folder of jobs, made where it is missing, for this process alone, and clears away what no job needs.
 * Throws PhizError `unwritable-file`, `invalid-option` where another service uses it.
 */
export async function openJobStore(folder: string): Promise<JobStore> {
  await makeFolder(join(folder, 'jobs'), { mode: 0o700 });
  const lock = await lockFolder(folder);
  // Links that are changed later, and a change of the working folder, do not move the jobs.
  const home = await realpath(folder);
  const jobs = join(home, 'jobs');
  const aside = join(home, 'spoiled');
  const folderOf = (id: string): string => join(jobs, id);
  const fileOf = (id: string): string => join(folderOf(id), 'job.json');
  const remove = (id: string): Promise<void> => removeJobFolder(folderOf(id));

  const tidy: JobStore['tidy'] = async ({ id, out, state }) => {
    const ended = state === 'done' || state === 'failed';
    await tidyJobFolder(folderOf(id), (name) => name === 'job.json' || name === out || (name === 'upload' && !ended));
  };

  const found: JobRecord[] = [];
  const foreign: string[] = [];
  const spoiled: SpoiledJob[] = [];
  try {
    for (const entry of await readdir(jobs, { withFileTypes: true })) {
      const id = entry.name;
      const kind =
        entry.isDirectory() && isJobName(id) ? await look(folderOf(id), id).catch(() => 'foreign' as const) : 'foreign';
      if (kind === 'foreign') foreign.push(folderOf(id));
      else if (kind === 'unborn') await remove(id);
      else if (kind === 'spoiled') await setAside(folderOf(id), aside);
      else found.push(kind);
    }
    for (const record of found) await tidy(record);
    spoiled.push(...(await listSpoiled(aside)));
  } catch (cause) {
    await lock[Symbol.asyncDispose]();
    throw new PhizError('unwritable-file', `the jobs in ${jobs} cannot be read: ${(cause as Error).message}`, { cause });
  }
  found.sort((a, b) => (a.created < b.created ? -1 : 1));

  return {
    found,
    foreign,
    spoiled,
    uploadOf: (id) => join(folderOf(id), 'upload'),
    resultOf: (id, out, file = '') => join(folderOf(id), out, file),
    async receive(id, chunks) {
      try {
        await makeJobFolder(folderOf(id));
        await using file = await open(join(folderOf(id), 'upload'), 'wx', 0o600);
        // Node's writeFile goes on from where the handle stands.
        for await (const chunk of chunks) await file.writeFile(chunk);
        await file.sync();
      } catch (error) {
        await remove(id);
        throw error;
      }
    },
    async save(record) {
      await writeAtomic(fileOf(record.id), JSON.stringify(record), { durable: true });
      await syncFolder(folderOf(record.id));
      await syncFolder(jobs);
    },
    tidy,
    remove,
    async probe() {
      const path = join(home, `.probe.${newJobId()}.tmp`);
      try {
        await writeFile(path, randomBytes(1 << 20), { flush: true, mode: 0o600 });
      } finally {
        await rm(path, { force: true });
      }
    },
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

/** What a folder among the jobs is: a job, one without or with a spoiled `job.json`, or none of this service's. */
async function look(path: string, id: string): Promise<JobRecord | 'unborn' | 'spoiled' | 'foreign'> {
  const text = await readTextIfAny(join(path, 'job.json'));
  if (text === undefined) return (await isMarked(path)) ? 'unborn' : 'foreign';
  const json = parseJson(text);
  const { data: record } = jobRecordSchema.safeParse(json);
  if (record?.id === id) return record;
  const { recordVersion } = (json ?? {}) as { readonly recordVersion?: unknown };
  const newer = typeof recordVersion === 'number' && recordVersion > 1;
  return !newer && (await isMarked(path)) ? 'spoiled' : 'foreign';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function setAside(folder: string, aside: string): Promise<void> {
  await makeFolder(aside, { mode: 0o700 });
  const now = new Date();
  await utimes(folder, now, now);
  await rename(folder, join(aside, basename(folder)));
}

async function listSpoiled(aside: string): Promise<readonly SpoiledJob[]> {
  const spoiled: SpoiledJob[] = [];
  for (const entry of await readdir(aside, { withFileTypes: true }).catch(() => [])) {
    const path = join(aside, entry.name);
    if (!entry.isDirectory() || !isJobName(entry.name) || !(await isMarked(path).catch(() => false))) continue;
    spoiled.push({ path, since: (await stat(path)).mtimeMs, remove: () => removeJobFolder(path) });
  }
  return spoiled;
}

/** Makes the disk hold a folder's names. Where folders cannot be opened (Windows), renaming does so by itself. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, 'r');
    await folder.sync();
  } catch (error) {
    if (process.platform !== 'win32') throw error;
  } finally {
    await folder?.close();
  }
}
