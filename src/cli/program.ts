/**
 * The command line. Exit codes: 0 all done, 1 some input failed, 2 wrong usage. main.ts starts it.
 *
 * Starting must be quick, so nothing heavy is imported here: only the module of the command asked for is loaded, and such a
 * module (`register(program)`) declares options and imports what does the work inside its action. An action that fails in part
 * sets `process.exitCode`; one that fails altogether throws.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { pathProblem } from '../node/files/path-problem.js';
import { endProcess, hasStuckThreads } from '../node/threads/end-thread.js';
import { exitCodeOf, printFailure, say } from './failure.js';
import { plainText } from './plain-text.js';

/** Every command, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<{ register(program: Command): void }>>> = {
  analyze: () => import('./commands/analyze.js'),
  report: () => import('./commands/report.js'),
  study: () => import('./commands/study.js'),
  webcam: () => import('./commands/webcam.js'),
  train: () => import('./commands/train.js'),
  evaluate: () => import('./commands/evaluate.js'),
  compare: () => import('./commands/compare.js'),
  'compare-detectors': () => import('./commands/compare-detectors.js'),
  import: () => import('./commands/import.js'),
  models: () => import('./commands/models.js'),
  serve: () => import('./commands/serve.js'),
  work: () => import('./commands/work.js'),
  submit: () => import('./commands/submit.js'),
  jobs: () => import('./commands/jobs.js'),
  keys: () => import('./commands/keys.js'),
};

// A reader that has seen enough (`phiz … | head`) is not a failure; a full disk behind `>` is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  say(`standard output cannot be written: ${pathProblem(error)}`);
  process.exit(1);
});

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
const program = new Command('phiz')
  .description('Finds the faces in photos and clips and says what each shows. Nothing leaves the machine.')
  .version(version)
  .showHelpAfterError('(--help lists the options)')
  .configureOutput({ outputError: (text, write) => write(`${plainText(text.replace(/^error: /, 'phiz: '))}${fileHint(text)}`) })
  .exitOverride();

const asked = process.argv[2];
const only = asked !== undefined && Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined;
for (const load of only ? [only] : Object.values(COMMANDS)) (await load()).register(program);

/** A pattern of the shell may give names that look like options. */
function fileHint(text: string): string {
  const named =
    /^error: unknown option/.test(text) && process.argv.slice(2).find((one) => one.startsWith('-') && existsSync(one));
  return named ? `${plainText(`phiz: for the file of that name write ./${named}`)}\n` : '';
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    printFailure(error);
    process.exitCode = exitCodeOf(error);
  }
}
// A decoder that a damaged clip keeps busy for ever would keep the process, too.
if (hasStuckThreads()) endProcess(Number(process.exitCode ?? 0));
