/** `phiz serve`: the options. src/server does the work. */
import { type Command, Option } from 'commander';
import { addModelOptions } from '../analysis-options.js';
import { numberFrom, numberOrAddress, portNumber, wholeNumber } from '../options.js';
import type { ServeRunOptions } from '../serve-run.js';

export function register(program: Command): void {
  const command = program
    .command('serve')
    .summary('analyse photos and clips over HTTP')
    .description(
      'Serves the analysis of photos and clips over HTTP, on this machine unless told otherwise, until it is stopped. Clips become ' +
        'jobs, which survive whatever ends the service. Its log, one JSON object per line, goes to standard error.',
    )
    .option('--host <address>', 'address to listen on; any but this machine needs --api-key-file (default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on; 0 takes a free one (default: 8080)', portNumber)
    .option('--api-key-file <file>', 'require one of the keys in this file, which phiz keys makes')
    .option('--allow-host <name...>', 'further names by which the service may be called')
    .option('--allow-origin <origin...>', 'other sites whose pages may call the service')
    .option('--max-upload <MB>', 'largest upload (default: 256)', numberFrom(0, 'above'))
    .option('--max-pixels <n>', 'most pixels of a photo or a frame (default: 40 million)', wholeNumber(1))
    .option(
      '--max-memory <MB>',
      'most memory of a process that analyses photos or a clip (default: 4000)',
      numberFrom(0, 'above'),
    )
    .option('--max-duration <seconds>', 'longest clip (default: 3600)', numberFrom(0, 'above'))
    .option('--concurrency <n>', 'photos analysed at a time (default: 2)', wholeNumber(1))
    .option('--jobs <n>', 'clips analysed at a time (default: 1)', wholeNumber(1))
    .option(
      '--queue <n or address>',
      'photos, and clips, that may wait (default: 64); or the address of a queue shared with others, such as redis://host:6379',
      numberOrAddress,
    )
    .option('--storage <folder or s3://bucket>', 'where clips and results lie that are shared with others')
    .option('--prefix <name>', 'what the names of the keys of the shared queue begin with (default: phiz)')
    .option('--webhook <url>', 'address that is told of each job that ends; the variable PHIZ_WEBHOOK_SECRET signs it')
    .option('--allow-url', 'inputs may be named by http:// and https:// addresses, which the service fetches')
    .option('--allow-private', 'with --allow-url, also by those of this machine and its network')
    .option('--allow-s3 <place...>', 'buckets, or folders in them, in which inputs may be named: s3://bucket/folder')
    .option(
      '--waiting <n>',
      'photos that may wait, and clips of a key in a shared queue; further ones get status 429 (default: 64)',
      wholeNumber(0),
    )
    .option('--keep <minutes>', 'how long an ended job and its results stay (default: 60)', numberFrom(0, 'above'))
    .option('--upload-timeout <seconds>', 'time within which an upload must have arrived (default: 300)', numberFrom(0, 'above'))
    .option('--grace <seconds>', 'time that requests under way are given when the service stops (default: 10)', numberFrom(0))
    .option('--data-dir <dir>', 'folder for the jobs, for this service only (default: in the home folder)');
  addModelOptions(command, 'one per core, at most 8, shared by --concurrency')
    .addOption(
      new Option('--log-level <level>', 'what is logged (default: info)').choices(['debug', 'info', 'warn', 'error', 'silent']),
    )
    .action(async (options: ServeRunOptions) => {
      const { runServe } = await import('../serve-run.js');
      await runServe(options);
    });
}
