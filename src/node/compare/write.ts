/** A comparison as files: the page, all figures as JSON, and the pictures as SVG for use elsewhere. */
import { extname, join } from 'node:path';
import { clipFigure, confusionsFigure, recallFigure } from '../../report/comparison-figures.js';
import { comparisonReport } from '../../report/comparison-report.js';
import { learningCurve } from '../../report/learning-curve.js';
import type { ComparisonOutcome } from '../compare.js';
import { writeAtomic } from '../write-atomic.js';

/**
 * Writes comparison.html, comparison.json, recall.svg, confusions.svg, `learning-curve-<model>.svg` for each model with a training
 * log and `clip-<name>.svg` for each clip into `dir`, and gives their paths. Throws PhizError `unwritable-file`.
 */
export async function writeComparison(
  { comparison, timelines }: ComparisonOutcome,
  dir: string,
  { title }: { readonly title?: string | undefined } = {},
): Promise<readonly string[]> {
  const { models, clips } = comparison;
  const files = new Map<string, string>([
    ['comparison.html', comparisonReport({ comparison, timelines, title })],
    ['comparison.json', `${JSON.stringify(comparison, null, 2)}\n`],
    ['recall.svg', recallFigure(comparison)],
    ['confusions.svg', confusionsFigure(comparison)],
  ]);
  /** Two that differ only in characters that file names cannot have stay apart. */
  const put = (stem: string, svg: string): void => {
    let name = stem;
    for (let i = 2; files.has(`${name}.svg`); i++) name = `${stem}-${i}`;
    files.set(`${name}.svg`, svg);
  };
  for (const { name, training } of models)
    if (training)
      put(
        `learning-curve-${fileName(name)}`,
        learningCurve(training.epochs, { title: `Training of ${name}`, width: 920, height: 380 }),
      );
  for (const [c, { source, truth }] of clips.entries()) {
    const courses = models.map(({ name }, m) => ({ name, timeline: timelines[c]![m]! }));
    const stem = source.slice(0, source.length - extname(source).length);
    put(`clip-${fileName(stem)}`, clipFigure(`Expressions in ${source}`, courses, truth ? { truth: truth.segments } : {}));
  }
  const paths: string[] = [];
  for (const [name, text] of files) {
    const path = join(dir, name);
    await writeAtomic(path, text);
    paths.push(path);
  }
  return paths;
}

/** Letters, digits, dots and dashes. */
function fileName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9.]+/g, '-')
      .replace(/^[-.]+|-+$/g, '')
      .slice(0, 80) || 'unnamed'
  );
}
