/**
 * A clip as a tidy table: one row per face per frame. An analysed frame without a face has one row too, its person and all that
 * belongs to a face empty, so that the table tells "nobody there" from "not looked at". The same columns go into Parquet.
 */
import type { Attribute, AttributeColumn, Cell } from '../../attributes/attribute.js';
import { type AnyReading, ATTRIBUTES } from '../../attributes/index.js';
import type { FrameResult, TrackedFace } from '../../results/video-result.js';
import { csvLine } from './csv-line.js';

/** A cell; null where there is nothing to say. */
export type TimelineValue = Cell;

export interface TimelineColumn {
  readonly name: string;
  readonly type: 'whole' | 'number' | 'text' | 'flag';
  /** `face` is undefined in the row of a frame without a face. */
  readonly value: (frame: FrameResult, face: TrackedFace | undefined) => TimelineValue;
}

/** An attribute's columns: what is followed over time, then what was measured in the frame. */
function columnsOf(attribute: Attribute): readonly TimelineColumn[] {
  const { name, overTime, columns, clipColumns = columns, rawColumns = [] } = attribute;
  const of = (given: readonly AttributeColumn<unknown>[], find: (face: TrackedFace) => unknown): readonly TimelineColumn[] =>
    given.map(({ name, type, value }) => ({
      name,
      type,
      value(_, face) {
        const found = face && find(face);
        return found === undefined || found === null ? null : value(found);
      },
    }));
  return [
    ...of(overTime ? clipColumns : [], (face) => (face as AnyReading)[name]),
    ...of(rawColumns, ({ raw }) => (raw as AnyReading | null)?.[name]),
  ];
}

/** The columns, in order; `attributes`: those of the analyzer. */
export const timelineColumns = (attributes: readonly Attribute[] = ATTRIBUTES): readonly TimelineColumn[] => [
  { name: 'frame', type: 'whole', value: ({ frame }) => frame },
  { name: 'timestamp', type: 'number', value: ({ timestamp }) => timestamp },
  { name: 'person', type: 'whole', value: (_, face) => face?.person ?? null },
  { name: 'x', type: 'number', value: (_, face) => face?.box.x ?? null },
  { name: 'y', type: 'number', value: (_, face) => face?.box.y ?? null },
  { name: 'width', type: 'number', value: (_, face) => face?.box.width ?? null },
  { name: 'height', type: 'number', value: (_, face) => face?.box.height ?? null },
  { name: 'confidence', type: 'number', value: (_, face) => face?.confidence ?? null },
  { name: 'measured', type: 'flag', value: (_, face) => face?.measured ?? null },
  ...attributes.flatMap(columnsOf),
];

const KNOWN_COLUMNS = timelineColumns();

/** A table with these columns; default: those of all that phiz knows. */
export interface TimelineTable {
  readonly columns?: readonly TimelineColumn[] | undefined;
}

/** The header line, with its line end. */
export function timelineCsvHeader({ columns = KNOWN_COLUMNS }: TimelineTable = {}): string {
  return csvLine(columns.map(({ name }) => name));
}

/** The lines of one analysed frame, at least one, each with its line end. */
export function timelineCsvRows(frame: FrameResult, table: TimelineTable = {}): string {
  return timelineRows(frame, table).map(csvLine).join('');
}

/** The rows of one analysed frame, at least one, as values in the order of the columns. */
export function timelineRows(
  frame: FrameResult,
  { columns = KNOWN_COLUMNS }: TimelineTable = {},
): readonly (readonly TimelineValue[])[] {
  const faces = frame.faces.length > 0 ? frame.faces : [undefined];
  return faces.map((face) => columns.map(({ value }) => value(frame, face)));
}
