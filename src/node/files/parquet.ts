/**
 * A clip's table as Parquet (hyparquet-writer, Snappy): the columns of timeline-csv.ts with their types, nullable where the CSV is
 * empty. Rows go to the file in groups, so that a clip of any length takes the memory of one group.
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

/** These have a value in every row. */
const ALWAYS: readonly string[] = ['frame', 'timestamp'];

/**
 * One row per face per frame. Throws PhizError `unwritable-file`, also from `add` and `finish`, and `invalid-option` for a size of
 * row groups below 1.
 */
export async function openTimelineParquet(
  path: string,
  {
    rowGroupSize = 10_000,
    attributes,
  }: { readonly rowGroupSize?: number | undefined; readonly attributes?: readonly Attribute[] | undefined } = {},
): Promise<FrameSink> {
  checkCount('rowGroupSize', rowGroupSize);
  const listed = timelineColumns(attributes);
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const file = await openAtomic(path, { private: true });
  const bytes = new ByteWriter();
  const columns = (rows: readonly (readonly TimelineValue[])[]) =>
    listed.map(({ name, type }, c) => ({
      name,
      data: rows.map((row) => row[c]),
      type: TYPES[type],
      nullable: !ALWAYS.includes(name),
    }));
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: columns([]) }),
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
    await writer.write({ columnData: columns(group), rowGroupSize: group.length });
    await flush();
  };
  return {
    path,
    async add(frame) {
      rows.push(...timelineRows(frame, { columns: listed }));
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
