/**
 * Where the results of one run of `phiz analyze` go: the table, standard output, and the record in the folder of the results, in this
 * order, so that whoever reads a line finds its rows in the table, and what the record calls done is in both.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FailureRecord, failureRecord } from '../apps/analyze/failure.js';
import { outputName } from '../apps/analyze/output-names.js';
import type { RunInput, RunRecord, TableEnd } from '../apps/analyze/run-record.js';
import type { Attribute } from '../attributes/attribute.js';
import { PhizError } from '../core/error.js';
import { type FacesTable, TABLE_FORMATS, tableFormat } from '../node/files/faces-tables.js';
import { readFrames } from '../node/files/frames-file.js';
import type { CsvSeparator } from '../report/tables/csv-spelling.js';
import { type FacesRow, frameRows, photoRows } from '../report/tables/faces-csv.js';
import type { PhotoResult } from '../results/result.js';
import type { FrameResult, VideoSummary } from '../results/video-result.js';

export interface RunResultsOptions {
  /** Paths of tables: a CSV, and one whose name says its format. */
  readonly csv: string | undefined;
  readonly table: string | undefined;
  readonly out: string | undefined;
  /** Of the CSV. */
  readonly csvSeparator: CsvSeparator | undefined;
  /** Of `out`. */
  readonly record: RunRecord | undefined;
  /** Of the analyzer: what tables have columns of. */
  readonly attributes: readonly Attribute[];
  /** Go on with tables and results that are there. */
  readonly resume: boolean;
  /** Prints one line of results. */
  readonly print: (result: RunResult) => Promise<void>;
}

/** What is said of one input: what was found, or why nothing was. */
export type RunResult = PhotoResult | VideoSummary | FailureRecord;

export interface RunResults {
  /** Takes over what an earlier run has done: prints it, and puts its rows into tables that lack them. Throws PhizError `unreadable-file`. */
  takeOver(input: RunInput): Promise<void>;
  /** A frame of a clip, before its summary. */
  frame(input: RunInput, frame: FrameResult): Promise<void>;
  /** A photo's result, or a clip's summary; `whole`: nothing is left to be done. */
  add(input: RunInput, result: PhotoResult | VideoSummary, whole?: boolean): Promise<void>;
  failure(input: Pick<RunInput, 'path' | 'source'>, error: unknown): Promise<void>;
  finish(): Promise<void>;
}

/** Opens the tables; `settings`: a hash of all that results depend on. Throws PhizError `invalid-option`, `unwritable-file`. */
export async function openRunResults(
  settings: string,
  { csv, table, csvSeparator, out, record, resume, attributes, print }: RunResultsOptions,
): Promise<RunResults> {
  const tables: { readonly path: string; readonly file: FacesTable }[] = [];
  for (const [path, format] of [
    [csv, TABLE_FORMATS[0]],
    [table, table === undefined ? undefined : tableFormat(table)],
  ] as const) {
    if (path === undefined || !format) continue;
    const opened = await format.open(path, { attributes, csvSeparator, goOnAt: resume ? record?.tableEnd(path) : undefined });
    tables.push({ path, file: opened });
    if (opened.bytes !== undefined) await record?.tableBegun({ path, bytes: opened.bytes });
  }
  const append = async (rows: readonly FacesRow[], wanted: (path: string) => boolean = () => true): Promise<void> => {
    for (const one of tables) if (wanted(one.path)) await one.file.add(rows);
  };
  const end = (): TableEnd | undefined => {
    const kept = tables.find(({ file }) => file.bytes !== undefined);
    return kept && { path: kept.path, bytes: kept.file.bytes! };
  };

  return {
    async takeOver(input) {
      if (out === undefined) return;
      const path = join(out, input.name);
      const result = await savedResult(`${path}.json`);
      const lacks = (one: string): boolean => !record?.hasRows(input, one);
      const lacking = tables.some((one) => lacks(one.path));
      if (lacking && 'faces' in result) await append(photoRows(result), lacks);
      else if (lacking)
        for await (const frame of readFrames(`${path}.frames.ndjson`)) await append(frameRows(input.source, frame), lacks);
      await print(result);
      if (lacking) await record?.done(input, settings, end());
    },
    frame: (input, frame) => append(frameRows(input.source, frame)),
    async add(input, result, whole = true) {
      if ('faces' in result) await append(photoRows(result));
      await print(result);
      if (whole) await record?.done(input, settings, end());
    },
    async failure({ path, source }, error) {
      const failure = failureRecord(source, error);
      const input = { path, source, name: outputName(path) };
      const lacks = (one: string): boolean => !record?.hasRows(input, one, failure.error.message);
      await append([{ source, failure: failure.error }], lacks);
      await print(failure);
      await record?.failed(input, failure.error.message, end());
    },
    async finish() {
      for (const one of tables) await one.file.finish();
    },
  };
}

async function savedResult(path: string): Promise<PhotoResult | VideoSummary> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PhotoResult | VideoSummary;
  } catch (cause) {
    throw new PhizError('unreadable-file', `${path} cannot be read; delete it, and its input is done again`, { cause });
  }
}
