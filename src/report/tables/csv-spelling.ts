/**
 * How tables are spelt for spreadsheets of other countries. Where the decimal sign is a comma, Excel wants semicolons between cells, and
 * takes a file for UTF-8 only by its mark. Everything else (quotes, line ends, texts) stays as csv-line.ts writes it.
 */

/** Between two cells: a comma (numbers with points), or a semicolon (numbers with commas, and a byte order mark at the beginning). */
export type CsvSeparator = ',' | ';';
export const CSV_SEPARATORS: readonly CsvSeparator[] = [',', ';'];

/** What a file begins with. */
export function csvMark(separator: CsvSeparator): string {
  return separator === ',' ? '' : '\ufeff';
}

const CELL = /"(?:[^"]|"")*"|[^",\n]+|,/g;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Whole lines as csv-line.ts writes them, spelt with `separator`. */
export function spellCsv(lines: string, separator: CsvSeparator): string {
  if (separator === ',') return lines;
  return lines.replace(CELL, (cell) => {
    if (cell === ',') return ';';
    if (NUMBER.test(cell)) return cell.replace('.', ',');
    return cell.includes(';') && !cell.startsWith('"') ? `"${cell}"` : cell;
  });
}
