/** The learning curve of a run as files beside its model: SVG and PNG. */
import { join } from 'node:path';
import { writeFigure } from '../../node/images/figure-formats.js';
import { type CurveMetric, learningCurve } from '../../report/plots/learning-curve.js';
import type { EpochLog } from './run.js';

/** Draws `learning-curve.svg` and `.png` into the run's folder. Throws PhizError `unwritable-file`. */
export async function drawCurve(out: string, name: string, log: readonly EpochLog[], metric: CurveMetric): Promise<void> {
  const svg = learningCurve(log, { title: `Training of ${name}`, metric });
  await writeFigure(join(out, 'learning-curve'), svg);
}
