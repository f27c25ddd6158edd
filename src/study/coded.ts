/** What a person coded: a table of stretches of recordings with the class that a face shows in them. */
import { type Recording, refuse, type Stretch } from './design.js';
import { type DesignFile, numberOf } from './design-csv.js';
import { parseTable } from './table.js';

/** In seconds of the recording. */
export interface Coded extends Stretch {
  readonly file: string;
  readonly label: string;
}

/** The columns of the table. */
const COLUMNS = ['file', 'from', 'to', 'label'];

/** Reads the table. Throws PhizError `invalid-data` that names every fault with its line and column. */
export function parseCoded(
  { name, text }: DesignFile,
  { recordings, labels }: { readonly recordings: readonly Pick<Recording, 'file'>[]; readonly labels: readonly string[] },
): readonly Coded[] {
  const table = parseTable(text, name);
  refuse([
    ...COLUMNS.filter((column) => !table.columns.includes(column)).map((column) => `${name}: the column '${column}' is missing`),
    ...table.columns
      .filter((column) => !COLUMNS.includes(column))
      .map((column) => `${name}: the column '${column}' is not known; there are ${COLUMNS.join(', ')}`),
  ]);
  const faults: string[] = [];
  const coded: Coded[] = [];
  for (const { line, cells } of table.rows) {
    const wrong = (column: string, says: string) => faults.push(`${name}, line ${line}, column ${column}: ${says}`);
    const { file = '', label = '' } = cells;
    const [from, to] = [numberOf(cells.from ?? ''), numberOf(cells.to ?? '')];
    if (!recordings.some((recording) => recording.file === file)) wrong('file', `the design has no recording '${file}'`);
    if (!labels.includes(label)) wrong('label', `needs one of ${labels.join(', ')}; got '${label}'`);
    if (!(from >= 0)) wrong('from', `needs seconds; got '${cells.from ?? ''}'`);
    else if (!(to > from)) wrong('to', `needs seconds after from; got '${cells.to ?? ''}'`);
    if (coded.some((other) => other.file === file && other.from < to && from < other.to))
      wrong('from', 'this stretch overlaps one before it');
    coded.push({ file, from, to, label });
  }
  refuse(faults);
  return coded;
}
