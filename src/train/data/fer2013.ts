/**
 * FER-2013 (Goodfellow et al. 2013, arXiv:1307.0414): 35,887 grey faces of 48×48, seven emotions, as a folder layout
 * `{train,test}/<emotion>/<Usage>_<row>.png` or as Kaggle's `fer2013.csv`; the FER+ votes of ten taggers per face (Barsoum et al.
 * 2016, arXiv:1608.01041) and lists of near-duplicates. Parsing only: files are read in src/node/data.
 */

import { EMOTIONS } from '../../attributes/emotion/labels.js';
import { PhizError } from '../../core/error.js';
import type { Sample } from './sample.js';

/** The official parts: train on Training, choose on PublicTest, look at PrivateTest once. */
export const FER_USAGES = ['Training', 'PublicTest', 'PrivateTest'] as const;
export type FerUsage = (typeof FER_USAGES)[number];

/** Votes of FER+: for the seven emotions in the order of EMOTIONS, and for the rest. */
export interface FerPlusVotes {
  readonly emotions: readonly number[];
  readonly contempt: number;
  readonly unknown: number;
  /** Votes for "not a face". */
  readonly notFace: number;
}

export interface Fer2013Sample extends Sample {
  /** Index into EMOTIONS: the original label. */
  readonly label: number;
  readonly usage: FerUsage;
  /** Row of the original fer2013.csv, from 0. */
  readonly row: number;
  readonly votes?: FerPlusVotes;
}

const FILE = /(?:^|\/)([^/]+)\/(Training|PublicTest|PrivateTest)_(\d+)\.[a-z]+$/i;

/**
 * The samples among the paths of a folder layout, by row; other files are passed over.
 * Throws PhizError `invalid-data` for a folder that names no emotion, or a row that the votes do not reach.
 */
export function fer2013FromPaths(paths: readonly string[], votes?: readonly FerPlusVotes[]): readonly Fer2013Sample[] {
  const samples: Fer2013Sample[] = [];
  for (const path of paths) {
    const match = FILE.exec(path);
    if (!match) continue;
    const label = (EMOTIONS as readonly string[]).indexOf(match[1]!.toLowerCase());
    if (label < 0) throw new PhizError('invalid-data', `${path}: the folder names none of ${EMOTIONS.join(', ')}`);
    const usage = FER_USAGES.find((name) => name.toLowerCase() === match[2]!.toLowerCase())!;
    samples.push({ source: { path }, label, usage, ...rowWithVotes(Number(match[3]), votes, path) });
  }
  return samples.sort((a, b) => a.row - b.row);
}

/** Reads the lines of Kaggle's CSV one by one. */
export interface Fer2013CsvReader {
  /** The file does not say which image is of which part: its rows do. */
  readonly partsByRow: boolean;
  /** The sample of a line after the header; undefined for an empty one. Throws PhizError `invalid-data` naming the line. */
  line(text: string): Fer2013Sample | undefined;
}

/**
 * A reader of Kaggle's `fer2013.csv` (`emotion,pixels,Usage`) or `icml_face_data.csv` (`emotion, Usage, pixels`): columns are found by
 * name. Without `Usage` the row says the part, as in the original file. Throws PhizError `invalid-data`.
 */
export function createFer2013CsvReader(header: string, votes?: readonly FerPlusVotes[]): Fer2013CsvReader {
  const names = cells(header).map((name) => name.toLowerCase());
  const column = (name: string): number => {
    const index = names.indexOf(name);
    if (index < 0)
      throw new PhizError(
        'invalid-data',
        `no column '${name}' in '${header.slice(0, 80)}'; fer2013.csv begins emotion,pixels,Usage`,
      );
    return index;
  };
  const emotionAt = column('emotion');
  const pixelsAt = column('pixels');
  const usageAt = names.indexOf('usage');
  let row = 0;
  return {
    partsByRow: usageAt < 0,
    line(text) {
      if (text.trim() === '') return undefined;
      const where = `line ${row + 2}`;
      const parts = cells(text);
      const label = Number(parts[emotionAt] || 'missing');
      if (!Number.isInteger(label) || label < 0 || label >= EMOTIONS.length)
        throw new PhizError('invalid-data', `${where}: emotion must be 0 to 6; got '${parts[emotionAt] ?? ''}'`);
      const usage = usageAt < 0 ? usageOfRow(row) : FER_USAGES.find((name) => name === parts[usageAt]);
      if (!usage)
        throw new PhizError(
          'invalid-data',
          `${where}: Usage must be one of ${FER_USAGES.join(', ')}; got '${parts[usageAt] ?? ''}'`,
        );
      const data = parsePixels(parts[pixelsAt] ?? '', where);
      const side = Math.sqrt(data.length);
      if (!Number.isInteger(side) || side < 1)
        throw new PhizError('invalid-data', `${where}: ${data.length} pixels are not a square; fer2013.csv has 48×48`);
      const image = { width: side, height: side, channels: 1 as const, data };
      return { source: { image }, label, usage, ...rowWithVotes(row++, votes, where) };
    },
  };
}

/** The part of a row of the original file, whose rows lie part by part: 28,709, 3,589 and 3,589. */
function usageOfRow(row: number): FerUsage {
  return row < 28_709 ? 'Training' : row < 32_298 ? 'PublicTest' : 'PrivateTest';
}

