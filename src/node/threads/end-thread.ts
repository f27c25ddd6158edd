/**
 * Ends threads, and the process where one cannot be ended: a thread inside native code (a decoder that a damaged file keeps busy for ever)
 * hears nothing, and Node waits for all threads before it ends, whatever asks it to.
 */
import type { Worker } from 'node:worker_threads';

/** Those that are asked to end and are still there. */
const ending = new Set<Worker>();

/** Milliseconds in which a thread should be gone. */
const PATIENCE = 5000;

/** Ends a thread; resolves when it is gone, or after the patience, when it is left to itself. */
export async function endThread(worker: Worker, patience = PATIENCE): Promise<void> {
  ending.add(worker);
  const gone = worker.terminate().then(() => void ending.delete(worker));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      worker.unref();
      resolve();
    }, patience);
  });
  await Promise.race([gone, late]);
  clearTimeout(timer);
}

/** Whether a thread cannot be ended, so that this process cannot end by itself either. */
export function hasStuckThreads(): boolean {
  return ending.size > 0;
}

/**
 * Ends the process, as `process.exit`. Where threads are stuck the system ends it: with the code by way of `execve` where Node has it
 * (from 22.15 on, not on Windows), else by SIGKILL.
 */
export function endProcess(code: number): never {
  if (ending.size === 0) process.exit(code);
  const { execve } = process as { execve?: (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never };
  if (execve && process.platform !== 'win32') execve('/bin/sh', ['sh', '-c', `exit ${code}`], {});
  process.kill(process.pid, 'SIGKILL');
  // The signal comes when the system gets round to it.
  for (;;);
}
