/** `phiz models`: which models there are, whose they are and how good; `phiz models pull` fetches other people's. */

import type { Command } from 'commander';
import type { ModelCard } from '../../core/card.js';
import type { RegistryEntry } from '../../node/models/registry.js';
import { say } from '../failure.js';
import { numberFrom } from '../options.js';

export function register(program: Command): void {
  const models = program
    .command('models')
    .summary('list the models with licence, size and metrics; pull others')
    .description(
      'Lists the models in this package: name, version, task, size, parameters, licence and measured metrics; then those of other ' +
        'people that phiz can use once they are pulled.',
    )
    .option('--json', "print the cards of the package's models as one JSON array")
    .action(async ({ json = false }: { json?: boolean }) => {
      const [{ listModels }, { REGISTRY }, { cacheFolder, listPulled }] = await Promise.all([
        import('../../node/models/models.js'),
        import('../../node/models/registry.js'),
        import('../../node/models/pulled-files.js'),
      ]);
      const cards = await listModels();
      if (json) process.stdout.write(`${JSON.stringify(cards, undefined, 2)}\n`);
      else process.stdout.write(`${modelTable(cards)}\n${otherTable(REGISTRY, await listPulled(), cacheFolder())}`);
    });
  models
    .command('pull')
    .summary("fetch another people's model into the cache")
    .description(
      'Fetches models of other people, checks them against the sha256 that phiz knows, and keeps them in the cache (PHIZ_CACHE says ' +
        'where). Nothing is fetched otherwise.',
    )
    .argument('<name...>', 'from "phiz models"')
    .option('--from <place>', 'a folder or URL that holds the files, instead of their upstream homes')
    .option('--timeout <seconds>', 'how long a file may take to download (default: 120)', numberFrom(0, 'above'))
    .action(pull);
}

async function pull(names: readonly string[], options: { from?: string; timeout?: number }): Promise<void> {
  const [{ pullModel }, { registryEntry }] = await Promise.all([
    import('../../node/models/pull-model.js'),
    import('../../node/models/registry.js'),
  ]);
  const entries = names.map(registryEntry);
  for (const [i, name] of names.entries()) {
    const onFile = (source: string): unknown => say(`reading ${source}`);
    const { folder, stored } = await pullModel(name, { ...options, onFile });
    const { licence, home } = entries[i]!;
    const done = stored.length > 0 ? 'is now in' : 'was already in';
    process.stdout.write(`${name} ${done} ${folder} (licence: ${licence}; ${home})\n`);
  }
}

/** The cards as a table for people, one row per model. */
export function modelTable(cards: readonly ModelCard[]): string {
  if (cards.length === 0) return 'no models in this package\n';
  const rows = [
    ['NAME', 'VERSION', 'TASK', 'SIZE', 'PARAMETERS', 'LICENCE', 'FIGURES'],
    ...cards.map(({ name, version, task, bytes, parameters, licence, metrics }) => [
      ...[name, version, task, `${Math.round(bytes / 1000)} kB`, parameters.toLocaleString('en'), licence],
      mainMetrics(metrics).map(figure).join('; ') || 'none measured',
    ]),
  ];
  return aligned(rows);
}

/** What a model is for, measured directly; where no such figure stands in the card, its first two. */
function mainMetrics(metrics: ModelCard['metrics']): ModelCard['metrics'] {
  const main = metrics.filter(({ name, on }) => MAIN_METRICS.includes(name) && !on.includes('through detector'));
  return main.length > 0 ? main : metrics.slice(0, 2);
}

const MAIN_METRICS = ['accuracy', 'mean absolute error (years)', 'AP@0.5'];

/** Other people's models: which were pulled, and what they are. */
function otherTable(entries: Readonly<Record<string, RegistryEntry>>, pulled: readonly string[], cache: string): string {
  const rows = Object.entries(entries).map(([name, { task, summary, licence, files }]) => {
    const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
    return [name, pulled.includes(name) ? 'pulled' : 'no', task, `${Math.round(bytes / 1000)} kB`, licence, summary];
  });
  const table = aligned([['NAME', 'HERE', 'TASK', 'SIZE', 'LICENCE', 'WHAT'], ...rows]);
  return `Other people's, fetched by "phiz models pull <name>" into ${cache}:\n${table}`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function figure({ name, value, interval, on }: ModelCard['metrics'][number]): string {
  const number = (v: number): string => String(Number(v.toPrecision(3)));
  const between = interval ? ` [${interval.map(number).join(', ')}]` : '';
  return `${name} ${number(value)}${between} on ${on}`;
}
