/**
 * The points of an anchor-free detector: one per cell of each feature map, at the cell's centre. Finest map first, row-major in a
 * map. What a point predicts is decoded in anchor-free.ts and taught in train/data/assign.ts; both read the geometry from here.
 */
import { PhizError } from '../core/error.js';

/** Pixels between the points of the three maps. */
export const STRIDES = [8, 16, 32] as const;

/** The points of one feature map. */
export interface Level {
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
  /** Index of the map's first point among all points. */
  readonly offset: number;
}

/** Every point of an input of one size. */
export interface Points {
  readonly width: number;
  readonly height: number;
  readonly levels: readonly Level[];
  readonly count: number;
  /** Centre x, centre y and stride of each point, in pixels: count·3 floats. */
  readonly anchors: Float32Array;
}

/** Lays out the points of a `width`×`height` input. Throws PhizError `invalid-option` unless both are multiples of the coarsest stride. */
export function pointsOf(width: number, height: number, strides: readonly number[] = STRIDES): Points {
  const coarsest = Math.max(...strides);
  for (const side of [width, height])
    if (!Number.isInteger(side) || side < 1 || side % coarsest !== 0)
      throw new PhizError('invalid-option', `a detector input's sides must be multiples of ${coarsest}; got ${width}×${height}`);
  const levels: Level[] = [];
  let count = 0;
  for (const stride of strides) {
    const level = { stride, columns: width / stride, rows: height / stride, offset: count };
    levels.push(level);
    count += level.columns * level.rows;
  }
  const anchors = new Float32Array(count * 3);
  let at = 0;
  for (const { stride, columns, rows } of levels)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        anchors[at++] = (column + 0.5) * stride;
        anchors[at++] = (row + 0.5) * stride;
        anchors[at++] = stride;
      }
  return { width, height, levels, count, anchors };
}

/** Numbers that a point predicts: face logit, overlap logit, box (4), landmarks (10). */
export const POINT_CHANNELS = 16;

/** The one point of a refiner's square of `size` pixels, whose side is `margin` times that of the box in its middle: the point's stride. */
export function candidatePoint(size: number, margin: number): Points {
  const level = { stride: size / margin, columns: 1, rows: 1, offset: 0 };
  return { width: size, height: size, levels: [level], count: 1, anchors: Float32Array.of(size / 2, size / 2, level.stride) };
}
