/** `phiz study`: the options. src/cli/study-run.ts does the work. */
import type { Command } from 'commander';
import { ANALYSIS_OPTIONS } from '../../results/analysis-options.js';
import { addAnalysisOptions, addModelOptions } from '../analysis-options.js';
import { csvSeparatorOption, numberFrom, share } from '../options.js';
import { addRemoteOptions } from '../remote-options.js';
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
    .option(
      '--moments <csv>',
      'stimulus, from, to, label; rows with a file are left out of it (default: moments.csv beside the design)',
    )
    .option('--coded <csv>', 'what a person coded: file, from, to, label; how far phiz agrees is reported')
    .option('-o, --out <dir>', 'folder for the files, or s3://bucket/folder (default: study, beside the design)')
    .option('--title <text>', 'title of the report')
    .option('--outcomes <list>', 'what is compared, such as happy,surprise (default: everything)')
    .option(
      '--primary <test>',
      'what the study is about, such as happy or "happy@punch line"; corrected apart from all else; may be given several times',
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option('--step <seconds>', 'seconds between two points of a curve (default: 0.1)', numberFrom(0, 'above'))
    .option('--threshold <p>', 'score above which somebody counts as showing it (default: 0.5)', share)
    .option('--least-share <p>', 'share of participants below which a curve ends (default: 0.5)', share)
    .option('--least-face <p>', 'share of time with a face below which a recording is left out (default: 0.5)', share)
    .option('--keep-poor', 'keep the recordings below --least-face')
    .option('--thumbnails', 'a small image of each face in the report')
    .option('--seed <n>', 'random seed (default: 1)', numberFrom(0))
    .addOption(csvSeparatorOption());
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
