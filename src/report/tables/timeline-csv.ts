/**
 * A clip as a tidy table: one row a face a frame. An analysed frame without a face has one row too, its person and all that
 * belongs to a face empty, so that the table tells "nobody there" from "not looked at". The same columns go into Parquet.
 */
import { EMOTIONS } from '../../core/labels.js';
import type { FrameResult, TrackedFace } from '../../core/video-result.js';
import { csvLine, rangeText } from './csv-line.js';

/** A cell; null where there is nothing to say. */
export type TimelineValue = number | string | boolean | null;

export interface TimelineColumn {
  readonly name: string;
  readonly type: 'whole' | 'number' | 'text' | 'flag';
  /** `face` is undefined in the row of a frame without a face. */
  readonly value: (frame: FrameResult, face: TrackedFace | undefined) => TimelineValue;
}

/** The columns, in order. */
export const TIMELINE_COLUMNS: readonly TimelineColumn[] = [
  { name: 'frame', type: 'whole', value: ({ frame }) => frame },
  { name: 'timestamp', type: 'number', value: ({ timestamp }) => timestamp },
  { name: 'person', type: 'whole', value: (_, face) => face?.person ?? null },
  { name: 'x', type: 'number', value: (_, face) => face?.box.x ?? null },
  { name: 'y', type: 'number', value: (_, face) => face?.box.y ?? null },
  { name: 'width', type: 'number', value: (_, face) => face?.box.width ?? null },
  { name: 'height', type: 'number', value: (_, face) => face?.box.height ?? null },
  { name: 'confidence', type: 'number', value: (_, face) => face?.confidence ?? null },
  { name: 'measured', type: 'flag', value: (_, face) => face?.measured ?? null },
  { name: 'emotion', type: 'text', value: (_, face) => face?.emotion?.label ?? null },
  { name: 'emotion_confidence', type: 'number', value: (_, face) => face?.emotion?.confidence ?? null },
  ...EMOTIONS.map(
    (emotion): TimelineColumn => ({
      name: emotion,
      type: 'number',
      value: (_, face) => face?.emotion?.probabilities[emotion] ?? null,
    }),
  ),
  { name: 'raw_emotion', type: 'text', value: (_, face) => face?.raw?.emotion.label ?? null },
  { name: 'raw_emotion_confidence', type: 'number', value: (_, face) => face?.raw?.emotion.confidence ?? null },
  { name: 'age_range', type: 'text', value: (_, face) => (face?.age ? rangeText(face.age.range) : null) },
  { name: 'age_years', type: 'number', value: (_, face) => face?.age?.years ?? null },
  { name: 'age_low', type: 'number', value: (_, face) => face?.age?.interval[0] ?? null },
  { name: 'age_high', type: 'number', value: (_, face) => face?.age?.interval[1] ?? null },
];

/** The header line, with its line end. */
export function timelineCsvHeader(): string {
  return csvLine(TIMELINE_COLUMNS.map(({ name }) => name));
}

/** The lines of one analysed frame, at least one, each with its line end. */
export function timelineCsvRows(frame: FrameResult): string {
  return timelineRows(frame).map(csvLine).join('');
}

/** The rows of one analysed frame, at least one, as values in the order of TIMELINE_COLUMNS. */
export function timelineRows(frame: FrameResult): readonly (readonly TimelineValue[])[] {
  const faces = frame.faces.length > 0 ? frame.faces : [undefined];
  return faces.map((face) => TIMELINE_COLUMNS.map(({ value }) => value(frame, face)));
}
