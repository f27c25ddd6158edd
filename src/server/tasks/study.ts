/** The last step of a study whose recordings are analysed: its sums, tables and report, as `phiz study` makes them. */
import { runStudy } from '../../apps/study/run-study.js';
import type { OrderOf, Step, TaskEnd } from './task.js';

export async function doStudy(order: OrderOf<'study'>, step: Step): Promise<TaskEnd> {
  const { design, moments, coded, options, analysed, out } = order;
  const { result } = await runStudy(design, {
    ...options,
    moments,
    coded,
    analysed,
    out,
    onProgress: ({ recording, recordings, frames }) => {
      if (frames === 0) step(recording, recordings);
    },
  });
  const warnings = result.failures.map(({ file, reason }) => `${file}: left out: ${reason}`);
  return { frames: Object.keys(analysed).length, problem: null, warnings };
}
