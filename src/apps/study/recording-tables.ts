/** What a study writes of each recording as it goes: the rows of long.csv and long.parquet, and its tiers for ELAN and Praat. */
import { join } from 'node:path';
import type { ClassSubject } from '../../attributes/classes/classes.js';
import { LEADING } from '../../attributes/index.js';
import { openParquet } from '../../node/files/parquet.js';
import { openAtomic, writeAtomic } from '../../node/files/write-atomic.js';
import { csvLine } from '../../report/tables/csv-line.js';
import { type CsvSeparator, csvMark, spellCsv } from '../../report/tables/csv-spelling.js';
import { LONG_COLUMNS, longRows } from '../../report/tables/study-tables.js';
import { elanTiers, type Tier, textGrid } from '../../report/tables/study-tiers.js';
import type { Followed } from '../../study/course.js';
import type { Design } from '../../study/design.js';
import { leadingIntervals } from '../../study/intervals.js';

type Read = Pick<Followed, 'recording' | 'course'>;

export interface LongTables {
  readonly paths: readonly string[];
  add(one: Read): Promise<void>;
  finish(): Promise<void>;
  /** Leaves no file; does nothing after `finish`. */
  abort(): Promise<void>;
}

/** Throws PhizError `unwritable-file`, also from its calls. */
export async function openLongTables(
  out: string,
  subject: ClassSubject,
  step: number,
  separator: CsvSeparator,
): Promise<LongTables> {
  const paths = ['long.csv', 'long.parquet'].map((name) => join(out, name));
  const csv = await openAtomic(paths[0]!, { private: true });
  const parquet = await openParquet(paths[1]!, LONG_COLUMNS, { always: ['participant', 'stimulus', 'file', 'seconds', 'label'] });
  await csv.write(csvMark(separator) + spellCsv(csvLine(LONG_COLUMNS.map(({ name }) => name)), separator));
  return {
    paths,
    async add(one) {
      const rows = longRows(one, subject, step);
      await csv.write(spellCsv(rows.map((row) => csvLine(row)).join(''), separator));
      await parquet.add(rows);
    },
    async finish() {
      await csv.commit();
      await parquet.finish();
    },
    async abort() {
      await csv.abort();
      await parquet.abort();
    },
  };
}

/** Writes `<path>.elan.txt` and `<path>.TextGrid`. Throws PhizError `unwritable-file`. */
export async function writeTiers(path: string, { recording, course }: Read, { moments }: Design, step: number): Promise<void> {
  const { offset, stimulus, excluded } = recording;
  const shifted = (interval: { readonly from: number; readonly to: number; readonly label: string }) => ({
    label: interval.label,
    from: Math.max(interval.from + offset, 0),
    to: Math.max(interval.to + offset, 0),
  });
  const later = (a: { readonly from: number }, b: { readonly from: number }) => a.from - b.from;
  const end = offset + course.cells.length * step;
  const tiers: readonly Tier[] = [
    { name: LEADING.name, intervals: leadingIntervals(course, LEADING.classes.labels, step).map(shifted) },
    {
      name: 'moment',
      intervals: moments
        .filter((moment) => moment.stimulus === stimulus)
        .toSorted(later)
        .map(shifted),
    },
    { name: 'left out', intervals: excluded.toSorted(later).map((stretch) => ({ ...stretch, label: 'left out' })) },
  ];
  await writeAtomic(`${path}.elan.txt`, elanTiers(tiers), { private: true });
  await writeAtomic(`${path}.TextGrid`, textGrid(tiers, end), { private: true });
}
