/** A table as text: aligned columns for a terminal, or markdown for a document. Cells are strings already; numbers align right. */

export interface TableColumn {
  readonly heading: string;
  /** Default: left. */
  readonly align?: 'left' | 'right' | undefined;
}

export interface TableOptions {
  readonly format?: 'text' | 'markdown' | undefined;
}

/** Renders rows of cells under headings, each line ending in '\n'. A missing cell is empty. */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { format = 'text' }: TableOptions = {},
): string {
  const clean = (cell: string) => {
    const flat = cell.replaceAll(/\s*\n\s*/g, ' ');
    return format === 'markdown' ? flat.replaceAll('|', '\\|') : flat;
  };
  const headings = columns.map(({ heading }) => clean(heading));
  const body = rows.map((row) => columns.map((_, c) => clean(row[c] ?? '')));
  const widths = columns.map((_, c) => Math.max(3, ...[headings, ...body].map((row) => row[c]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, c) => (columns[c]!.align === 'right' ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)));
  if (format === 'text') return [headings, ...body].map((row) => `${line(row).join('  ').trimEnd()}\n`).join('');
  const rule = columns.map(({ align }, c) => (align === 'right' ? `${'-'.repeat(widths[c]! - 1)}:` : '-'.repeat(widths[c]!)));
  return [line(headings), rule, ...body.map(line)].map((row) => `| ${row.join(' | ')} |\n`).join('');
}
