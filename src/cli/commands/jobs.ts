/** `phiz jobs`: looks after the jobs of a queue that machines share. src/cli/jobs-run.ts does the work. */
import { type Command, Option } from 'commander';
import type { JobsRunOptions } from '../jobs-run.js';
import { wholeNumber } from '../options.js';
import { addSharedOptions } from '../shared-options.js';

export function register(program: Command): void {
  const command = program
    .command('jobs')
    .description('Lists, shows, cancels and retries the jobs of a queue that machines share.');
  const add = (name: string, says: string): Command => addSharedOptions(command.command(name).description(says));
  const run = async (task: (runs: typeof import('../jobs-run.js')) => Promise<void>): Promise<void> =>
    task(await import('../jobs-run.js'));

  add('list', 'Lists jobs, a line each, after a line with how many there are of each state.')
    .addOption(new Option('--state <state>', 'only those of this state').choices(['queued', 'running', 'done', 'failed']))
    .option('--count <n>', 'most jobs listed (default: 100)', wholeNumber(1))
    .action((options: JobsRunOptions) => run(({ listJobs }) => listJobs(options)));
  add('show', 'Shows all that is known of a job, as JSON.')
    .argument('<id>', 'the job')
    .action((id: string, options: JobsRunOptions) => run(({ showJob }) => showJob(id, options)));
  add('cancel', 'Stops jobs and deletes all their files.')
    .argument('<id...>', 'the jobs')
    .action((ids: string[], options: JobsRunOptions) => run(({ cancelJobs }) => cancelJobs(ids, options)));
  add('retry', 'Puts jobs that failed into the queue again.')
    .argument('[id...]', 'the jobs')
    .option('--all', 'all that failed')
    .action((ids: string[], options: JobsRunOptions) => run(({ retryJobs }) => retryJobs(ids, options)));
  add('drain', 'Takes out all jobs that wait, with their clips; those under way go on.').action((options: JobsRunOptions) =>
    run(({ drainJobs }) => drainJobs(options)),
  );
}
