/**
 * Tables as one Excel workbook (.xlsx), a sheet each, by write-excel-file. Texts stay texts, whatever they begin with: nothing becomes a
 * formula or a date. The same tables give the same bytes.
 */
import { unzipSync, zipSync } from 'fflate';
import writeExcel from 'write-excel-file/node';

/** A sheet: a row of names, then rows of cells; null: empty. */
export interface Sheet {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | boolean | null | undefined)[])[];
}

/** Characters that Excel shows of a cell. */
const LONGEST_TEXT = 32_767;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** A moment that every zip archive can name, in place of now. */
const NO_TIME = new Date(1980, 0, 1);

/** The bytes of a workbook, its header rows bold and staying in sight. */
export async function workbook(sheets: readonly Sheet[]): Promise<Uint8Array> {
  const written = await writeExcel(
    sheets.map(({ name, columns, rows }) => ({
      sheet: name,
      stickyRowsCount: 1,
      columns: columns.map((column) => ({ width: Math.min(Math.max(column.length + 2, 12), 60) })),
      data: [columns.map((value) => ({ value, fontWeight: 'bold' as const })), ...rows.map((row) => row.map(cellOf))],
    })),
  ).toBuffer();
  return zipSync(unzipSync(written), { mtime: NO_TIME, level: 6 });
}

/** What XML cannot hold is left out; numbers that are none are empty. */
function cellOf(value: string | number | boolean | null | undefined) {
  if (typeof value === 'number') return Number.isFinite(value) ? { value, type: Number } : null;
  if (typeof value === 'boolean') return { value, type: Boolean };
  if (value === null || value === undefined || value === '') return null;
  return {
    value: value.replaceAll(NOT_XML, '').slice(0, LONGEST_TEXT),
    type: String,
  };
}
