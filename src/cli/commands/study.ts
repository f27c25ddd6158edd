/** `phiz study`: the options. src/cli/study-run.ts does the work. */
import type { Command } from 'commander';
import { ANALYSIS_OPTIONS } from '../../results/analysis-options.js';
import { addAnalysisOptions, addModelOptions } from '../analysis-options.js';
import { csvSeparatorOption } from '../options.js';
import { addRemoteOptions } from '../remote-options.js';
import { addStudyOptions } from '../study-options.js';
import type { StudyRunOptions } from '../study-run.js';

export function register(program: Command): void {
  const command = program
    .command('study')
    .summary('compare stimuli and groups over many recordings')
    .description(
      'Analyses the recordings of a study once each and says what participants showed to each stimulus: curves with 95 % bands, ' +
        'comparisons with effect sizes and corrected tests, quality, and a report. Goes on where an earlier run was stopped.',
    )
    .argument(
      '[design]',
      'CSV, one row per recording: file, participant, stimulus; offset, person, baseline; columns of your own; or JSON (docs/studies.md)',
    )
    .option('--init <dir>', 'write study.csv and moments.csv for the clips of a folder, named participant-stimulus.mp4, and stop')
    .option('-o, --out <dir>', 'folder for the files, or s3://bucket/folder (default: study, beside the design)')
    .option('--thumbnails', 'a small image of each face in the report')
    .addOption(csvSeparatorOption());
  addStudyOptions(command);
  // A study's stretches are its design's.
  const { from: _, to: __, ...options } = ANALYSIS_OPTIONS;
  addAnalysisOptions(command, options);
  addModelOptions(command, '1');
  addRemoteOptions(command);
  command.option('-q, --quiet', 'no progress bar').action(async (design: string | undefined, options: StudyRunOptions) => {
    const [{ runStudyCommand }, { signalExitCode }] = await Promise.all([import('../study-run.js'), import('../signals.js')]);
    const { failed, stoppedBy } = await runStudyCommand(design, options);
    if (stoppedBy) process.exitCode = signalExitCode(stoppedBy);
    else if (failed > 0) process.exitCode = 1;
  });
}
