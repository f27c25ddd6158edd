/** The thread that watches the memory of its process, and whether the one that started it still lives. Started by process-guard.ts. */
import { workerData } from 'node:worker_threads';
import type { GuardOrder } from './process-guard.js';

const { maxMemory, interval } = workerData as GuardOrder;
const parent = process.ppid;

setInterval(() => {
  // From a thread nothing but a signal ends a process whose main thread is kept busy.
  if (process.memoryUsage.rss() > maxMemory || process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, interval);
