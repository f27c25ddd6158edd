/** `phiz report`: makes reports again from saved frames. src/apps/report/report.ts does the work. */

import { type Command, Option } from 'commander';
import { formatsChosen, formatsToAsk, REPORTED_FORMATS } from '../../apps/analyze/formats.js';
import type { AudienceTime } from '../../report/plots/audience.js';
import type { CsvSeparator } from '../../report/tables/csv-spelling.js';
import { say } from '../failure.js';
import { csvSeparatorOption } from '../options.js';

interface ReportFlags {
  readonly out?: string;
  readonly title?: string;
  readonly truth?: string;
  readonly time?: AudienceTime;
  readonly csvSeparator?: CsvSeparator;
}

export function register(program: Command): void {
  const command = program
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
    .option('--truth <csv>', 'one clip: what it shows, as far as is known (columns start, end, label), shaded in the plots')
    .addOption(
      new Option('--time <axis>', "several clips: seconds, or relative to each clip's length (default: seconds)").choices([
        'seconds',
        'relative',
      ]),
    )
    .addOption(csvSeparatorOption());
  for (const { name, ending, says } of formatsToAsk(REPORTED_FORMATS))
    command.option(`--${name}`, `one clip: also write ${says}, <name>.${ending}`);
  command.action(async (inputs: string[], flags: ReportFlags) => {
    const { report } = await import('../../apps/report/report.js');
    const written = await report(inputs, { ...flags, formats: formatsChosen(flags) });
    for (const path of written) say(`wrote ${path}`);
  });
}
