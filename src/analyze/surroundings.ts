/**
 * What is around a face: the wall, the window, the shoulders, as colours of a coarse grid about its box. A face and its surroundings
 * together tell whether a face is the same one in the same place when all else in the image changes: a video call that lays its tiles
 * out anew, a slide that comes and goes. A cut to another shot changes them. Tells places apart for some seconds and nothing more.
 */
import { type BoundingBox, sideOf } from '../core/geometry.js';
import type { Image } from '../core/image.js';

/** The grid about a face: red, green and blue planes, NaN beyond the image. */
export type Surroundings = Float32Array;

/** Cells a side, and how far the grid reaches and the face does, in sizes of the box. */
const SIDE = 12;
const REACH = 2.4;
const FACE = 1.2;

/** Pixels a side that are looked at for a cell. */
const SAMPLES = 4;

/** Levels by which the colours of two cells may differ on average and be the same, and cells by which a grid may have slipped. */
const LEVELS = 14;
const SLIP = 1;

/** Cells that are compared at least; where fewer are in the image there is nothing to tell by. */
const LEAST = 12;

const CELLS = SIDE * SIDE;

/** The surroundings of the face in `box` (pixels of the image). */
export function surroundingsOf({ width, height, channels, data }: Image, box: BoundingBox): Surroundings {
  const side = sideOf(box) * REACH;
  const step = side / (SIDE * SAMPLES);
  const places = (from: number, length: number) =>
    Array.from({ length: SIDE * SAMPLES }, (_, k) => {
      const at = Math.floor(from + (k + 0.5) * step);
      return at < 0 || at >= length ? -1 : at;
    });
  const columns = places(box.x + (box.width - side) / 2, width);
  const rows = places(box.y + (box.height - side) / 2, height);
  const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
  const cells = new Float32Array(3 * CELLS);
  for (const [v, row] of rows.entries())
    for (const [u, column] of columns.entries()) {
      const cell = Math.floor(v / SAMPLES) * SIDE + Math.floor(u / SAMPLES);
      if (row < 0 || column < 0) cells[cell] = NaN;
      const p = (row * width + column) * channels;
      cells[cell]! += data[p]! / SAMPLES ** 2;
      cells[cell + CELLS]! += data[p + green]! / SAMPLES ** 2;
      cells[cell + 2 * CELLS]! += data[p + blue]! / SAMPLES ** 2;
    }
  return cells;
}

/**
 * Share of what is around two faces that is the same, at the best of some small shifts: 0 to 1; undefined where too little of it is in the
 * image, as around a face that fills it.
 */
export function likeSurroundings(a: Surroundings, b: Surroundings): number | undefined {
  let best: number | undefined;
  for (let dy = -SLIP; dy <= SLIP; dy++)
    for (let dx = -SLIP; dx <= SLIP; dx++) {
      const share = shareAlike(a, b, dx, dy);
      if (share !== undefined) best = Math.max(best ?? 0, share);
    }
  return best;
}

function shareAlike(a: Surroundings, b: Surroundings, dx: number, dy: number): number | undefined {
  let [alike, compared] = [0, 0];
  for (let j = SLIP; j < SIDE - SLIP; j++)
    for (let i = SLIP; i < SIDE - SLIP; i++) {
      if (Math.max(Math.abs(i + 0.5 - SIDE / 2), Math.abs(j + 0.5 - SIDE / 2)) < (FACE / REACH / 2) * SIDE) continue;
      const p = j * SIDE + i;
      const q = p + dy * SIDE + dx;
      if (Number.isNaN(a[p]!) || Number.isNaN(b[q]!)) continue;
      compared++;
      let apart = 0;
      for (let c = 0; c < 3 * CELLS; c += CELLS) apart += Math.abs(a[p + c]! - b[q + c]!);
      if (apart < 3 * LEVELS) alike++;
    }
  return compared < LEAST ? undefined : alike / compared;
}
