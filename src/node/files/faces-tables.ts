/**
 * Tables of everything that a run analyses, photos and clips alike: one format per entry of the list below. Rows are on disk when `add`
 * returns, where the format allows it. A table that is there is never replaced.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { Attribute } from '../../attributes/attribute.js';
import { PhizError } from '../../core/error.js';
import { csvLine } from '../../report/tables/csv-line.js';
import { type CsvSeparator, csvMark, spellCsv } from '../../report/tables/csv-spelling.js';
import { type FacesRow, facesColumns, facesCsvLines } from '../../report/tables/faces-csv.js';
import { makeFolder } from './make-folder.js';
import { openParquet } from './parquet.js';
import { pathProblem } from './path-problem.js';

export interface FacesTable {
  /** Bytes of the file that hold whole rows; undefined where it is not written row by row. */
  readonly bytes: number | undefined;
  /** One call at a time. Throws PhizError `unwritable-file`. */
  add(rows: readonly FacesRow[]): Promise<void>;
  /** Ends the table. */
  finish(): Promise<void>;
}

export interface TableFormat {
  readonly name: string;
  /** What the names of its files end in. */
  readonly ending: string;
  /** Opens a table. Throws PhizError `unwritable-file`. */
  open(path: string, options?: OpenTableOptions): Promise<FacesTable>;
}

export interface OpenTableOptions {
  /** Of the analyzer. Default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Where a table that is there is taken up; what comes after is dropped. Without it a table that is there is refused. */
  readonly goOnAt?: number | undefined;
  /** Of CSV. Default: a comma. */
  readonly csvSeparator?: CsvSeparator | undefined;
}

export const TABLE_FORMATS = [
  { name: 'csv', ending: '.csv', open: openCsv },
  { name: 'parquet', ending: '.parquet', open: openFacesParquet },
] as const satisfies readonly TableFormat[];

/** The format that a table's name asks for. Throws PhizError `invalid-option` naming those there are. */
export function tableFormat(path: string): TableFormat {
  const format = TABLE_FORMATS.find(({ ending }) => ending === extname(path).toLowerCase());
  if (format) return format;
  const known = TABLE_FORMATS.map(({ ending }) => ending).join(' or ');
  throw new PhizError('invalid-option', `the name of a table says its format: ${known}; got ${path}`);
}

async function openCsv(path: string, { attributes, goOnAt, csvSeparator = ',' }: OpenTableOptions = {}): Promise<FacesTable> {
  const columns = facesColumns(attributes);
  const header = csvMark(csvSeparator) + spellCsv(csvLine(columns.map(({ name }) => name)), csvSeparator);
  let handle: FileHandle;
  let bytes = 0;
  const put = async (text: string): Promise<void> => {
    try {
      await handle.appendFile(text);
    } catch (cause) {
      throw unwritable(path, pathProblem(cause), cause);
    }
    bytes += Buffer.byteLength(text);
  };
  const there = await stat(path).catch(() => undefined);
  // A pipe, a device.
  const special = there !== undefined && !there.isFile() && !there.isDirectory();
  if (there?.isFile() && there.size > 0 && goOnAt === undefined) throw taken(path);
  try {
    await makeFolder(dirname(path), { mode: 0o700 });
    handle = await open(path, special ? constants.O_WRONLY : 'a+', 0o600);
    if (goOnAt !== undefined && there?.isFile() && there.size > 0) {
      const head = Buffer.alloc(Buffer.byteLength(header));
      await handle.read(head, 0, head.length, 0);
      if (there.size < goOnAt || head.toString() !== header) {
        await handle.close();
        throw unwritable(path, 'it is not the table of the run that is to go on, or from another version; give another name');
      }
      await handle.truncate(goOnAt);
      bytes = goOnAt;
    } else await put(header);
  } catch (cause) {
    throw cause instanceof PhizError ? cause : unwritable(path, pathProblem(cause), cause);
  }
  return {
    get bytes() {
      return special ? undefined : bytes;
    },
    add: (rows) => put(spellCsv(facesCsvLines(rows, columns), csvSeparator)),
    finish: () => handle.close(),
  };
}

/** Parquet has its contents at its end, so the file appears when the run ends. */
async function openFacesParquet(path: string, { attributes }: OpenTableOptions = {}): Promise<FacesTable> {
  const columns = facesColumns(attributes);
  if ((await stat(path).catch(() => undefined))?.size) throw taken(path);
  const file = await openParquet(path, columns, { always: ['source'] });
  return {
    bytes: undefined,
    add: (rows) => file.add(rows.map((row) => columns.map(({ value }) => value(row)))),
    finish: () => file.finish(),
  };
}

function taken(path: string): PhizError {
  return unwritable(path, 'a file of that name is there; --resume goes on with the CSV of a run, or give another name');
}

function unwritable(path: string, why: string, cause?: unknown): PhizError {
  return new PhizError('unwritable-file', `${path} cannot be written: ${why}`, { cause });
}
