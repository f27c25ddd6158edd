/**
 * Where the results of a clip's frames go, one by one: files that appear under their names only when they are whole. Here the
 * text files, `<name>.frames.ndjson` and `<name>.timeline.csv`; Parquet is src/node/files/parquet.ts.
 */

import type { Attribute } from '../../attributes/attribute.js';
import { type CsvSeparator, csvMark, spellCsv } from '../../report/tables/csv-spelling.js';
import { timelineColumns, timelineCsvHeader, timelineCsvRows } from '../../report/tables/timeline-csv.js';
import type { FrameResult } from '../../results/video-result.js';
import { openAtomic } from './write-atomic.js';

/** Takes analysed frames in order, one call at a time. All calls throw PhizError `unwritable-file`. */
export interface FrameSink {
  readonly path: string;
  add(frame: FrameResult): Promise<void>;
  /** Writes what is left and gives the file its name. */
  finish(): Promise<void>;
  /** Leaves no file; does nothing after `finish`. */
  abort(): Promise<void>;
}

/** One JSON object per line, one line per analysed frame (schema/frame-result.schema.json). */
export function openFramesFile(path: string): Promise<FrameSink> {
  return openTextSink(path, '', (frame) => `${JSON.stringify(frame)}\n`);
}

/** How a format's table is written. */
export interface FrameSinkOptions {
  /** Those of the analyzer; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Of CSV. Default: a comma. */
  readonly csvSeparator?: CsvSeparator | undefined;
}

/** One row per face per frame. */
export function openTimelineCsv(path: string, { attributes, csvSeparator = ',' }: FrameSinkOptions = {}): Promise<FrameSink> {
  const table = { columns: timelineColumns(attributes) };
  const head = csvMark(csvSeparator) + spellCsv(timelineCsvHeader(table), csvSeparator);
  return openTextSink(path, head, (frame) => spellCsv(timelineCsvRows(frame, table), csvSeparator));
}

async function openTextSink(path: string, head: string, toText: (frame: FrameResult) => string): Promise<FrameSink> {
  const file = await openAtomic(path, { private: true });
  await file.write(head);
  return {
    path,
    add: (frame) => file.write(toText(frame)),
    finish: () => file.commit(),
    abort: () => file.abort(),
  };
}
