/** `phiz compare`: models of emotions or other classes side by side. src/apps/compare/compare.ts does the work. */

import type { Command } from 'commander';
import { say } from '../failure.js';
import { numberFrom, wholeNumber } from '../options.js';
import { createProgress, type Progress } from '../progress.js';
import { signalExitCode, stopOnSignals } from '../signals.js';

interface CompareFlags {
  readonly data: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly split?: string;
  readonly clip?: readonly string[];
  readonly truth?: readonly string[];
  readonly detector?: string;
  readonly smoothing?: number;
  readonly title?: string;
  readonly limit?: number | undefined;
  readonly threads?: number;
}

export function register(program: Command): void {
  program
    .command('compare')
    .summary('compare models of emotions or other classes on a data set and in clips')
    .description(
      'Measures models of the same classes, such as emotions, on the same images and in one timing run: accuracy with its interval, recall of each class, ' +
        'confusion matrices, calibration, size, speed, and a test of each pair. In clips every model sees the same faces; with a ' +
        'truth file (<clip>.truth.csv beside the clip, or --truth) it says which classes each misses.',
    )
    .argument('<model...>', 'names from "phiz models", or paths of .onnx files with their cards; before the options')
    .requiredOption('--data <dir>', 'folder of FER-2013, or of class folders named like the labels')
    .option('-o, --out <dir>', 'write the page (comparison.html), all metrics (comparison.json) and the plots (.svg)')
    .option(
      '--split <name>',
      'FER-2013: public, private or all (default: all); class folders: all, val, test or train (default: all of a folder without splits, else the first of val, test and train)',
    )
    .option('--clip <file...>', 'clips to run every model on')
    .option('--truth <csv...>', 'what the clips show, as far as is known (columns start, end, label), one file per clip')
    .option('--detector <model>', 'the detector for clips (default: detector)')
    .option('--smoothing <s>', 'smooth what the models say in clips over this many seconds (default: 0)', numberFrom(0))
    .option('--title <text>', 'title of the page')
    .option('--json', 'print all metrics as one JSON object')
    .option('--limit <n>', 'use at most this many images per split', wholeNumber(1))
    .option('--threads <n>', 'threads of the networks (default: one per core, at most 8)', wholeNumber(1))
    .action(action);
}

async function action(models: string[], flags: CompareFlags, command: Command): Promise<void> {
  const { out, json = false, title, clip, truth } = flags;
  if (truth && !clip) command.error('phiz: --truth goes with --clip', { exitCode: 2 });
  if (title !== undefined && out === undefined) command.error('phiz: --title goes with --out', { exitCode: 2 });
  const { compare } = await import('../../apps/compare/compare.js');
  using stop = stopOnSignals();
  let progress: Progress | undefined;
  let phase: string | undefined;
  try {
    const outcome = await compare({
      ...flags,
      models,
      clips: clip,
      truths: truth,
      signal: stop.signal,
      onNote: say,
      onProgress(doing, done, total) {
        if (doing !== phase) {
          progress?.end();
          progress = createProgress({ total, label: doing });
          phase = doing;
        }
        progress?.update(done);
      },
    }).finally(() => progress?.end());
    const { skippedLines } = await import('../../train/data/sample.js');
    for (const line of skippedLines(outcome.comparison.data.unreadable)) say(`${line}`);
    if (json) process.stdout.write(`${JSON.stringify(outcome.comparison, null, 2)}\n`);
    else {
      const { comparisonText } = await import('../../report/tables/comparison-text.js');
      process.stdout.write(comparisonText(outcome.comparison));
    }
    if (out === undefined) return;
    const { writeComparison } = await import('../../apps/compare/write.js');
    for (const path of await writeComparison(outcome, out, { title })) say(`wrote ${path}`);
  } catch (error) {
    if (!stop.signalled) throw error;
    process.stderr.write('phiz: stopped; nothing was written\n');
    process.exitCode = signalExitCode(stop.signalled);
  }
}
