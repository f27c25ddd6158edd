/** `phiz models`: which models the package holds, whose they are and how good. */
import type { Command } from 'commander';
import type { ModelCard } from '../../core/card.js';

export function register(program: Command): void {
  program
    .command('models')
    .summary('list the models with licence, size and figures')
    .description('Lists the models in this package: name, version, task, size, parameters, licence and measured figures.')
    .option('--json', 'print the whole model cards as one JSON array')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listModels } = await import('../../node/models.js');
      const cards = await listModels();
      process.stdout.write(json ? `${JSON.stringify(cards, undefined, 2)}\n` : modelTable(cards));
    });
}

/** The cards as a table for people, a row a model. */
export function modelTable(cards: readonly ModelCard[]): string {
  if (cards.length === 0) return 'no models in this package\n';
  const rows = [
    ['NAME', 'VERSION', 'TASK', 'SIZE', 'PARAMETERS', 'LICENCE', 'FIGURES'],
    ...cards.map(({ name, version, task, bytes, parameters, licence, metrics }) => [
      ...[name, version, task, `${Math.round(bytes / 1000)} kB`, parameters.toLocaleString('en'), licence],
      metrics.slice(0, 2).map(figure).join('; ') || 'none measured',
    ]),
  ];
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
