/**
 * Faces as a tidy table: one row per face of a photo or of a frame of a clip, one column per value. A photo or a frame without a face
 * has a row too, and so has an input that failed, so that the table tells "nobody there" from "not looked at". The same columns go into
 * Parquet. docs/analyze.md describes each; a test holds the two together.
 */
import type { Attribute, Cell } from '../../attributes/attribute.js';
import { type AnyReading, ATTRIBUTES } from '../../attributes/index.js';
import type { BoundingBox, Landmarks } from '../../core/geometry.js';
import type { PhotoResult } from '../../results/result.js';
import type { FrameResult } from '../../results/video-result.js';
import { csvLine } from './csv-line.js';

/** A face of a photo or a clip, as far as the table asks. */
interface TableFace {
  readonly box: BoundingBox;
  readonly landmarks: Landmarks | null;
  readonly confidence: number;
  /** Of clips. */
  readonly person?: number | undefined;
  readonly measured?: boolean | undefined;
  readonly raw?: unknown;
}

/** What stands in a row. */
export interface FacesRow {
  readonly source: string;
  /** Of a clip. */
  readonly frame?: Pick<FrameResult, 'frame' | 'timestamp'> | undefined;
  /** Its number from 1, largest first; none where there is no face. */
  readonly number?: number | undefined;
  readonly face?: TableFace | undefined;
  /** Why there is no result. */
  readonly failure?: { readonly code: string; readonly message: string } | undefined;
}

export interface FacesColumn {
  readonly name: string;
  readonly type: 'whole' | 'number' | 'text' | 'flag';
  /** Null where there is nothing to say. */
  readonly value: (row: FacesRow) => Cell;
}

const POINTS = [
  ['left_eye', 'leftEye'],
  ['right_eye', 'rightEye'],
  ['nose', 'nose'],
  ['left_mouth', 'leftMouth'],
  ['right_mouth', 'rightMouth'],
] as const satisfies readonly (readonly [string, keyof Landmarks])[];

/** In a clip what is followed over time stands as it is followed, and beside it what was measured in the frame alone. */
function columnsOf({ name, overTime, columns, rawColumns = [] }: Attribute): readonly FacesColumn[] {
  const raw = ({ face }: FacesRow): unknown => (face?.raw as AnyReading | null | undefined)?.[name];
  const shown = (row: FacesRow): unknown =>
    row.frame && !overTime ? raw(row) : (row.face as unknown as AnyReading | undefined)?.[name];
  const of = (given: typeof columns, find: (row: FacesRow) => unknown): readonly FacesColumn[] =>
    given.map(({ name: column, type, value }) => ({
      name: column,
      type,
      value(row) {
        const found = find(row);
        return found === undefined || found === null ? null : value(found);
      },
    }));
  return [...of(columns, shown), ...of(rawColumns, raw)];
}

/** The columns, in order; `attributes`: those of the analyzer. */
export const facesColumns = (attributes: readonly Attribute[] = ATTRIBUTES): readonly FacesColumn[] => [
  { name: 'source', type: 'text', value: ({ source }) => source },
  { name: 'face', type: 'whole', value: ({ number }) => number ?? null },
  { name: 'frame', type: 'whole', value: ({ frame }) => frame?.frame ?? null },
  { name: 'timestamp', type: 'number', value: ({ frame }) => frame?.timestamp ?? null },
  { name: 'person', type: 'whole', value: ({ face }) => face?.person ?? null },
  { name: 'measured', type: 'flag', value: ({ face }) => face?.measured ?? null },
  { name: 'x', type: 'number', value: ({ face }) => face?.box.x ?? null },
  { name: 'y', type: 'number', value: ({ face }) => face?.box.y ?? null },
  { name: 'width', type: 'number', value: ({ face }) => face?.box.width ?? null },
  { name: 'height', type: 'number', value: ({ face }) => face?.box.height ?? null },
  { name: 'confidence', type: 'number', value: ({ face }) => face?.confidence ?? null },
  ...POINTS.flatMap(([column, point]): readonly FacesColumn[] => [
    { name: `${column}_x`, type: 'number', value: ({ face }) => face?.landmarks?.[point].x ?? null },
    { name: `${column}_y`, type: 'number', value: ({ face }) => face?.landmarks?.[point].y ?? null },
  ]),
  ...attributes.flatMap(columnsOf),
  { name: 'error_code', type: 'text', value: ({ failure }) => failure?.code ?? null },
  { name: 'error_message', type: 'text', value: ({ failure }) => failure?.message ?? null },
];

/** The rows of a photo, at least one. */
export function photoRows({ source, faces }: Pick<PhotoResult<never>, 'source' | 'faces'>): readonly FacesRow[] {
  return faces.length === 0 ? [{ source }] : faces.map((face, i) => ({ source, number: i + 1, face }));
}

/** The rows of one analysed frame of a clip, at least one. */
export function frameRows(source: string, frame: Pick<FrameResult<never>, 'frame' | 'timestamp' | 'faces'>): readonly FacesRow[] {
  return frame.faces.length === 0 ? [{ source, frame }] : frame.faces.map((face, i) => ({ source, frame, number: i + 1, face }));
}

/** A table of what an analyzer reads (its `attributes`); default: all that phiz knows. */
export interface FacesTable {
  readonly attributes?: readonly Attribute[] | undefined;
}

/** The header line, with its line end. */
export function facesCsvHeader({ attributes }: FacesTable = {}): string {
  return csvLine(facesColumns(attributes).map(({ name }) => name));
}

/** These rows as lines, each with its line end. */
export function facesCsvLines(rows: readonly FacesRow[], columns: readonly FacesColumn[]): string {
  return rows.map((row) => csvLine(columns.map(({ value }) => value(row)))).join('');
}

/**
 * The lines of one photo, at least one, each with its line end; faces are numbered from 1, largest first. Landmarks not found, and what
 * was left out of the analysis, stay empty.
 */
export function facesCsvRows(photo: Pick<PhotoResult<never>, 'source' | 'faces'>, { attributes }: FacesTable = {}): string {
  return facesCsvLines(photoRows(photo), facesColumns(attributes));
}
