/** `phiz analyze`: the options. src/cli/photo-run.ts does the work. */
import { type Command, Option } from 'commander';
import { share, wholeNumber } from '../options.js';
import type { PhotoRunOptions } from '../photo-run.js';

export function register(program: Command): void {
  program
    .command('analyze')
    .summary('find the faces in photos, their emotions and ages')
    .description(
      'Finds every face in photos and says which emotion it shows and in which age range it falls. Prints one JSON object a photo, ' +
        'one a line. Reads JPEG, PNG, WebP, AVIF, TIFF, GIF (first frame) and HEIC.',
    )
    .argument('<input...>', 'files, folders (searched with all folders below), patterns, or - for standard input')
    .option('-o, --out <dir>', 'also write <name>.json and <name>.annotated.png (.jpg for a JPEG) for each photo')
    .option('--blur', 'hide the faces in the annotated pictures (needs --out)')
    .option('--csv <file>', 'also write a table, one row a face')
    .option(
      '--min-face <px>',
      'smallest face kept, in pixels of the photo (20); smaller ones need a closer look, which takes time',
      wholeNumber(1),
    )
    .option('--max-faces <n>', 'most faces a photo, the largest ones (200)', wholeNumber(1))
    .option('--min-confidence <p>', "lowest confidence that something is a face, 0 to 1 (the detector's own)", share)
    .option('--detect-size <px>', 'longest side at which the detector first looks at the photo (640)', wholeNumber(32))
    .option('--detector <model>', 'a name from "phiz models", or the path of an .onnx with its card', 'detector')
    .option('--emotion-model <model>', 'likewise', 'emotion')
    .option('--age-model <model>', 'likewise', 'age')
    .addOption(new Option('--device <device>', 'where the networks run').choices(['cpu', 'webgpu']).default('cpu'))
    .option('--threads <n>', 'threads of the networks (one a physical core)', wholeNumber(1))
    .option('--pretty', 'indent the JSON')
    .action(async (inputs: string[], options: PhotoRunOptions) => {
      const { runPhotos } = await import('../photo-run.js');
      if ((await runPhotos(inputs, options)) > 0) process.exitCode = 1;
    });
}
