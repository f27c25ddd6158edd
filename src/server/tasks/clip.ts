/** A clip, as `phiz analyze` does it. */
import { analyzeClip } from '../../apps/analyze/analyze-clip.js';
import { callFailure } from '../../core/calls.js';
import { createAnalyzer } from '../../node/create-analyzer.js';
import { checkLook } from '../look-limit.js';
import type { OrderOf, Step, TaskEnd } from './task.js';

export async function doClip(order: OrderOf<'clip'>, step: Step): Promise<TaskEnd> {
  const { upload, out, source, settings, models, maxPixels, maxDuration } = order;
  const { annotated, bars, blur, ...stream } = settings;
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
    onFrame: (frames, total) => step(frames, total ?? null),
  });
  return { frames: summary.clip.frames, problem: problem ? callFailure(problem) : null, warnings };
}
