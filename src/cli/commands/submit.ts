/** `phiz submit`: the options. src/cli/submit-run.ts does the work. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { FACE_LIMITS, FOLLOW_OPTIONS } from '../../results/analysis-options.js';
import { JOB_KINDS } from '../../results/job-kinds.js';
import { addAnalysisOptions, addModelOptions } from '../analysis-options.js';
import { wholeNumber } from '../options.js';
import { addRemoteOptions } from '../remote-options.js';
import { addSharedOptions } from '../shared-options.js';
import { addStudyOptions } from '../study-options.js';
import type { SubmitRunOptions } from '../submission.js';

export function register(program: Command): void {
  const command = program
    .command('submit')
    .argument(
      '<inputs...>',
      'clips or photos, folders, patterns, designs of studies, s3://bucket/key, or - for a list of them on standard input, one a line',
    )
    .summary('hand clips, photos or studies in to a queue that machines share')
    .description(
      'Hands clips, photos or studies in, any number of them, for phiz work to analyse. The same with the same options and models is done once, ' +
        'however often it is handed in.',
    );
  addSharedOptions(command)
    .addOption(
      new Option(
        '--kind <kind>',
        'what is handed in: clips, photos in batches, or designs of studies with their recordings (default: clip)',
      ).choices([...JOB_KINDS]),
    )
    .option('--batch <n>', 'photos of a batch, with --kind photo-batch (default: 50)', wholeNumber(1))
    .option('--wait', 'wait until all are done, and print a table')
    .option('-q, --quiet', 'no progress bar')
    .option(
      '--out <dir>',
      'wait, and fetch the results into this folder, or s3://bucket/folder, named as phiz analyze names them',
    )
    .option('--priority <n>', 'from 0 to 9, higher ones first (default: 5)', priority)
    .option('--no-annotated', 'no annotated clip')
    .option('--bars', 'bars of each class in the annotated clip')
    .option('--blur', 'hide the faces in all images');
  addStudyOptions(command);
  addRemoteOptions(command);
  addAnalysisOptions(command, { ...FACE_LIMITS, ...FOLLOW_OPTIONS });
  addModelOptions(command, 'those of the worker').action(async (inputs: string[], options: SubmitRunOptions) => {
    const { runSubmit } = await import('../submit-run.js');
    await runSubmit(inputs, options);
  });
}

function priority(value: string): number {
  if (!/^\d$/.test(value)) throw new InvalidArgumentError('It must be a whole number from 0 to 9.');
  return Number(value);
}
