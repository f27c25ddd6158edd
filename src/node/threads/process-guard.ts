/**
 * A limit on the memory of this whole process, that of native libraries included, which Node's own limits leave out. Its thread sees it also
 * while the main thread is kept busy, and ends the process with SIGKILL: for processes that read what strangers sent.
 */
import { Worker } from 'node:worker_threads';

/** What the thread is given. */
export interface GuardOrder {
  /** Bytes of resident memory. */
  readonly maxMemory: number;
  /** Milliseconds between two looks. */
  readonly interval: number;
}

/** Watches from now on. The process also ends when the one that started it does. */
export function guardProcess(maxMemory: number): void {
  const data: GuardOrder = { maxMemory, interval: 50 };
  new Worker(new URL('./process-guard-worker.js', import.meta.url), { workerData: data }).unref();
}
