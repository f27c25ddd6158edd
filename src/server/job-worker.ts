/**
 * The process of one job (tasks/): does it and ends. It lives no longer than the service that started it: when the channel between
 * them breaks (kill -9 of the service), it stops at once. Ctrl-C, which a terminal sends to both, is the service's to answer.
 */
import { callFailure } from '../core/calls.js';
import { endProcess } from '../node/threads/end-thread.js';
import { giveWay } from '../node/threads/give-way.js';
import { guardProcess } from '../node/threads/process-guard.js';
import type { JobNews, JobOrder } from './job-messages.js';
import type { Step, TaskEnd } from './tasks/task.js';

/** Milliseconds between two words on how far it is. */
const INTERVAL = 250;

process.on('disconnect', () => process.exit(1));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {});
process.once('message', (order: JobOrder) => void work(order));
// Whoever waits for a photo comes first.
giveWay(10);

function tell(news: JobNews): Promise<void> {
  return new Promise((resolve) => {
    process.send!(news, () => resolve());
  });
}

async function work(order: JobOrder): Promise<void> {
  guardProcess(order.maxMemory);
  let told = 0;
  const step: Step = (frames, totalFrames) => {
    if (performance.now() - told < INTERVAL) return;
    told = performance.now();
    void tell({ kind: 'progress', frames, totalFrames });
  };
  try {
    await tell({ kind: 'done', ...(await doTask(order, step)) });
  } catch (error) {
    await tell({ kind: 'failed', ...callFailure(error) });
  }
  endProcess(0);
}

async function doTask(order: JobOrder, step: Step): Promise<TaskEnd> {
  switch (order.kind) {
    case 'clip':
      return (await import('./tasks/clip.js')).doClip(order, step);
    case 'photo-batch':
      return (await import('./tasks/photo-batch.js')).doPhotoBatch(order, step);
    case 'study':
      return (await import('./tasks/study.js')).doStudy(order, step);
  }
}
