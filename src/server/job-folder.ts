/**
 * The folder of one job: `job.json`, the upload, folders of results, and a mark by which the service knows it for its own. Others may put
 * things beside or into it; what does not carry the mark, or no name that the service gives, is never touched.
 */
import { mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Made first and deleted last. */
const MARK = '.phiz-job';
const OWN = /^(job\.json|upload|out-[0-9a-f]+|\.job\.json\.[0-9a-f]+\.tmp)$/;
const NAME = /^[0-9a-f]{32}$/;

/** Whether the service may have given this name to a job's folder. */
export function isJobName(name: string): boolean {
  return NAME.test(name);
}

/** Makes a job's folder. Throws what the file system throws. */
export async function makeJobFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  await (await open(join(folder, MARK), 'wx', 0o600)).close();
}

/** Whether the service made this folder. One that is empty counts: the mark may not have come to be. */
export async function isMarked(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return names.length === 0 || names.includes(MARK);
}

/** Deletes what the service made in a job's folder, but what `keep` says. What is not there is no failure. */
export async function tidyJobFolder(folder: string, keep: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) if (OWN.test(name) && !keep(name)) await clear(join(folder, name));
}

/** Deletes a job, `job.json` first: without it there is no job. What others put into the folder stays, and so does the folder then. */
export async function removeJobFolder(folder: string): Promise<void> {
  await clear(join(folder, 'job.json'));
  await tidyJobFolder(folder, () => false);
  await clear(join(folder, MARK));
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
  });
}

function clear(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3 });
}
