/**
 * Reads tables that people write in spreadsheets: CSV (RFC 4180) with commas, semicolons or tabs, quotes, a byte order mark, lines
 * of comment that begin with #. Cells stay text, each row knows its line. What the columns mean is design.ts's.
 */
import { PhizError } from '../core/error.js';

export interface TableRow {
  /** Where it begins in the file, from 1. */
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/** Throws PhizError `invalid-data` naming the line: no header, a column twice, more cells than columns, a quote that is not closed. */
export function parseTable(text: string, name: string): Table {
  const lines = splitLines(text.replace(/^\ufeff/, ''), name);
  const [head, ...rows] = lines;
  if (!head) throw new PhizError('invalid-data', `${name} is empty; its first line must name the columns`);
  const columns = head.cells.map((cell) => cell.toLowerCase());
  const seen = new Set<string>();
  const twice = columns.find((column) => column !== '' && (seen.has(column) || !seen.add(column)));
  if (twice !== undefined)
    throw new PhizError('invalid-data', `${name}, line ${head.line}: the column '${twice}' is there twice`);
  return {
    columns: columns.filter((column) => column !== ''),
    rows: rows.map(({ line, cells }) => {
      const surplus = cells.slice(columns.length).find((cell) => cell !== '');
      if (surplus !== undefined)
        throw new PhizError('invalid-data', `${name}, line ${line}: '${surplus}' stands beyond the last column`);
      return { line, cells: Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ''])) };
    }),
  };
}

function splitLines(text: string, name: string): readonly { line: number; cells: readonly string[] }[] {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  const separator = [',', ';', '\t'].reduce((best, mark) => (first.split(mark).length > first.split(best).length ? mark : best));
  const found: { line: number; cells: string[] }[] = [];
  let [cell, quoted, line, start] = ['', false, 1, 1];
  let cells: string[] = [];
  // Kept beside the cell, since looking into a string that grows takes time by its length.
  let [blank, comment] = [true, false];
  const endCell = (): void => {
    cells.push(cell.trim());
    [cell, blank, comment] = ['', true, false];
  };
  const add = (c: string): void => {
    comment ||= c === '#' && cell === '' && cells.length === 0;
    blank &&= c.trim() === '';
    cell += c;
  };
  const endLine = (): void => {
    endCell();
    if (cells.some((text) => text !== '') && !cells[0]!.startsWith('#')) found.push({ line: start, cells });
    cells = [];
    start = line + 1;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted && c === '"' && text[i + 1] === '"') add(text[++i]!);
    else if (c === '"' && (quoted || blank) && !comment) quoted = !quoted;
    else if (!quoted && c === separator) endCell();
    else if (!quoted && c === '\n') endLine();
    else add(c);
    if (c === '\n') line++;
  }
  if (quoted) throw new PhizError('invalid-data', `${name}, line ${start}: a quote is not closed`);
  endLine();
  return found;
}
