/** Reads what a clip is known to show: CSV with the columns start, end (seconds) and label, such as samples/expressions.truth.csv. */

import { PhizError } from '../../core/error.js';
import type { TruthSegment } from '../sums/truth-segment.js';

/** `labels`: what a clip can be known to show; `name`: what messages call the table. Throws PhizError `invalid-data` naming the line. */
export function parseTruthCsv(text: string, labels: readonly string[], name = 'the truth'): readonly TruthSegment[] {
  const [head = '', ...rows] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const columns = head.split(',').map((column) => column.trim());
  const [start, end, named] = ['start', 'end', 'label'].map((column) => columns.indexOf(column)) as [number, number, number];
  if (start < 0 || end < 0 || named < 0)
    throw new PhizError('invalid-data', `${name}, line 1: the columns must be start, end and label; got '${head.slice(0, 80)}'`);
  return rows.flatMap((row, i) => {
    if (row.trim() === '') return [];
    const cells = row.split(',').map((cell) => cell.trim());
    const label = labels.find((known) => known === cells[named]);
    const [from, to] = [cells[start], cells[end]].map((cell) => (cell ? Number(cell) : Number.NaN)) as [number, number];
    if (label === undefined || !(to >= from))
      throw new PhizError(
        'invalid-data',
        `${name}, line ${i + 2}: a start, an end not before it, and one of ${labels.join(', ')} are needed; got '${row.slice(0, 80)}'`,
      );
    return [{ start: from, end: to, label }];
  });
}
