/** Faces as a tidy table (RFC 4180): one row a face, one column a value. A photo without a face has no row. */
import type { Landmarks } from '../../core/geometry.js';
import { AGE_RANGES, EMOTIONS } from '../../core/labels.js';
import type { PhotoResult } from '../../core/result.js';
import { csvLine, rangeText } from './csv-line.js';

const POINTS = [
  ['left_eye', 'leftEye'],
  ['right_eye', 'rightEye'],
  ['nose', 'nose'],
  ['left_mouth', 'leftMouth'],
  ['right_mouth', 'rightMouth'],
] as const satisfies readonly (readonly [string, keyof Landmarks])[];

const COLUMNS: readonly string[] = [
  ...['source', 'face', 'x', 'y', 'width', 'height', 'confidence'],
  ...POINTS.flatMap(([column]) => [`${column}_x`, `${column}_y`]),
  ...['emotion', 'emotion_confidence', ...EMOTIONS],
  ...['age_range', 'age_years', 'age_low', 'age_high', ...AGE_RANGES.map((range) => `age_${range}`)],
  ...['size', 'sharpness'],
];

/** The header line, with its line end. */
export function facesCsvHeader(): string {
  return csvLine(COLUMNS);
}

/** The lines of one photo, each with its line end; faces are numbered from 1, largest first. Landmarks not found stay empty. */
export function facesCsvRows({ source, faces }: PhotoResult): string {
  return faces
    .map(({ box, confidence, landmarks, emotion, age, quality }, i) =>
      csvLine([
        ...[source, i + 1, box.x, box.y, box.width, box.height, confidence],
        ...POINTS.flatMap(([, point]) => [landmarks?.[point].x, landmarks?.[point].y]),
        ...[emotion.label, emotion.confidence, ...EMOTIONS.map((label) => emotion.probabilities[label])],
        ...[rangeText(age.range), age.years, ...age.interval, ...AGE_RANGES.map((range) => age.probabilities[range])],
        ...[quality.size, quality.sharpness],
      ]),
    )
    .join('');
}
