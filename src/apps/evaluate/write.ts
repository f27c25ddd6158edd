/** An evaluation as files: all figures, and for classifiers the confusion matrix. */
import { join } from 'node:path';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { svgToPng } from '../../node/images/rasterise.js';
import type { Evaluation } from './evaluate.js';
import { evaluationConfusion } from './text.js';

/** Writes evaluation.json, confusion.svg and confusion.png into `dir` and gives their paths. Throws PhizError `unwritable-file`. */
export async function writeEvaluation(evaluation: Evaluation, dir: string): Promise<readonly string[]> {
  const path = (name: string) => join(dir, name);
  await writeAtomic(path('evaluation.json'), `${JSON.stringify(evaluation, null, 2)}\n`);
  if (evaluation.task === 'detector') return [path('evaluation.json')];
  const svg = evaluationConfusion(evaluation);
  await writeAtomic(path('confusion.svg'), svg);
  await writeAtomic(path('confusion.png'), await svgToPng(svg));
  return [path('evaluation.json'), path('confusion.svg'), path('confusion.png')];
}
