/** `phiz submit`: the options. src/cli/submit-run.ts does the work. */
import { type Command, InvalidArgumentError } from 'commander';
import { FACE_LIMITS, FOLLOW_OPTIONS } from '../../results/analysis-options.js';
import { addAnalysisOptions, addModelOptions } from '../analysis-options.js';
import { addRemoteOptions } from '../remote-options.js';
import { addSharedOptions } from '../shared-options.js';
import type { SubmitRunOptions } from '../submit-run.js';

export function register(program: Command): void {
  const command = program
    .command('submit')
    .argument('<inputs...>', 'clips, folders, patterns, s3://bucket/key, or - for a list of them on standard input, one a line')
    .summary('hand clips in to a queue that machines share')
    .description(
      'Hands clips in, any number of them, for phiz work to analyse. The same clip with the same options and models is done once, ' +
        'however often it is handed in.',
    );
  addSharedOptions(command)
    .option('--wait', 'wait until all are done, and print a table')
    .option(
      '--out <dir>',
      'wait, and fetch the results into this folder, or s3://bucket/folder, named as phiz analyze names them',
    )
    .option('--priority <n>', 'from 0 to 9, higher ones first (default: 5)', priority)
    .option('--no-annotated', 'no annotated clip')
    .option('--bars', 'bars of each class in the annotated clip')
    .option('--blur', 'hide the faces in all images');
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
