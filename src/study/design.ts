/**
 * The design of a study: which recording shows which participant before which stimulus, its moments, and stretches to leave out; and
 * what must hold of it, however it was written (design-csv.ts, design-json.ts). Everything wrong is said at once, with its place. Files
 * are not looked at here.
 */
import { PhizError } from '../core/error.js';

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
  /** What messages say before the name of one of its fields: `study.csv, line 3, column `. */
  readonly place: string;
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

/** A design as it was read, before it was checked: moments know their place. */
export interface DraftDesign {
  /** What messages call it. */
  readonly name: string;
  readonly recordings: readonly Recording[];
  readonly moments: readonly (Moment & { readonly place: string })[];
  readonly conditions: readonly string[];
  /** What was wrong already, numbers that are none (NaN here) among it. */
  readonly faults: readonly string[];
}

/** Faults named at once. */
const MOST_FAULTS = 20;

/** Throws PhizError `invalid-data` that names every fault. */
export function checkDesign({ name, recordings, moments, conditions, faults }: DraftDesign): Design {
  const all = [...faults, ...faultsOf(recordings, moments)];
  if (recordings.length === 0) all.push(`${name} names no recording`);
  refuse(all);
  return { recordings, moments: moments.map(({ place: _, ...moment }) => moment), conditions };
}

/** Throws PhizError `invalid-data` with these faults, if there are any. */
export function refuse(faults: readonly string[]): void {
  if (faults.length === 0) return;
  const more = faults.length > MOST_FAULTS ? `; and ${faults.length - MOST_FAULTS} more` : '';
  throw new PhizError('invalid-data', `${faults.slice(0, MOST_FAULTS).join('; ')}${more}`);
}

function faultsOf(recordings: readonly Recording[], moments: DraftDesign['moments']): readonly string[] {
  const faults: string[] = [];
  for (const [i, { place, file, participant, stimulus, baseline }] of recordings.entries()) {
    for (const [field, value] of Object.entries({ file, participant, stimulus }))
      if (value === '') faults.push(`${place}${field}: is empty`);
    if (baseline && !(baseline.to > baseline.from)) faults.push(`${place}baseline: must end after it begins`);
    const before = recordings.slice(0, i);
    if (file !== '' && before.some((other) => other.file === file)) faults.push(`${place}file: '${file}' is there twice`);
    else if (before.some((other) => other.participant === participant && other.stimulus === stimulus))
      faults.push(`${place}stimulus: participant '${participant}' has '${stimulus}' twice`);
  }
  for (const [i, { place, stimulus, from, to, label }] of moments.entries()) {
    const wrong = (field: string, says: string) => faults.push(`${place}${field}: ${says}`);
    if (to <= from) wrong('to', `needs seconds after from; got '${to}'`);
    if (!recordings.some((recording) => recording.stimulus === stimulus))
      wrong('stimulus', `the design has no stimulus '${stimulus}'`);
    if (label === '') wrong('label', 'is empty');
    if (label === WHOLE) wrong('label', `'${WHOLE}' is the name of the whole stimulus; call the moment otherwise`);
    const others = moments.slice(0, i).filter((other) => other.stimulus === stimulus);
    if (others.some((other) => other.label === label)) wrong('label', `'${stimulus}' has the moment '${label}' twice`);
    const over = others.find((other) => other.from < to && from < other.to);
    if (over) wrong('from', `'${label}' overlaps '${over.label}'`);
  }
  return faults;
}
