/** `phiz work`: the options. src/server/shared/worker.ts does the work. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { JOB_KINDS, type JobKind } from '../../results/job-kinds.js';
import { addModelOptions } from '../analysis-options.js';
import { numberFrom, portNumber, wholeNumber } from '../options.js';
import { addSharedOptions } from '../shared-options.js';
import type { WorkRunOptions } from '../work-run.js';

export function register(program: Command): void {
  const command = program
    .command('work')
    .summary('analyse clips from a queue that machines share')
    .description(
      'Takes clips from a queue on Redis and analyses them, each in a process of its own, until it is stopped; what is under way then is ' +
        'finished within --grace, or handed back. Any number of machines may do so. Its log goes to standard error.',
    );
  addSharedOptions(command)
    .option('--kinds <list>', `kinds of jobs that are taken, of ${JOB_KINDS.join(', ')} (default: all)`, kinds)
    .option('--concurrency <n>', 'jobs done at a time (default: 1)', wholeNumber(1))
    .option('--webhook <url>', 'address that is told of each job that ends; the variable PHIZ_WEBHOOK_SECRET signs it')
    .option('--port <n>', 'port for /healthz, /readyz and /metrics; 0 takes a free one (default: none)', portNumber)
    .option('--host <address>', 'address of that port (default: 127.0.0.1)')
    .option('--scratch <dir>', 'folder for what is under way (default: in the system folder of temporary files)')
    .option(
      '--lock <seconds>',
      'time without a sign of life after which others take a clip (default: 30)',
      numberFrom(0, 'above'),
    )
    .option('--grace <seconds>', 'time that clips under way are given when it is stopped (default: 10)', numberFrom(0))
    .option('--max-pixels <n>', 'most pixels of a frame (default: 40 million)', wholeNumber(1))
    .option('--max-memory <MB>', 'most memory of a process that analyses a clip (default: 4000)', numberFrom(0, 'above'))
    .option('--max-duration <seconds>', 'longest clip (default: 3600)', numberFrom(0, 'above'));
  addModelOptions(command, 'one')
    .addOption(
      new Option('--log-level <level>', 'what is logged (default: info)').choices(['debug', 'info', 'warn', 'error', 'silent']),
    )
    .action(async (options: WorkRunOptions) => {
      const { runWork } = await import('../work-run.js');
      await runWork(options);
    });
}

function kinds(value: string): readonly JobKind[] {
  const given = value.split(',').map((kind) => kind.trim());
  const known = JOB_KINDS.filter((kind) => given.includes(kind));
  if (known.length === 0 || known.length !== new Set(given).size)
    throw new InvalidArgumentError(`It must be a list of ${JOB_KINDS.join(', ')}.`);
  return known;
}