/** All samples of a fer2013.csv given as text. Throws PhizError `invalid-data`. */
export function parseFer2013Csv(text: string, votes?: readonly FerPlusVotes[]): readonly Fer2013Sample[] {
  const lines = text.split(/\r?\n/);
  const reader = createFer2013CsvReader(lines[0] ?? '', votes);
  return lines.slice(1).flatMap((line) => reader.line(line) ?? []);
}

const VOTE_COLUMNS = ['anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'neutral'] as const;

/**
 * The votes of `fer2013new.csv`, one entry per row of the original. `where` names it in messages. Throws PhizError `invalid-data` naming
 * the line.
 */
export function parseFerPlus(text: string, where = 'fer2013new.csv'): readonly FerPlusVotes[] {
  const lines = text.trimEnd().split(/\r?\n/);
  const names = cells(lines[0] ?? '').map((name) => name.toLowerCase());
  const at = [...VOTE_COLUMNS, 'contempt', 'unknown', 'nf'].map((name) => {
    const index = names.indexOf(name);
    if (index < 0) throw new PhizError('invalid-data', `${where} has no column '${name}'; is this the file of FER+?`);
    return index;
  });
  return lines.slice(1).map((line, row) => {
    const parts = cells(line);
    const votes = at.map((index) => Number(parts[index] || 'missing'));
    if (!votes.every((vote) => vote >= 0))
      throw new PhizError('invalid-data', `${where}, line ${row + 2}: votes must be numbers; got '${line.slice(0, 80)}'`);
    return { emotions: votes.slice(0, 7), contempt: votes[7]!, unknown: votes[8]!, notFace: votes[9]! };
  });
}

/**
 * The rows in the first column of `train-duplicates.csv` (test rows that nearly repeat a training row) or of
 * `public-private-duplicates.csv` (PrivateTest rows that nearly repeat a PublicTest row). `where` names it in messages. Throws PhizError
 * `invalid-data`.
 */
export function parseDuplicates(text: string, where = 'list of duplicates'): ReadonlySet<number> {
  const rows = new Set<number>();
  for (const [index, line] of text.trimEnd().split(/\r?\n/).slice(1).entries()) {
    const row = Number(cells(line)[0] || 'missing');
    if (!Number.isInteger(row) || row < 0)
      throw new PhizError('invalid-data', `${where}, line ${index + 2}: no row number in '${line.slice(0, 80)}'`);
    rows.add(row);
  }
  return rows;
}

/** How FER+ softens the targets. */
export interface Fer2013TargetOptions {
  /** Weight of the FER+ votes, 0 (one-hot original label, default) to 1 (votes only). */
  readonly ferPlus?: number | undefined;
}

/**
 * The target distribution over EMOTIONS: (1 − w) · one-hot(label) + w · the votes for the seven, normalised. Votes for contempt
 * and unknown are left out; where none of the seven got a vote, or most taggers saw no face, the plain one-hot.
 * Throws PhizError `invalid-option`.
 */
export function fer2013Target(
  sample: Pick<Fer2013Sample, 'label' | 'votes'>,
  { ferPlus = 0 }: Fer2013TargetOptions = {},
): Float32Array {
  if (!(ferPlus >= 0 && ferPlus <= 1)) throw new PhizError('invalid-option', `ferPlus must be from 0 to 1; got ${ferPlus}`);
  const target = new Float32Array(EMOTIONS.length);
  target[sample.label] = 1;
  const votes = sample.votes;
  if (!votes || ferPlus === 0) return target;
  const sum = votes.emotions.reduce((total, vote) => total + vote, 0);
  if (sum === 0 || votes.notFace > sum + votes.contempt + votes.unknown) return target;
  return target.map((value, i) => (1 - ferPlus) * value + (ferPlus * votes.emotions[i]!) / sum);
}

/**
 * Index into EMOTIONS of what most taggers saw. Undefined where two emotions have equally many votes, or contempt, unknown or "not a face" has
 * as many: such faces are left out when agreement with FER+ is measured.
 */
export function ferPlusMajority({ emotions, contempt, unknown, notFace }: FerPlusVotes): number | undefined {
  const most = Math.max(...emotions);
  if (most <= Math.max(contempt, unknown, notFace) || emotions.filter((votes) => votes === most).length > 1) return undefined;
  return emotions.indexOf(most);
}

function rowWithVotes(
  row: number,
  votes: readonly FerPlusVotes[] | undefined,
  where: string,
): { readonly row: number; readonly votes?: FerPlusVotes } {
  if (!votes) return { row };
  const vote = votes[row];
  if (!vote)
    throw new PhizError(
      'invalid-data',
      `${where}: FER+ has votes for ${votes.length} rows, none for row ${row}; use ferPlus 0 where names are not rows of fer2013.csv`,
    );
  return { row, votes: vote };
}

function cells(line: string): string[] {
  return line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

/** Reads numbers apart by spaces without a string for each: a full fer2013.csv has 83 million. */
function parsePixels(text: string, where: string): Uint8Array {
  const out = new Uint8Array((text.length >> 1) + 1);
  let count = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    const digit = (i < text.length ? text.charCodeAt(i) : 32) - 48;
    if (digit >= 0 && digit <= 9) value = Math.max(value, 0) * 10 + digit;
    else if (digit !== -16) throw new PhizError('invalid-data', `${where}: pixels must be numbers apart by spaces`);
    else if (value >= 0) {
      if (value > 255) throw new PhizError('invalid-data', `${where}: a pixel must be 0 to 255; got ${value}`);
      out[count++] = value;
      value = -1;
    }
  }
  return out.slice(0, count);
}
