/** The tidy tables of a study, and the codebook that says what their columns mean. Empty cells are missing. */
import type { ClassSubject } from '../../attributes/classes/classes.js';
import type { Followed } from '../../study/course.js';
import type { Design } from '../../study/design.js';
import type { StudyResult } from '../../study/study-result.js';
import { csvLine } from './csv-line.js';

const LONG = {
  participant: 'who was recorded',
  stimulus: 'what was shown',
  file: 'the recording, as the design has it',
  seconds: 'middle of the step, from the start of the stimulus',
  label: 'what the face may show',
  score: 'mean probability over the step, time-weighted, unsmoothed, 0 to 1; empty: missing',
  change: 'score less the mean over the baseline; empty without one',
} as const;

const WINDOWS = {
  participant: LONG.participant,
  stimulus: LONG.stimulus,
  window: 'whole, or the label of a moment',
  label: LONG.label,
  mean: 'mean over the window, less the baseline where there is one; empty where less than half was measured',
  score: 'the same without the baseline',
  peak: 'highest step, less the baseline where there is one',
  peak_seconds: 'middle of that step, from the start of the stimulus',
} as const;

const COMPARISONS = {
  between: 'stimuli or groups',
  column: 'condition column of the groups',
  stimulus: 'stimulus within which groups are compared',
  first: 'the first of the two',
  second: 'the second of the two',
  window: WINDOWS.window,
  label: LONG.label,
  design: 'paired: the same participants; unpaired: others',
  n_first: 'participants with a value in the first',
  n_second: 'participants with a value in the second',
  difference: 'mean of the first less mean of the second',
  difference_low: '95 % interval of the difference (bootstrap over participants; paired only)',
  difference_high: 'its upper end',
  effect: "d_z: Cohen's; delta: Cliff's",
  effect_size: 'its value',
  effect_low: '95 % interval of the effect size',
  effect_high: 'its upper end',
  p: 'permutation test, two-sided',
  family: 'primary: named beforehand; exploratory: all others of the same question',
  tests: 'tests of the family',
  p_holm: 'p corrected over the family (Holm)',
  method: 'exact: all rearrangements; random: 20,000 of them',
  smallest_effect: 'standardised difference that so many participants show in 80 % of studies',
  refused: 'why there is no test',
} as const;

const PARTICIPANTS = {
  participant: LONG.participant,
  stimulus: LONG.stimulus,
  file: LONG.file,
  kept: 'true: counted in the results',
  covered: "share of the stimulus's length that the recording covers",
  face: 'share of it with a reliable face, stretches left out by the design not counted',
  seconds: 'analysed, from the start of the stimulus',
  unreliable: 'seconds in which the face was too small to be read reliably',
  excluded: 'seconds left out by the design',
  several_faces: 'seconds with more than one face',
  looking_away: 'seconds with the head turned aside by more than about 35 degrees, by its landmarks',
  frames_lost: 'frames of the file that could not be decoded; empty: not counted',
  baseline: 'used, none, or not measured',
  note: 'what is wrong with the recording',
} as const;

/** The columns of long.csv and long.parquet. */
export const LONG_COLUMNS = Object.keys(LONG).map((name) => ({
  name,
  type: ['seconds', 'score', 'change'].includes(name) ? ('number' as const) : ('text' as const),
}));

/** The rows of one recording. */
export function longRows(
  { recording, course }: Pick<Followed, 'recording' | 'course'>,
  { classes }: ClassSubject,
  step: number,
): readonly (readonly (string | number | null)[])[] {
  const { participant, stimulus, file } = recording;
  return course.cells.flatMap((cell, i) =>
    classes.labels.map((label: string, l: number) => {
      const neutral = course.baseline?.[l];
      const seconds = Number(((i + 0.5) * step).toFixed(6));
      const change = cell && neutral !== undefined ? cell[l]! - neutral : null;
      return [participant, stimulus, file, seconds, label, cell?.[l] ?? null, change];
    }),
  );
}

/** A tidy table: its columns' names and a row of cells for each thing; null: missing. */
export interface StudyTable {
  readonly name: 'windows' | 'comparisons' | 'participants' | 'codebook' | 'long';
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | boolean | null | undefined)[])[];
}

/** A table as CSV, its header first. */
export function tableCsv({ columns, rows }: StudyTable): string {
  return csvLine(columns) + rows.map((row) => csvLine(row)).join('');
}

/** All tables of a study but the long one, which is written as the study goes. */
export function studyTables(result: StudyResult, design: Design, subject: ClassSubject): readonly StudyTable[] {
  return [participants(result, design), windows(result), comparisons(result), codebook(subject)];
}

function windows({ windows }: StudyResult): StudyTable {
  return {
    name: 'windows',
    columns: Object.keys(WINDOWS),
    rows: windows.map((w) => [w.participant, w.stimulus, w.window, w.label, w.mean, w.raw, w.peak, w.peakAt]),
  };
}

function comparisons({ comparisons }: StudyResult): StudyTable {
  return {
    name: 'comparisons',
    columns: Object.keys(COMPARISONS),
    rows: comparisons.map((c) => [
      ...[c.between, c.column, c.stimulus, c.first, c.second, c.window, c.label, c.design, c.nFirst, c.nSecond],
      ...[c.difference, c.interval?.[0], c.interval?.[1], c.effect?.name, c.effect?.value],
      ...[c.effect?.interval?.[0], c.effect?.interval?.[1], c.p, c.family, c.tests, c.corrected, c.method, c.smallest, c.refused],
    ]),
  };
}

/** A row per recording, with the design's own columns at its end. */
function participants({ quality }: StudyResult, { recordings, conditions }: Design): StudyTable {
  return {
    name: 'participants',
    columns: [...Object.keys(PARTICIPANTS), ...conditions],
    rows: quality.map((q) => {
      const own = recordings.find(({ file }) => file === q.file)!.conditions;
      return [
        ...[q.participant, q.stimulus, q.file, q.kept, q.covered, q.face, q.seconds, q.unreliable, q.excluded],
        ...[q.severalFaces, q.lookingAway, q.lost, q.baseline, q.note, ...conditions.map((column) => own[column])],
      ];
    }),
  };
}

/** What each column of each table means. */
function codebook({ classes }: ClassSubject): StudyTable {
  const tables = { long: LONG, windows: WINDOWS, comparisons: COMPARISONS, participants: PARTICIPANTS };
  return {
    name: 'codebook',
    columns: ['table', 'column', 'meaning'],
    rows: Object.entries(tables).flatMap(([table, columns]) =>
      Object.entries(columns).map(([column, says]) => [
        `${table}.csv`,
        column,
        column === 'label' ? `${says}: ${classes.labels.join(', ')}` : says,
      ]),
    ),
  };
}
