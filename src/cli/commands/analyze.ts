/** `phiz analyze`: the options. src/cli/analyze-run.ts does the work. */
import { type Command, Option } from 'commander';
import { formatsToAsk } from '../../apps/analyze/formats.js';
import { judgedInWords } from '../../report/judged.js';
import { ANALYSIS_OPTIONS, TURN_SAYS } from '../../results/analysis-options.js';
import { addAnalysisOptions, addModelOptions } from '../analysis-options.js';
import type { AnalyzeFlags } from '../analyze-flags.js';
import { csvSeparatorOption, wholeNumber } from '../options.js';
import { addRemoteOptions } from '../remote-options.js';

export function register(program: Command): void {
  const command = program
    .command('analyze')
    .summary('find the faces in photos and clips, and what they show')
    .description(
      `Finds every face in photos and clips and judges ${judgedInWords()}; in clips it tracks each person. ` +
        'Prints one JSON object per input, one per line, and on a terminal a few lines to read. Reads JPEG, PNG, WebP, AVIF, TIFF, GIF, HEIC, JPEG XL, JPEG 2000, BMP and PPM; MP4, MOV, WebM, ' +
        'MKV, AVI, MPEG-TS, MPEG-PS, WMV, FLV, Ogg, Motion JPEG, animated GIF, PNG and WebP.',
    )
    .argument('<input...>', 'files, folders (searched with all subfolders), patterns, s3://bucket/key, or - for standard input')
    .option(
      '-o, --out <dir>',
      'also write files, here or to s3://bucket/folder: for a photo results and an annotated image; for a clip also a report and more',
    )
    .option('--blur', 'hide the faces in all images written, and leave small images out of reports (needs --out)')
    .option('--resume', 'skip inputs that an earlier run into the same --out has done with the same options and models')
    .option('--csv <file>', 'also write a table, one row per face of each photo and of each frame of a clip')
    .option('--table <file>', 'the same in the format that its name ends in: .csv or .parquet')
    .addOption(csvSeparatorOption());
  addAnalysisOptions(command, ANALYSIS_OPTIONS);
  command.option('--no-turn', `do not ${TURN_SAYS}`);
  addModelOptions(command, 'one per core, at most 8; with clips 1');
  addRemoteOptions(command);
  for (const { name, ending, says } of formatsToAsk())
    command.option(`--${name}`, `of a clip, also write ${says}, <name>.${ending} (needs --out)`);
  command
    .option('--no-annotated', 'do not write <name>.annotated.mp4 for a clip')
    .option('--no-bars', 'draw no bars for the largest face in annotated clips')
    .option('--no-sound', 'leave the sound out of annotated clips: voices identify people')
    .addOption(new Option('--thumbnails', 'small images of a clip in its report, also with --blur (faces are hidden in them)'))
    .addOption(new Option('--no-thumbnails', 'no small images in the report, as with --blur'))
    .option('--max-pixels <n>', 'largest photo, in pixels; larger ones take memory (default: 100000000)', wholeNumber(1))
    .option('--json', 'print JSON on a terminal, too')
    .option('--pretty', 'the same, indented')
    .option('-q, --quiet', 'no progress bar')
    .action(async (inputs: string[], options: AnalyzeFlags) => {
      const [{ runAnalyze }, { signalExitCode }, { endProcess }] = await Promise.all([
        import('../analyze-run.js'),
        import('../signals.js'),
        import('../../node/threads/end-thread.js'),
      ]);
      const { failed, stoppedBy } = await runAnalyze(inputs, options);
      // A pipe that nobody writes to would keep the process waiting.
      if (stoppedBy) endProcess(signalExitCode(stoppedBy));
      if (failed > 0) process.exitCode = 1;
    });
}
