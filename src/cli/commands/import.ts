/** `phiz import`: a Keras model becomes an ONNX model with a card. src/apps/import/import-keras.ts does the work. */

import { type Command, Option } from 'commander';
import type { ValueRange } from '../../apps/import/value-range.js';
import { say } from '../failure.js';

interface ImportFlags {
  readonly out: string;
  readonly name?: string;
  readonly labels?: string;
  readonly range?: ValueRange;
  readonly licence?: string;
}

export function register(program: Command): void {
  program
    .command('import')
    .summary('import a classifier from Keras')
    .description(
      'Reads a Keras Sequential or functional model (HDF5) and writes it as <name>.onnx with its card <name>.json, ready for ' +
        '"phiz analyze --emotion-model", "phiz evaluate" and "phiz compare".',
    )
    .argument('<model.hdf5>', "what Keras's model.save('model.h5') wrote")
    .requiredOption('--out <dir>', 'folder for model and card')
    .option('--name <name>', "the model's name (default: the file's)")
    .option('--labels <list>', "class names separated by commas, in the order of the network's outputs (default: numbers)")
    .addOption(
      new Option('--range <black..white>', 'which values the network expects for black and white (default: -1..1)').choices([
        '-1..1',
        '0..1',
        '0..255',
      ]),
    )
    .option('--licence <text>', 'who owns the weights and what may be done with them, for the card')
    .action(action);
}

async function action(file: string, { labels, ...flags }: ImportFlags): Promise<void> {
  const { importModel } = await import('../../apps/import/import-keras.js');
  const { card, written, notes } = await importModel({
    file,
    ...flags,
    labels: labels?.split(',').map((label) => label.trim()),
  });
  for (const note of notes) say(`${note}`);
  for (const path of written) say(`wrote ${path}`);
  const { channels, width, height } = card.input;
  process.stdout.write(
    `${card.name}: ${card.parameters.toLocaleString('en')} parameters, ${width}×${height} ${channels === 1 ? 'grey' : 'colour'} in, ` +
      `${card.labels.join(', ')} out; licence: ${card.licence}\n`,
  );
}
