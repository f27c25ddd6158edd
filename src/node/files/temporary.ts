/**
 * Names of files that are not whole yet, and what becomes of those that nobody finishes: a name says which process on which machine writes,
 * so that the next run that writes into the folder removes what dead ones left.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** The writer's mark, then chance; all in hexadecimal digits. */
const ORPHAN = /^\..+\.([0-9a-f]{16})[0-9a-f]{12}\.tmp$/;
/** Milliseconds after which a file of another machine counts as left behind. */
const LONG = 24 * 3_600_000;

/** A name beside a file's own for what is not whole yet; file systems take 255 bytes of name. */
export function temporaryFor(path: string): string {
  const name = Buffer.from(basename(path))
    .subarray(0, 200)
    .toString()
    .replace(/\ufffd+$/, '');
  const own = `${writerMark()}${randomBytes(6).toString('hex')}`;
  return join(dirname(path), `.${name}.${own}.tmp`);
}

/** Says in 16 hexadecimal digits which process on which machine writes. */
function writerMark(): string {
  return `${HOST}${process.pid.toString(16).padStart(8, '0')}`;
}

/** Whether the process of a mark is no more, or its file so old that it must be: other machines cannot be asked. */
async function isOfTheDead(mark: string, path: string): Promise<boolean> {
  return mark.startsWith(HOST) ? !isAlive(Number.parseInt(mark.slice(HOST.length), 16)) : isOld(path);
}

/** Removes what dead processes left of such files in a folder, which it lists for that. Never throws. */
export async function sweepOrphans(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const mark = ORPHAN.exec(name)?.[1];
    const path = join(folder, name);
    if (mark !== undefined && (await isOfTheDead(mark, path))) await rm(path, { force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be asked, but it is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function isOld(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return there !== undefined && Date.now() - there.mtimeMs > LONG;
}
