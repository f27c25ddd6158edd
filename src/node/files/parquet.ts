/**
 * Tables as Parquet (hyparquet-writer, Snappy), with the columns' types, nullable where a CSV is empty. Rows go to the file in groups,
 * so that a table of any length takes the memory of one group. The file appears under its name when it is whole.
 */
import type { Attribute } from '../../attributes/attribute.js';
import { checkCount } from '../../core/check.js';
import { type TimelineColumn, type TimelineValue, timelineColumns, timelineRows } from '../../report/tables/timeline-csv.js';
import type { FrameSink } from './frame-sink.js';
import { phizVersion } from './manifest.js';
import { openAtomic } from './write-atomic.js';

const TYPES = { whole: 'INT32', number: 'DOUBLE', text: 'STRING', flag: 'BOOLEAN' } as const satisfies Record<
  TimelineColumn['type'],
  string
>;

export interface ParquetOptions {
  /** Columns that have a value in every row. Default: none. */
  readonly always?: readonly string[] | undefined;
  /** Rows kept in memory. Default: 10,000. */
  readonly rowGroupSize?: number | undefined;
}

/** A Parquet file being written. */
export interface ParquetFile {
  /** One call at a time; a value for each column. */
  add(rows: readonly (readonly TimelineValue[])[]): Promise<void>;
  finish(): Promise<void>;
  /** Leaves no file; does nothing after `finish`. */
  abort(): Promise<void>;
}

/** Opens a table of these columns. Throws PhizError `unwritable-file`, also from its calls, and `invalid-option`. */
export async function openParquet(
  path: string,
  columns: readonly Pick<TimelineColumn, 'name' | 'type'>[],
  { always = [], rowGroupSize = 10_000 }: ParquetOptions = {},
): Promise<ParquetFile> {
  checkCount('rowGroupSize', rowGroupSize);
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const file = await openAtomic(path, { private: true });
  const bytes = new ByteWriter();
  const columnData = (rows: readonly (readonly TimelineValue[])[]) =>
    columns.map(({ name, type }, c) => ({
      name,
      data: rows.map((row) => row[c]),
      type: TYPES[type],
      nullable: !always.includes(name),
    }));
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: columnData([]) }),
    createdBy: `phiz version ${phizVersion()}`,
  });
  const flush = async (): Promise<void> => {
    const written = bytes.getBytes().slice();
    bytes.index = 0;
    await file.write(written);
  };
  let rows: (readonly TimelineValue[])[] = [];
  const writeGroup = async (): Promise<void> => {
    const group = rows;
    rows = [];
    await writer.write({ columnData: columnData(group), rowGroupSize: group.length });
    await flush();
  };
  return {
    async add(more) {
      rows.push(...more);
      if (rows.length >= rowGroupSize) await writeGroup();
    },
    async finish() {
      if (rows.length > 0) await writeGroup();
      await writer.finish();
      await flush();
      await file.commit();
    },
    abort: () => file.abort(),
  };
}

/**
 * A clip's table, one row per face per frame: the columns of timeline-csv.ts. Throws PhizError `unwritable-file`, also from `add` and
 * `finish`, and `invalid-option` for a size of row groups below 1.
 */
export async function openTimelineParquet(
  path: string,
  {
    rowGroupSize,
    attributes,
  }: Pick<ParquetOptions, 'rowGroupSize'> & { readonly attributes?: readonly Attribute[] | undefined } = {},
): Promise<FrameSink> {
  const columns = timelineColumns(attributes);
  const table = await openParquet(path, columns, { always: ['frame', 'timestamp'], rowGroupSize });
  return { ...table, path, add: (frame) => table.add(timelineRows(frame, { columns })) };
}
