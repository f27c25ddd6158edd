/**
 * The panel of bars that shows the confidences of one person's classes in a clip: how large it is, where its rows are, and in which corner
 * of the image it lies. Pure; clip-marks.ts draws it.
 */

import { area, type BoundingBox, intersection } from '../core/geometry.js';

/** Geometry in pixels from the panel's top left corner. */
export interface BarsPanel {
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
  /** Left end and base line of the heading. */
  readonly heading: { readonly x: number; readonly y: number };
  readonly rows: readonly {
    readonly label: string;
    readonly text: { readonly x: number; readonly y: number };
    /** The whole length, which stands for a confidence of 1. */
    readonly bar: BoundingBox;
  }[];
}

/** Text below this many pixels is no longer legible. */
const SMALLEST_FONT = 8;
const ROW = 1.3;
const PAD = 0.6;
const GAP = 0.6;
const BAR = 6;
/** A corner is left only for one that covers this much less of the faces (share of the panel). */
const LEAVING = 0.02;

/** Lays the panel out for an image; undefined where the image has no room for one. `measure`: width of a text of size 1. */
export function layoutBars(
  labels: readonly string[],
  width: number,
  height: number,
  measure: (text: string) => number,
): BarsPanel | undefined {
  const names = Math.max(...labels.map(measure));
  const across = 2 * PAD + names + GAP + BAR;
  const down = 2 * PAD + (labels.length + 1) * ROW;
  const fontSize = Math.floor(Math.min(Math.max(Math.min(width, height) / 38, 9), (width * 0.5) / across, (height * 0.6) / down));
  if (fontSize < SMALLEST_FONT) return undefined;
  const px = (ems: number): number => Math.round(ems * fontSize);
  const baseline = (row: number): number => px(PAD + row * ROW + 0.95);
  return {
    width: px(across),
    height: px(down),
    fontSize,
    heading: { x: px(PAD), y: baseline(0) },
    rows: labels.map((label, i) => ({
      label,
      text: { x: px(PAD), y: baseline(i + 1) },
      bar: { x: px(PAD + names + GAP), y: baseline(i + 1) - px(0.7), width: px(BAR), height: px(0.72) },
    })),
  };
}

/** The four places of a panel: corners, bottom left first. */
export function corners(
  { width: w, height: h }: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): readonly BoundingBox[] {
  const margin = Math.round(Math.min(width, height) * 0.02);
  const right = width - w - margin;
  const bottom = height - h - margin;
  return [
    { x: margin, y: bottom, width: w, height: h },
    { x: right, y: bottom, width: w, height: h },
    { x: margin, y: margin, width: w, height: h },
    { x: right, y: margin, width: w, height: h },
  ];
}

/** Number of the corner that covers least of the faces; the one before stays until another is clearly better. */
export function chooseCorner(places: readonly BoundingBox[], faces: readonly BoundingBox[], before: number | undefined): number {
  const covered = places.map((place) => faces.reduce((sum, face) => sum + intersection(place, face), 0) / area(place));
  const best = covered.indexOf(Math.min(...covered));
  return before !== undefined && covered[before]! <= covered[best]! + LEAVING ? before : best;
}
