/**
 * A worker thread that does one thing, answers once and is ended: a place for libraries that a hostile file may keep busy for ever, break,
 * or make print. What it prints is thrown away.
 */
import { Worker } from 'node:worker_threads';
import { endThread } from './end-thread.js';

export interface OneAnswerOptions {
  /** Seconds after which it is ended. Default: no limit. */
  readonly patience?: number | undefined;
}

/** Runs a module on `data` (its `workerData`) and gives the first message that it posts. Throws plain Errors that say what went wrong. */
export async function oneAnswer<Answer>(
  module: URL,
  data: unknown,
  { patience = Infinity }: OneAnswerOptions = {},
): Promise<Answer> {
  const worker = new Worker(module, { workerData: data, stdout: true, stderr: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('its thread ended early')));
      if (patience < Infinity) timer = setTimeout(() => reject(new Error(`not done after ${patience} seconds`)), patience * 1000);
    });
  } finally {
    clearTimeout(timer);
    await endThread(worker);
  }
}
