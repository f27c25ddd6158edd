/** A design as a table that a person writes in a spreadsheet, and a second one of its moments. What must hold of it: design.ts. */
import { distance } from 'fastest-levenshtein';
import { PhizError } from '../core/error.js';
import { checkDesign, type Design, type DraftDesign, type Recording, type Stretch } from './design.js';
import { parseTable, type TableRow } from './table.js';

/** A table's text and what messages call it. */
export interface DesignFile {
  readonly name: string;
  readonly text: string;
}

/** The columns that every design has, and those it may have, with what they hold. */
export const NEEDED_COLUMNS = {
  file: "the recording, from this file's folder",
  participant: 'who was recorded',
  stimulus: 'what was shown',
} as const;
export const OTHER_COLUMNS = {
  offset: "seconds from the recording's start to the stimulus's; empty: 0",
  person: 'whose face: a number as phiz analyze gives them, longest, or all (the mean of all faces); empty: longest',
  baseline: 'from-to in seconds of the recording, a neutral face, such as 0-3; empty: scores are used as measured',
} as const;
/** The columns of the table of moments. */
export const MOMENT_COLUMNS = {
  stimulus: 'as in the design',
  from: 'seconds of the stimulus',
  to: 'seconds of the stimulus',
  label: 'what happens, in any words',
  file: 'where given, the row leaves this stretch of the recording out, in seconds of the recording',
} as const;

const NEEDED = Object.keys(NEEDED_COLUMNS);
const KNOWN = [...NEEDED, ...Object.keys(OTHER_COLUMNS)];

/** Reads a design and, where there is one, its moments. Throws PhizError `invalid-data` that names every fault. */
export function parseDesign(design: DesignFile, moments?: DesignFile): Design {
  const { name } = design;
  const table = parseTable(design.text, name);
  const missing = NEEDED.find((column) => !table.columns.includes(column));
  if (missing !== undefined)
    throw new PhizError('invalid-data', `${name}: the column '${missing}' is missing; there are ${table.columns.join(', ')}`);
  const conditions = table.columns.filter((column) => !KNOWN.includes(column));
  const faults: string[] = [];
  for (const column of conditions) {
    const meant = KNOWN.find((known) => !table.columns.includes(known) && distance(known, column) <= 2);
    if (meant !== undefined)
      faults.push(
        `${name}: the column '${column}' is not known; write '${meant}' if that is meant, or give your own column another name`,
      );
  }
  const recordings = table.rows.map((row) => readRecording(row, conditions, placeOf(name, row), faults));
  const read = moments ? readMoments(moments, recordings) : { moments: [], excluded: new Map<string, Stretch[]>(), faults: [] };
  return checkDesign({
    name,
    recordings: recordings.map((recording) => ({ ...recording, excluded: read.excluded.get(recording.file) ?? [] })),
    moments: read.moments,
    conditions,
    faults: [...faults, ...read.faults],
  });
}

function placeOf(name: string, { line }: TableRow): string {
  return `${name}, line ${line}, column `;
}

function readRecording({ cells }: TableRow, conditions: readonly string[], place: string, faults: string[]): Recording {
  const { file = '', participant = '', stimulus = '', offset = '', person = '', baseline = '' } = cells;
  const start = offset === '' ? 0 : numberOf(offset);
  if (!Number.isFinite(start)) faults.push(`${place}offset: needs seconds; got '${offset}'`);
  const who = person === '' || person === 'longest' ? 'longest' : person === 'all' ? 'all' : numberOf(person);
  if (typeof who === 'number' && !(Number.isInteger(who) && who > 0))
    faults.push(`${place}person: needs a number from 1, longest or all; got '${person}'`);
  const [from, to] = baseline.split(/\s*[-–]\s*|\s+to\s+/).map(numberOf) as [number, number?];
  const neutral = baseline === '' ? null : { from, to: to ?? Number.NaN };
  const fits = neutral === null || (neutral.from >= 0 && neutral.to > neutral.from);
  if (!fits)
    faults.push(
      `${place}baseline: needs seconds as from-to, such as 0-3 (0 to 3 where a spreadsheet makes a date of it); got '${baseline}'`,
    );
  return {
    file,
    place,
    participant,
    stimulus,
    conditions: Object.fromEntries(conditions.map((column) => [column, cells[column] ?? ''])),
    offset: start,
    person: who,
    baseline: fits ? neutral : null,
    excluded: [],
  };
}

function readMoments({ name, text }: DesignFile, recordings: readonly Recording[]) {
  const table = parseTable(text, name);
  const moments: DraftDesign['moments'][number][] = [];
  const excluded = new Map<string, Stretch[]>();
  const known = Object.keys(MOMENT_COLUMNS);
  const faults = table.columns
    .filter((column) => !known.includes(column))
    .map((column) => `${name}: the column '${column}' is not known; there are ${known.join(', ')}`);
  for (const row of table.rows) {
    const place = placeOf(name, row);
    const { stimulus = '', label = '', file = '' } = row.cells;
    const [from, to] = [numberOf(row.cells.from ?? ''), numberOf(row.cells.to ?? '')];
    for (const [column, value] of Object.entries({ from, to }))
      if (!(value >= 0)) faults.push(`${place}${column}: needs seconds; got '${row.cells[column] ?? ''}'`);
    if (file === '') {
      moments.push({ stimulus, from, to, label, place });
      continue;
    }
    if (!recordings.some((recording) => recording.file === file))
      faults.push(`${place}file: the design has no recording '${file}'`);
    if (to <= from) faults.push(`${place}to: needs seconds after from; got '${to}'`);
    excluded.set(file, [...(excluded.get(file) ?? []), { from, to }]);
  }
  return { moments, excluded, faults };
}

/** Spreadsheets of many countries write a comma. NaN for what is not a number. */
export function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));
}
