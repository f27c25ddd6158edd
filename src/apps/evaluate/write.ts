/** An evaluation as files: all figures, for classifiers the confusion matrix, and what stress does. */
import { join } from 'node:path';
import { sweepOrphans } from '../../node/files/temporary.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { writeFigure } from '../../node/images/figure-formats.js';
import { cardStress } from '../../train/evaluate/stress.js';
import type { Evaluation } from './evaluate.js';
import { evaluationConfusion, stressFigure } from './text.js';

/** Writes evaluation.json, and confusion and stress as .svg and .png, into `dir` and gives their paths. Throws PhizError `unwritable-file`. */
export async function writeEvaluation(evaluation: Evaluation, dir: string): Promise<readonly string[]> {
  const path = (name: string) => join(dir, name);
  await sweepOrphans(dir);
  await writeAtomic(path('evaluation.json'), `${JSON.stringify(evaluation, null, 2)}\n`);
  const plots = {
    ...(evaluation.task === 'detector' ? {} : { confusion: evaluationConfusion(evaluation) }),
    ...(evaluation.stress ? { stress: stressFigure(cardStress(evaluation.stress), evaluation.model.name) } : {}),
  };
  const written = [path('evaluation.json')];
  for (const [name, svg] of Object.entries(plots)) written.push(...(await writeFigure(path(name), svg)));
  return written;
}
