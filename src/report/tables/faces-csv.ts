/** Faces as a tidy table (RFC 4180): one row per face, one column per value. A photo without a face has no row. */

import type { Attribute } from '../../attributes/attribute.js';
import { type AnyReading, ATTRIBUTES } from '../../attributes/index.js';
import type { Landmarks } from '../../core/geometry.js';
import type { PhotoResult } from '../../results/result.js';
import { csvLine } from './csv-line.js';

const POINTS = [
  ['left_eye', 'leftEye'],
  ['right_eye', 'rightEye'],
  ['nose', 'nose'],
  ['left_mouth', 'leftMouth'],
  ['right_mouth', 'rightMouth'],
] as const satisfies readonly (readonly [string, keyof Landmarks])[];

const columnsOf = (attributes: readonly Attribute[]): readonly string[] => [
  ...['source', 'face', 'x', 'y', 'width', 'height', 'confidence'],
  ...POINTS.flatMap(([column]) => [`${column}_x`, `${column}_y`]),
  ...attributes.flatMap(({ columns }) => columns.map(({ name }) => name)),
];

/** A table of what an analyzer reads (its `attributes`); default: all that phiz knows. */
export interface FacesTable {
  readonly attributes?: readonly Attribute[] | undefined;
}

/** The header line, with its line end. */
export function facesCsvHeader({ attributes = ATTRIBUTES }: FacesTable = {}): string {
  return csvLine(columnsOf(attributes));
}

/**
 * The lines of one photo, each with its line end; faces are numbered from 1, largest first. Landmarks not found, and what was left
 * out of the analysis, stay empty.
 */
export function facesCsvRows(
  { source, faces }: Pick<PhotoResult<never>, 'source' | 'faces'>,
  { attributes = ATTRIBUTES }: FacesTable = {},
): string {
  return faces
    .map((face, i) => {
      const { box, confidence, landmarks } = face;
      const reading: AnyReading = { ...face };
      return csvLine([
        ...[source, i + 1, box.x, box.y, box.width, box.height, confidence],
        ...POINTS.flatMap(([, point]) => [landmarks?.[point].x, landmarks?.[point].y]),
        ...attributes.flatMap(({ name, columns }) => columns.map(({ value }) => (name in reading ? value(reading[name]) : null))),
      ]);
    })
    .join('');
}
