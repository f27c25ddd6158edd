/** `phiz train`: trains one of the networks on a data set, with checkpoints, a log, a learning curve and a model card. */
import { type Command, InvalidArgumentError } from 'commander';
import type { RunProgress } from '../../apps/train/run.js';
import { share, wholeNumber } from '../options.js';
import { createProgress } from '../progress.js';

interface TrainFlags {
  readonly name?: string | undefined;
  readonly data: readonly string[];
  readonly weight?: readonly number[];
  readonly out: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly seed: number;
  readonly threads?: number;
  readonly limit?: number | undefined;
  readonly resume?: boolean;
  readonly from?: string;
  readonly rate?: number;
  readonly lightAugment?: boolean;
  readonly balance: number;
  readonly distil: number;
  readonly sharpness: number;
}

export function register(program: Command): void {
  program
    .command('train')
    .summary('train a network on a data set')
    .description(
      'Trains emotion, age, detector, refiner, small, big or mini-xception. Data: FER-2013 (folders or fer2013.csv), UTKFace, WIDER-style face labels, or a folder of class folders.',
    )
    .argument('<network>', 'emotion, age, detector, refiner, small, big or mini-xception')
    .requiredOption('--data <dir>', "the data set's folder; repeat it for further sets of the same classes", several)
    .option('--weight <w>', 'how often an epoch shows each image of a set, in the order of --data (default: 1)', weights)
    .requiredOption('--out <dir>', 'where model, card, log and checkpoint go')
    .option(
      '--epochs <n>',
      'epochs in total, including those before a --resume (default: the recipe of the network)',
      wholeNumber(1),
    )
    .option('--name <name>', 'what the model and its files are called (default: as the network)')
    .option('--batch <n>', 'samples per step (default: the recipe of the network)', wholeNumber(1))
    .option('--seed <n>', 'random seed', wholeNumber(0), 1)
    .option('--threads <n>', 'threads; with the same number a run repeats exactly (default: one per core)', wholeNumber(1))
    .option('--limit <n>', 'use at most this many samples', wholeNumber(1))
    .option('--from <model>', 'start from the weights of a trained model (a name or an .onnx) instead of random ones')
    .option('--rate <r>', 'highest learning rate (default: the recipe of the network)', share)
    .option('--light-augment', 'augment less, for a second cycle from trained weights')
    .option('--balance <b>', '0 shows each image once per epoch, 1 shows all classes equally often', share, 0)
    .option('--distil <w>', "part of each target that other networks' answers in the data's targets.json are, 0 to 1", share, 0)
    .option('--sharpness <r>', 'take gradients this far uphill: flatter minima, twice the time (0.05 is usual)', share, 0)
    .option('--resume', 'continue from the checkpoint in --out')
    .action(action);
}

async function action(name: string, flags: TrainFlags): Promise<void> {
  const [{ availableParallelism }, { networkNamed }, { lighter, recipeFor }, { threadsFor, train }] = await Promise.all([
    import('node:os'),
    import('../../train/networks/index.js'),
    import('../../train/recipes.js'),
    import('../../apps/train/train.js'),
  ]);
  const network = networkNamed(name);
  const standard = recipeFor(name);
  const recipe = {
    ...standard,
    epochs: flags.epochs ?? standard.epochs,
    batch: flags.batch ?? standard.batch,
    rate: flags.rate ?? standard.rate,
    balance: flags.balance,
    distil: flags.distil,
    sharpness: flags.sharpness,
    augment: flags.lightAugment ? lighter(standard.augment) : standard.augment,
  };
  const threads = flags.threads ?? threadsFor(recipe, availableParallelism());
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(130);
    process.stderr.write('\nphiz: stopping after this step; once more to stop at once without saving\n');
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let progress: ReturnType<typeof createProgress> | undefined;
  const command = commandLine(name, flags, recipe, threads);
  try {
    const result = await train({
      network,
      recipe,
      data: flags.data.map((dir, i) => ({ dir, weight: flags.weight?.[i] ?? 1 })),
      out: flags.out,
      name: flags.name,
      seed: flags.seed,
      threads,
      resume: flags.resume,
      command,
      from: flags.from,
      signal: stop.signal,
      limit: flags.limit,
      onNote(text) {
        process.stderr.write(`phiz: ${text}\n`);
      },
      onStep(at) {
        progress ??= createProgress({ total: at.steps, label: `epoch ${at.epoch}/${at.epochs}` });
        progress.update(at.step, progressText(at));
      },
      onEpoch(log) {
        progress?.end();
        progress = undefined;
        process.stdout.write(`${JSON.stringify(log)}\n`);
      },
    });
    progress?.end();
    if (result.log.length > 0) {
      const { drawCurve } = await import('../../apps/train/curve.js');
      await drawCurve(flags.out, flags.name ?? network.name, result.log, result.metric);
    }
    if (!result.finished) {
      process.stderr.write(`phiz: stopped in epoch ${result.epoch + 1} and saved. Continue with:\n  phiz ${command} --resume\n`);
      process.exitCode = 1;
      return;
    }
    const best = result.best;
    if (best) process.stderr.write(`phiz: best ${result.metric.name} ${best.value.toFixed(4)} in epoch ${best.epoch}\n`);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** The values of an option that may be given several times. */
function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function weights(value: string, before: readonly number[] = []): readonly number[] {
  const weight = Number(value);
  if (!(weight > 0 && weight <= 100)) throw new InvalidArgumentError('a number above 0, at most 100.');
  return [...before, weight];
}

function progressText({ loss, accuracy, samplesPerSecond, secondsLeft }: RunProgress): string {
  const right = accuracy === undefined ? '' : ` accuracy ${(accuracy * 100).toFixed(1)} %`;
  const minutes = Math.floor(secondsLeft / 60);
  const left =
    minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes} min ${Math.floor(secondsLeft % 60)} s`;
  return `loss ${loss.toFixed(4)}${right} ${samplesPerSecond.toFixed(0)} images/s ${left} left`;
}

/** The command that repeats the run on any machine. */
function commandLine(name: string, flags: TrainFlags, recipe: { epochs: number; batch: number }, threads: number): string {
  const words: (string | number)[] = [
    'train',
    name,
    ...flags.data.flatMap((dir) => ['--data', dir]),
    '--out',
    flags.out,
    '--epochs',
    recipe.epochs,
    '--batch',
    recipe.batch,
  ];
  words.push('--seed', flags.seed, '--threads', threads);
  for (const weight of flags.weight ?? []) words.push('--weight', weight);
  if (flags.name !== undefined) words.push('--name', flags.name);
  if (flags.limit !== undefined) words.push('--limit', flags.limit);
  if (flags.from !== undefined) words.push('--from', flags.from);
  if (flags.rate !== undefined) words.push('--rate', flags.rate);
  if (flags.lightAugment) words.push('--light-augment');
  if (flags.balance > 0) words.push('--balance', flags.balance);
  if (flags.distil > 0) words.push('--distil', flags.distil);
  if (flags.sharpness > 0) words.push('--sharpness', flags.sharpness);
  return words
    .map(String)
    .map((word) => (/^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
