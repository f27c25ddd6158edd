/**
 * The process of one job: analyses a clip and ends. It lives no longer than the service that started it: when the channel between
 * them breaks (kill -9 of the service), it stops at once. Ctrl-C, which a terminal sends to both, is the service's to answer.
 */
import { analyzeClip } from '../apps/analyze/analyze-clip.js';
import { callFailure } from '../core/calls.js';
import { createAnalyzer } from '../node/create-analyzer.js';
import { endProcess } from '../node/threads/end-thread.js';
import { giveWay } from '../node/threads/give-way.js';
import { guardProcess } from '../node/threads/process-guard.js';
import type { JobNews, JobOrder } from './job-messages.js';
import { checkLook } from './look-limit.js';

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

async function work({ upload, out, source, settings, models, maxPixels, maxDuration, maxMemory }: JobOrder): Promise<void> {
  guardProcess(maxMemory);
  const { annotated, bars, blur, ...stream } = settings;
  let told = 0;
  try {
    // As for clips on the command line: networks and decoding run side by side.
    await using analyzer = await createAnalyzer({ ...models, threads: models.threads ?? 1 });
    const { summary, problem, warnings } = await analyzeClip(upload, {
      analyzer,
      source,
      name: 'clip',
      out,
      annotated,
      bars,
      blur,
      stream,
      settings: { device: models.device ?? 'cpu' },
      open: { maxPixels, maxDuration, name: 'the clip' },
      onOpen: (facts) => checkLook(facts, settings),
      onFrame(frames, total) {
        if (performance.now() - told < INTERVAL) return;
        told = performance.now();
        void tell({ kind: 'progress', frames, totalFrames: total ?? null });
      },
    });
    const { frames } = summary.clip;
    await tell({ kind: 'done', frames, problem: problem ? callFailure(problem) : null, warnings });
  } catch (error) {
    await tell({ kind: 'failed', ...callFailure(error) });
  }
  endProcess(0);
}
