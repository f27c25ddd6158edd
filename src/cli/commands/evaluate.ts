/** `phiz evaluate`: measures a model on a data set. src/apps/evaluate/evaluate.ts does the work. */

import type { Command } from 'commander';
import type { Evaluation } from '../../apps/evaluate/evaluate.js';
import { say } from '../failure.js';
import { wholeNumber } from '../options.js';
import { createProgress, type Progress } from '../progress.js';

interface EvaluateFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly out?: string;
  readonly split?: string;
  readonly limit?: number | undefined;
  readonly throughDetector?: boolean;
  readonly detector?: string;
  readonly fitTemperature?: boolean;
  readonly stress?: boolean;
  readonly writeCard?: boolean;
  readonly threads?: number;
}

export function register(program: Command): void {
  program
    .command('evaluate')
    .summary('measure a model on a data set')
    .description(
      'Measures a model on labelled data and gives each metric with its 95 % interval. FER-2013 (folder or fer2013.csv): accuracy, ' +
        'macro-F1, recall of each class, confusion matrix, calibration error; UTKFace: error in years; class folders; ' +
        'FDDB or WIDER-style labels: average precision of a detector.',
    )
    .argument('<model>', 'a name from "phiz models", or the path of an .onnx with its card')
    .requiredOption('--data <dir>', "the data set's folder")
    .option(
      '--split <name>',
      'FER-2013: public, private or all (default: all); UTKFace: val, test or train (default: test); class folders: all, val, test or train (default: all of a folder without splits, else the first of val, test and train)',
    )
    .option('--json', 'print all metrics as one JSON object')
    .option(
      '-o, --out <dir>',
      'also write evaluation.json, the confusion matrix (confusion.svg and .png) and what --stress does (stress.svg and .png)',
    )
    .option('--limit <n>', 'use at most this many images per split', wholeNumber(1))
    .option(
      '--through-detector',
      'also detect the face in each image first, as in photos, and compare; --split is then FER-2013 public, UTKFace val unless given',
    )
    .option('--detector <model>', 'the detector for that (default: detector)')
    .option(
      '--fit-temperature',
      'fit the temperature on the validation images, measure with it, write it into the card with the metrics',
    )
    .option('--stress', 'also measure the images turned, blurred, dark, compressed, noisy, small, covered and grey')
    .option('--write-card', "write the metrics into the model's card")
    .option('--threads <n>', 'threads of the networks (default: one per core, at most 8)', wholeNumber(1))
    .action(action);
}

async function action(model: string, flags: EvaluateFlags, command: Command): Promise<void> {
  const { json = false, out, limit, fitTemperature = false } = flags;
  const writeCard = flags.writeCard || fitTemperature;
  if (writeCard && limit !== undefined)
    command.error('phiz: metrics of a part of the data do not belong in a card: leave out --limit', { exitCode: 2 });
  if (flags.detector !== undefined && !flags.throughDetector)
    command.error('phiz: --detector goes with --through-detector; to measure a detector name it as the model', { exitCode: 2 });
  const { evaluate } = await import('../../apps/evaluate/evaluate.js');
  let progress: Progress | undefined;
  let phase: string | undefined;
  const evaluation = await evaluate({
    ...flags,
    model,
    onNote: say,
    onProgress(now, done, total) {
      if (now !== phase) {
        progress?.end();
        progress = createProgress({ total, label: now });
        phase = now;
      }
      progress?.update(done);
    },
  }).finally(() => progress?.end());
  if ('unreadable' in evaluation) {
    const { skippedLines } = await import('../../train/data/sample.js');
    for (const line of skippedLines(evaluation.unreadable)) say(`${line}`);
  }
  if (json) process.stdout.write(`${JSON.stringify(evaluation, null, 2)}\n`);
  else {
    const { evaluationText } = await import('../../apps/evaluate/text.js');
    process.stdout.write(evaluationText(evaluation));
  }
  if (out !== undefined) await writeOut(evaluation, out);
  if (writeCard) await intoCard(evaluation, model);
}

async function writeOut(evaluation: Evaluation, out: string): Promise<void> {
  const { writeEvaluation } = await import('../../apps/evaluate/write.js');
  for (const path of await writeEvaluation(evaluation, out)) say(`wrote ${path}`);
}

async function intoCard(evaluation: Evaluation, model: string): Promise<void> {
  const [{ cardMetrics }, { cardStress }, { updateCard }] = await Promise.all([
    import('../../train/evaluate/card-metrics.js'),
    import('../../train/evaluate/stress.js'),
    import('../../node/models/write-card.js'),
  ]);
  const temperature =
    evaluation.task !== 'detector' && evaluation.formerTemperature !== undefined ? evaluation.temperature : undefined;
  const path = await updateCard(model, {
    metrics: cardMetrics(evaluation),
    stress: evaluation.stress && cardStress(evaluation.stress),
    temperature,
  });
  say(`wrote the metrics into ${path}`);
}
