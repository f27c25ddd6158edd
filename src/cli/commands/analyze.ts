/** `phiz analyze`: the options. src/cli/analyze-run.ts does the work. */
import { type Command, Option } from 'commander';
import type { AnalyzeRunOptions } from '../analyze-run.js';
import { numberFrom, share, wholeNumber } from '../options.js';

export function register(program: Command): void {
  program
    .command('analyze')
    .summary('find the faces in photos and clips, their emotions and ages')
    .description(
      'Finds every face in photos and clips and says which emotion it shows and in which age range it falls; in clips it tracks ' +
        'each person. Prints one JSON object per input, one per line. Reads JPEG, PNG, WebP, AVIF, TIFF, GIF and HEIC; MP4, MOV, WebM, ' +
        'MKV, AVI, Motion JPEG, animated GIF and WebP.',
    )
    .argument('<input...>', 'files, folders (searched with all subfolders), patterns, or - for standard input')
    .option('-o, --out <dir>', 'also write files: for a photo results and an annotated image; for a clip also a report and more')
    .option('--blur', 'hide the faces in all images written, and leave small images out of reports (needs --out)')
    .option('--csv <file>', 'also write a table, one row per face of each photo; clips have their own in --out')
    .option('--fps <n>', 'most frames of a clip analysed per second (default: all)', numberFrom(0, 'above'))
    .option('--every <n>', 'analyse every nth frame of a clip (default: 1)', wholeNumber(1))
    .option(
      '--detect-every <n>',
      'detect faces in every nth analysed frame and track them in between (default: 1)',
      wholeNumber(1),
    )
    .option('--smoothing <seconds>', 'time constant over which the emotions of a person in a clip are smoothed', numberFrom(0))
    .option('--no-annotated', 'do not write <name>.annotated.mp4 for a clip')
    .option('--no-bars', 'draw no bars for the largest face in annotated clips')
    .option('--no-sound', 'leave the sound out of annotated clips: voices identify people')
    .addOption(new Option('--thumbnails', 'small images of a clip in its report, also with --blur (faces are hidden in them)'))
    .addOption(new Option('--no-thumbnails', 'none; as with --blur'))
    .option('--parquet', 'also write the table of a clip as Parquet (needs --out)')
    .option(
      '--min-face <px>',
      'smallest face kept, in pixels of the photo; smaller ones take more time (default: 20)',
      wholeNumber(1),
    )
    .option('--max-faces <n>', 'most faces per photo, the largest ones (default: 200)', wholeNumber(1))
    .option('--min-confidence <p>', "lowest confidence that something is a face, 0 to 1 (default: the detector's own)", share)
    .option('--detect-size <px>', 'longest side at which the detector first sees the photo (default: 640)', wholeNumber(32))
    .option('--no-turn', 'do not search photos without a confident detection again, turned by 90, 180 and 270 degrees')
    .option('--detector <model>', 'a name from "phiz models", or the path of an .onnx with its card', 'detector')
    .option('--emotion-model <model>', 'the same for emotions', 'emotion')
    .option('--age-model <model>', 'the same for ages', 'age')
    .addOption(new Option('--device <device>', 'where the networks run').choices(['cpu', 'webgpu']).default('cpu'))
    .option('--threads <n>', 'threads of the networks (default: one per core, at most 8; with clips 1)', wholeNumber(1))
    .option('--pretty', 'indent the JSON')
    .option('-q, --quiet', 'no progress bar')
    .action(async (inputs: string[], options: AnalyzeRunOptions) => {
      const [{ runAnalyze }, { signalExitCode }] = await Promise.all([import('../analyze-run.js'), import('../signals.js')]);
      const { failed, stoppedBy } = await runAnalyze(inputs, options);
      if (stoppedBy) process.exitCode = signalExitCode(stoppedBy);
      else if (failed > 0) process.exitCode = 1;
    });
}
