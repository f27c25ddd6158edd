/** `phiz report`: makes reports again from saved frames. src/apps/report/report.ts does the work. */
import { type Command, Option } from 'commander';
import type { AudienceTime } from '../../report/plots/audience.js';

interface ReportFlags {
  readonly out?: string;
  readonly title?: string;
  readonly parquet?: boolean;
  readonly truth?: string;
  readonly time?: AudienceTime;
}

export function register(program: Command): void {
  program
    .command('report')
    .summary('make the report on a clip again, or compare several clips')
    .description(
      'Makes the report on a clip again from its saved frames, without analysing anything: <name>.report.html, ' +
        '<name>.timeline.svg, .png and .csv. With several clips it compares them: audience.report.html, .svg, .png and .csv. ' +
        'Reads <name>.json beside the frames where it is there.',
    )
    .argument('<frames.ndjson...>', 'frames that "phiz analyze" has written')
    .option('-o, --out <dir>', 'folder for the files (default: that of the first frames)')
    .option('--title <text>', 'title of the report')
    .option('--parquet', 'one clip: also write its table as <name>.timeline.parquet')
    .option('--truth <csv>', 'one clip: what it shows, as far as is known (columns start, end, label), shaded in the plots')
    .addOption(
      new Option('--time <axis>', "several clips: seconds, or relative to each clip's length (default: seconds)").choices([
        'seconds',
        'relative',
      ]),
    )
    .action(async (inputs: string[], flags: ReportFlags) => {
      const { report } = await import('../../apps/report/report.js');
      for (const path of await report(inputs, flags)) process.stderr.write(`phiz: wrote ${path}\n`);
    });
}
