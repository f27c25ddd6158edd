/**
 * The design of a study: which recording shows which participant before which stimulus, its moments, and stretches to leave out.
 * Everything wrong with it is said at once, with line and column. Files are not looked at here.
 */
import { PhizError } from '../core/error.js';
import { parseTable, type TableRow } from './table.js';

/** What the window that is all of a stimulus is called. */
export const WHOLE = 'whole';

/** Seconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Recording {
  /** As the design has it. */
  readonly file: string;
  /** Line of the design. */
  readonly line: number;
  readonly participant: string;
  readonly stimulus: string;
  /** The design's own columns. */
  readonly conditions: Readonly<Record<string, string>>;
  /** Seconds from the recording's start to the stimulus's. */
  readonly offset: number;
  /** A number as the analysis gives them, the face seen longest, or the mean of all. */
  readonly person: number | 'longest' | 'all';
  /** A neutral face, in seconds of the recording. */
  readonly baseline: Stretch | null;
  /** Left out, in seconds of the recording. */
  readonly excluded: readonly Stretch[];
}

/** In seconds of the stimulus. */
export interface Moment extends Stretch {
  readonly stimulus: string;
  readonly label: string;
}

export interface Design {
  readonly recordings: readonly Recording[];
  readonly moments: readonly Moment[];
  /** Names of the condition columns. */
  readonly conditions: readonly string[];
}

/** A table's text and what messages call it. */
export interface DesignFile {
  readonly name: string;
  readonly text: string;
}

const NEEDED = ['file', 'participant', 'stimulus'];
const KNOWN = [...NEEDED, 'offset', 'person', 'baseline'];
/** Faults named at once. */
const MOST_FAULTS = 20;

/** Reads a design and, where there is one, its moments. Throws PhizError `invalid-data` that names every fault. */
export function parseDesign(design: DesignFile, moments?: DesignFile): Design {
  const faults: string[] = [];
  const table = parseTable(design.text, design.name);
  const missing = NEEDED.filter((column) => !table.columns.includes(column));
  if (missing.length)
    throw new PhizError(
      'invalid-data',
      `${design.name}: the column '${missing[0]}' is missing; there are ${table.columns.join(', ')}`,
    );
  const conditions = table.columns.filter((column) => !KNOWN.includes(column));
  const recordings = table.rows.map((row) => readRecording(row, conditions, fault(design.name, row, faults)));
  if (recordings.length === 0) faults.push(`${design.name} names no recording`);
  for (const [i, { file, participant, stimulus, line }] of recordings.entries()) {
    const before = recordings.slice(0, i);
    if (before.some((other) => other.file === file))
      faults.push(`${design.name}, line ${line}, column file: '${file}' is there twice`);
    else if (before.some((other) => other.participant === participant && other.stimulus === stimulus))
      faults.push(`${design.name}, line ${line}: participant '${participant}' has '${stimulus}' twice`);
  }
  const read = moments ? readMoments(moments, recordings, faults) : { moments: [], excluded: new Map<string, Stretch[]>() };
  if (faults.length) {
    const more = faults.length > MOST_FAULTS ? `; and ${faults.length - MOST_FAULTS} more` : '';
    throw new PhizError('invalid-data', `${faults.slice(0, MOST_FAULTS).join('; ')}${more}`);
  }
  const withExcluded = recordings.map((recording) => ({ ...recording, excluded: read.excluded.get(recording.file) ?? [] }));
  return { recordings: withExcluded, moments: read.moments, conditions };
}

type Fault = (column: string, says: string) => void;

function fault(name: string, { line }: TableRow, faults: string[]): Fault {
  return (column, says) => faults.push(`${name}, line ${line}, column ${column}: ${says}`);
}

function readRecording({ line, cells }: TableRow, conditions: readonly string[], wrong: Fault): Recording {
  for (const column of NEEDED) if (cells[column] === '') wrong(column, 'is empty');
  const { file = '', participant = '', stimulus = '', offset = '', person = '', baseline = '' } = cells;
  const start = offset === '' ? 0 : numberOf(offset);
  if (!Number.isFinite(start)) wrong('offset', `needs seconds; got '${offset}'`);
  const who = person === '' || person === 'longest' ? 'longest' : person === 'all' ? 'all' : Number(person);
  if (typeof who === 'number' && !(Number.isInteger(who) && who > 0))
    wrong('person', `needs a number from 1, longest or all; got '${person}'`);
  const [from, to] = baseline.split(/\s*[-–]\s*/).map(numberOf) as [number, number?];
  const neutral = baseline === '' ? null : { from, to: to ?? Number.NaN };
  if (neutral && !(neutral.from >= 0 && neutral.to > neutral.from))
    wrong('baseline', `needs seconds as from-to, such as 0-3; got '${baseline}'`);
  return {
    file,
    line,
    participant,
    stimulus,
    conditions: Object.fromEntries(conditions.map((column) => [column, cells[column] ?? ''])),
    offset: start,
    person: who,
    baseline: neutral,
    excluded: [],
  };
}

function readMoments({ name, text }: DesignFile, recordings: readonly Recording[], faults: string[]) {
  const table = parseTable(text, name);
  const moments: (Moment & { readonly line: number })[] = [];
  const excluded = new Map<string, Stretch[]>();
  const unknown = table.columns.find((column) => !['stimulus', 'from', 'to', 'label', 'file'].includes(column));
  if (unknown !== undefined)
    faults.push(`${name}: the column '${unknown}' is not known; there are stimulus, from, to, label and file`);
  for (const row of table.rows) {
    const wrong = fault(name, row, faults);
    const { stimulus = '', label = '', file = '' } = row.cells;
    const [from, to] = [numberOf(row.cells.from ?? ''), numberOf(row.cells.to ?? '')];
    if (!(from >= 0)) wrong('from', `needs seconds; got '${row.cells.from ?? ''}'`);
    else if (!(to > from)) wrong('to', `needs seconds after from; got '${row.cells.to ?? ''}'`);
    if (file !== '') {
      if (!recordings.some((recording) => recording.file === file)) wrong('file', `the design has no recording '${file}'`);
      excluded.set(file, [...(excluded.get(file) ?? []), { from, to }]);
      continue;
    }
    if (!recordings.some((recording) => recording.stimulus === stimulus))
      wrong('stimulus', `the design has no stimulus '${stimulus}'`);
    if (label === '') wrong('label', 'is empty');
    if (label === WHOLE) wrong('label', `'${WHOLE}' is the name of the whole stimulus; call the moment otherwise`);
    if (moments.some((other) => other.stimulus === stimulus && other.label === label))
      wrong('label', `'${stimulus}' has the moment '${label}' twice`);
    const over = moments.find((other) => other.stimulus === stimulus && other.from < to && from < other.to);
    if (over) wrong('from', `'${label}' overlaps '${over.label}' of line ${over.line}`);
    moments.push({ stimulus, from, to, label, line: row.line });
  }
  return { moments: moments.map(({ line: _, ...moment }) => moment), excluded };
}

/** Spreadsheets of many countries write a comma. NaN for what is not a number. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));
}
