/** `phiz compare-detectors`: face detectors side by side. src/apps/compare-detectors/compare-detectors.ts does the work. */

import type { Command } from 'commander';
import { say } from '../failure.js';
import { wholeNumber } from '../options.js';
import { createProgress, type Progress } from '../progress.js';
import { signalExitCode, stopOnSignals } from '../signals.js';

interface CompareDetectorsFlags {
  readonly data: string;
  readonly out?: string;
  readonly detectors?: readonly string[];
  readonly json?: boolean;
  readonly limit?: number | undefined;
  readonly threads?: number;
}

export function register(program: Command): void {
  program
    .command('compare-detectors')
    .summary('compare face detectors on labelled photos')
    .description(
      'Runs face detectors over the same labelled photos, each in a process of its own: average precision at IoU 0.5 with its ' +
        'interval, recall at 100 and 1,000 false positives, milliseconds per image, peak memory, parameters, multiply-adds. A detector ' +
        'whose weights or package are missing is left out, and the command that fetches it is named.',
    )
    .requiredOption('--data <dir>', 'folder of FDDB, or of photos with label files like those of WIDER FACE')
    .option('-o, --out <dir>', 'write detectors.json, .md and .html, and the curves (precision-recall.svg, .png)')
    .option('--detectors <names>', 'names or paths separated by commas (default: detector,yunet,mtcnn,opencv-ssd,haar)', names)
    .option('--json', 'print all metrics as one JSON object')
    .option('--limit <n>', 'use at most this many photos, evenly spaced', wholeNumber(1))
    .option('--threads <n>', 'threads of ONNX Runtime (default: one per core, at most 8)', wholeNumber(1))
    .action(action);
}

function names(value: string): readonly string[] {
  return value.split(',').map((name) => name.trim());
}

async function action({ out, json = false, ...flags }: CompareDetectorsFlags): Promise<void> {
  const { compareDetectors } = await import('../../apps/compare-detectors/compare-detectors.js');
  using stop = stopOnSignals();
  let progress: Progress | undefined;
  let phase: string | undefined;
  try {
    const comparison = await compareDetectors({
      ...flags,
      signal: stop.signal,
      onProgress(detector, done, total) {
        const label = detector ?? 'reading';
        if (label !== phase) {
          progress?.end();
          progress = createProgress({ total, label });
          phase = label;
        }
        progress?.update(done);
      },
    }).finally(() => progress?.end());
    if (json) process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
    else {
      const { detectorTable } = await import('../../report/tables/detector-table.js');
      process.stdout.write(detectorTable(comparison));
    }
    if (json) for (const { name, reason } of comparison.leftOut) say(`left out ${name}: ${reason}`);
    // What was asked for by name and is not here is a failure in part.
    if (flags.detectors && comparison.leftOut.length > 0) process.exitCode = 1;
    if (out === undefined) return;
    const { writeDetectorComparison } = await import('../../apps/compare-detectors/write.js');
    for (const path of await writeDetectorComparison(comparison, out)) say(`wrote ${path}`);
  } catch (error) {
    if (!stop.signalled) throw error;
    process.stderr.write('phiz: stopped; nothing was written\n');
    process.exitCode = signalExitCode(stop.signalled);
  }
}
