/**
 * The files of jobs: a folder a job with `job.json`, the upload while it is needed, and a folder of results. A job exists from the
 * moment its `job.json` does, which is written last and when the disk holds the upload; a folder without one is the rest of an
 * upload that broke off. Every attempt writes to a folder of its own, so that what a dying one still writes harms no other.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PhizError } from '../core/error.js';
import { lockFolder } from '../node/files/folder-lock.js';
import { makeFolder } from '../node/files/make-folder.js';
import { readTextIfAny } from '../node/files/read-files.js';
import { writeAtomic } from '../node/files/write-atomic.js';
import { type JobRecord, jobRecordSchema } from './job-record.js';

export interface JobStore extends AsyncDisposable {
  /** The jobs that were there at the start, in order of their creation. */
  readonly found: readonly JobRecord[];
  /** Job files of another version, or spoiled: left as they are. */
  readonly foreign: readonly string[];
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
  const jobs = join(await realpath(folder), 'jobs');
  const folderOf = (id: string): string => join(jobs, id);
  const fileOf = (id: string): string => join(folderOf(id), 'job.json');
  const remove = (id: string): Promise<void> => rm(folderOf(id), { recursive: true, force: true, maxRetries: 3 });

  const tidy: JobStore['tidy'] = async ({ id, out, state }) => {
    const ended = state === 'done' || state === 'failed';
    for (const name of await readdir(folderOf(id)).catch(() => [])) {
      const needed = name === 'job.json' || name === out || (name === 'upload' && !ended);
      if (!needed) await rm(join(folderOf(id), name), { recursive: true, force: true, maxRetries: 3 });
    }
  };

  const found: JobRecord[] = [];
  const foreign: string[] = [];
  try {
    for (const id of await readdir(jobs)) {
      const text = await readTextIfAny(fileOf(id));
      const record = text === undefined ? undefined : parseRecord(text);
      if (record?.id === id) found.push(record);
      else if (text === undefined) await remove(id);
      else foreign.push(fileOf(id));
    }
    for (const record of found) await tidy(record);
  } catch (cause) {
    await lock[Symbol.asyncDispose]();
    throw new PhizError('unwritable-file', `the jobs in ${jobs} cannot be read: ${(cause as Error).message}`, { cause });
  }
  found.sort((a, b) => (a.created < b.created ? -1 : 1));

  return {
    found,
    foreign,
    uploadOf: (id) => join(folderOf(id), 'upload'),
    resultOf: (id, out, file = '') => join(folderOf(id), out, file),
    async receive(id, chunks) {
      try {
        await mkdir(folderOf(id), { mode: 0o700 });
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
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

function parseRecord(text: string): JobRecord | undefined {
  try {
    return jobRecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
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
