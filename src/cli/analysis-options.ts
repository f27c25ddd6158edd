/** The options of an analysis and of its models on the command line, made from their lists. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { NETWORK_ATTRIBUTES } from '../attributes/index.js';
import { type AnalysisOption, faultOf } from '../results/analysis-options.js';
import { wholeNumber } from './options.js';

/** Adds these options, each with what holds where it is not given. */
export function addAnalysisOptions(command: Command, options: Readonly<Record<string, AnalysisOption>>): Command {
  for (const [name, { unit, says, without }] of Object.entries(options))
    command.option(
      `--${kebab(name)} <${unit}>`,
      `${says.replace('with every', 'with --every')} (default: ${without})`,
      parserOf(name),
    );
  return command;
}

/** Adds the models, where they run, and on how many threads; `threads`: what holds where nothing is said. */
export function addModelOptions(command: Command, threads: string): Command {
  command.option('--detector <model>', 'a name from "phiz models", or the path of an .onnx with its card (default: detector)');
  for (const { name } of NETWORK_ATTRIBUTES)
    command.option(`--${name}-model <model>`, `the same for ${name}; none leaves it out (default: ${name})`);
  return command
    .option(
      '--model <model>',
      'a classifier of your own, read as well, under the name of its card; may be given several times',
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .addOption(new Option('--device <device>', 'where the networks run (default: cpu)').choices(['cpu', 'webgpu']))
    .option('--threads <n>', `threads of the networks (default: ${threads})`, wholeNumber(1));
}

/** The models chosen, as `createAnalyzer` takes them. */
export function chosenModels(
  options: object,
): Record<string, string | null | undefined> & { readonly models?: readonly string[] } {
  const given = options as Readonly<Record<string, string | undefined>>;
  const chosen = NETWORK_ATTRIBUTES.map(({ name }) => {
    const model = given[`${name}Model`];
    return [name, model === 'none' ? null : model] as const;
  });
  const { model } = options as { readonly model?: readonly string[] };
  return Object.fromEntries<unknown>([['detector', given.detector], ['models', model], ...chosen]) as ReturnType<
    typeof chosenModels
  >;
}

/** The options of these names out of all. */
export function chosenOptions<Options extends Readonly<Record<string, AnalysisOption>>>(
  given: object,
  options: Options,
): { readonly [Name in keyof Options]?: number | undefined } {
  const all = given as { readonly [Name in keyof Options]?: number | undefined };
  return Object.fromEntries(Object.keys(options).map((name) => [name, all[name]])) as typeof all;
}

function parserOf(name: string): (value: string) => number {
  return (value) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    const fault = faultOf(name, number);
    if (fault) throw new InvalidArgumentError(`It ${fault}.`);
    return number;
  };
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
