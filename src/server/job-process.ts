/** Starts the process of a job and hears from it. That it may die at any moment is expected and no harm to the service. */
import { fork } from 'node:child_process';
import type { JobNews, JobOrder } from './job-messages.js';

/** How a process ended: with an answer, or without (`why`). */
export type JobEnd = Exclude<JobNews, { kind: 'progress' }> | { readonly kind: 'crashed'; readonly why: string };

export interface JobProcess {
  /** Never rejects. Resolves when the process is gone. */
  readonly end: Promise<JobEnd>;
  /** Ends it at once. */
  kill(): void;
}

/** Milliseconds of silence after which a process is taken for stuck. */
const SILENCE = 5 * 60_000;

/** Starts a process for a job. `onProgress` is told of every step. */
export function startJobProcess(order: JobOrder, onProgress: (news: Extract<JobNews, { kind: 'progress' }>) => void): JobProcess {
  // Native decoders write to standard error what clips say of themselves, which belongs in no log.
  const child = fork(new URL('./job-worker.js', import.meta.url), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  let answer: JobEnd | undefined;
  let stuck = false;
  const silence = setTimeout(() => {
    stuck = true;
    child.kill('SIGKILL');
  }, SILENCE);
  child.on('message', (news: JobNews) => {
    silence.refresh();
    if (news.kind === 'progress') onProgress(news);
    else answer ??= news;
  });
  const end = new Promise<JobEnd>((resolve) => {
    const ended = (why: string): void => {
      clearTimeout(silence);
      resolve(answer ?? { kind: 'crashed', why: stuck ? 'it was stuck' : why });
    };
    child.on('error', (error) => {
      if (child.pid === undefined) ended(error.message);
    });
    child.once('exit', (code, signal) => ended(signal === null ? `it ended with code ${code}` : `${signal} ended it`));
  });
  if (child.pid !== undefined) child.send(order, () => {});
  return { end, kill: () => void child.kill('SIGKILL') };
}
