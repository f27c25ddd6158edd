/** What a process and all that it has started hold: memory, threads, open files. Linux only. */
import { readdir, readFile } from 'node:fs/promises';

export interface Held {
  /** Resident memory; what several share is counted for each. */
  readonly mebibytes: number;
  readonly threads: number;
  readonly files: number;
}

/** Of the process and its descendants together, as they are now; 0 where it is gone. */
export async function heldBy(pid: number): Promise<Held> {
  const of = await Promise.all(
    (await familyOf(pid)).map(async (one) => {
      const status = await readFile(`/proc/${one}/status`, 'utf8').catch(() => '');
      const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      const files = await readdir(`/proc/${one}/fd`).catch(() => []);
      return { mebibytes: field('VmRSS') / 1024, threads: field('Threads'), files: files.length };
    }),
  );
  const sum = (name: keyof Held) => Math.round(of.reduce((total, one) => total + one[name], 0));
  return { mebibytes: sum('mebibytes'), threads: sum('threads'), files: sum('files') };
}

async function familyOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(familyOf))).flat()];
}
