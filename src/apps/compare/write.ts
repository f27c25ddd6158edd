/** A comparison as files: the page, all metrics as JSON, and the images as SVG for use elsewhere. */
import { extname, join } from 'node:path';
import { sweepOrphans } from '../../node/files/temporary.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { comparisonReport } from '../../report/pages/comparison-report.js';
import { clipFigure, confusionsFigure, recallFigure } from '../../report/plots/comparison-figures.js';
import { learningCurve } from '../../report/plots/learning-curve.js';
import type { Comparison } from '../../report/sums/comparison.js';
import { capital } from '../../report/words.js';
import type { ComparisonOutcome } from './compare.js';

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
  const names = figureNames(comparison);
  for (const [m, { name, training }] of models.entries())
    if (training) {
      const curve = learningCurve(training.epochs, { title: `Training of ${name}`, width: 920, height: 380 });
      files.set(names.curves[m]!, curve);
    }
  for (const [c, { source, truth }] of clips.entries()) {
    const courses = models.map(({ name }, m) => ({ name, timeline: timelines[c]![m]! }));
    files.set(
      names.clips[c]!,
      clipFigure(
        `${capital(courses[0]!.timeline.subject.classes.words.many)} in ${source}`,
        courses,
        truth ? { truth: truth.segments } : {},
      ),
    );
  }
  await sweepOrphans(dir);
  const paths: string[] = [];
  for (const [name, text] of files) {
    const path = join(dir, name);
    await writeAtomic(path, text, { private: true });
    paths.push(path);
  }
  return paths;
}

/** Names of the files of a comparison's learning curves (one a model; written where it has a log) and clips. */
export function figureNames({ models, clips }: Pick<Comparison, 'models' | 'clips'>) {
  return {
    curves: apart(models.map(({ name }) => `learning-curve-${fileName(name)}`)),
    clips: apart(clips.map(({ source }) => `clip-${fileName(source.slice(0, source.length - extname(source).length))}`)),
  };
}

/** Letters, digits, dots and dashes. */
function fileName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9.]+/g, '-');
  return plain.replace(/^[-.]+|-+$/g, '').slice(0, 80) || 'unnamed';
}

/** Those that differ only in characters that file names cannot have get numbers. */
function apart(stems: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return stems.map((stem) => {
    let free = stem;
    for (let i = 2; taken.has(free); i++) free = `${stem}-${i}`;
    taken.add(free);
    return `${free}.svg`;
  });
}
