/**
 * Where the box and the label of each face go in an image, before anything is drawn. Every mark lies inside the image; text
 * grows with face and image; where faces crowd, labels move (above, below, beside, inside) and then shorten until they are
 * clear of each other and of other faces. Pure: fonts are measured by the caller.
 */

import type { Attribute, AttributeLabel } from '../attributes/attribute.js';
import { type AnyReading, ATTRIBUTES, type CourseName, type Reading } from '../attributes/index.js';
import { area, type BoundingBox, clipBox, intersection, sideOf } from '../core/geometry.js';

/** What a mark needs to know of a face; with nothing to say of it yet, the box is drawn without words. */
export type MarkedFace = {
  readonly box: BoundingBox;
  /** Who it is, in a clip. */
  readonly person?: number;
} & { readonly [Name in CourseName]?: Reading[Name] | null };

/** A label's place and text. */
export interface Label {
  readonly box: BoundingBox;
  /** In pixels. */
  readonly fontSize: number;
  readonly lines: readonly LabelLine[];
  readonly choice: LabelChoice;
}

/** A line of a label. */
export interface LabelLine {
  readonly text: string;
  /** Nothing on it can be relied on: written grey. */
  readonly unclear: boolean;
}

/** Which of the possible labels was taken; in a clip the next frame keeps to it. */
export interface LabelChoice {
  /** Number of the text and of the place among those possible. */
  readonly text: number;
  readonly place: number;
  /** Font size aimed at, before it was made to fit. */
  readonly wanted: number;
}

/** What is drawn for one face. */
export interface FaceMark {
  /** The face's box, cut at the image's edges. */
  readonly box: BoundingBox;
  readonly lineWidth: number;
  /** Absent where the image has no room for even the shortest text. */
  readonly label?: Label | undefined;
}

export interface LayoutOptions {
  /** The image's size in pixels. */
  readonly width: number;
  readonly height: number;
  /** What is written of a face; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Width of a text in a font of size 1. */
  readonly measure: (text: string) => number;
  /** Where labels keep off, as off other labels. */
  readonly reserved?: readonly BoundingBox[] | undefined;
  /**
   * Given for the frames of a clip: what each face had in the frame before. Labels then change their place, text and size only
   * for good reason, and sizes are whole pixels.
   */
  readonly held?: ((face: MarkedFace) => LabelChoice | undefined) | undefined;
}

/** Label geometry in units of the font's size; drawing (annotate.ts) uses the same. */
export const LABEL = { padX: 0.4, padY: 0.18, line: 1.16, swatch: 0.3 } as const;

/** Text below this many pixels is no longer legible. */
const SMALLEST_FONT = 8;

/** What it costs in a clip to change a label's place or text: flicker disturbs more than a place that is not the best. */
const CHANGING = 0.5;

/** Lays out all faces, in the order given (larger ones first get the better places). */
export function layoutMarks(
  faces: readonly MarkedFace[],
  { width, height, attributes = ATTRIBUTES, measure, reserved = [], held }: LayoutOptions,
): readonly FaceMark[] {
  const boxes = faces.map((face) => clipBox(face.box, width, height));
  const widths = new Map<string, number>();
  const cached = (text: string): number => {
    const known = widths.get(text) ?? measure(text);
    widths.set(text, known);
    return known;
  };
  const placed: BoundingBox[] = [...reserved];
  return faces.map((face, i) => {
    const box = boxes[i]!;
    const lineWidth = lineWidthOf(box, width, height);
    const label = placeLabel(face, i, { boxes, placed, width, height, attributes, measure: cached, lineWidth, held });
    if (label) placed.push(label.box);
    return { box, lineWidth, label };
  });
}

interface Scene extends LayoutOptions {
  readonly boxes: readonly BoundingBox[];
  readonly placed: readonly BoundingBox[];
  readonly lineWidth: number;
}

/** The cheapest of all texts, sizes and places; what costs how much is in `cost`. */
function placeLabel(face: MarkedFace, index: number, scene: Scene): Label | undefined {
  const box = scene.boxes[index]!;
  const before = scene.held?.(face);
  const wanted = scene.held
    ? steadySize(fontSizeOf(box, scene.width, scene.height), before)
    : fontSizeOf(box, scene.width, scene.height);
  let best: Label | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [text, [lines, shortness]] of texts(face, scene.attributes ?? ATTRIBUTES).entries()) {
    for (const [scale, smallness] of [
      [1, 0],
      [0.75, 0.5],
    ] as const) {
      const fontSize = fitFont(lines, Math.max(wanted * scale, Math.min(wanted, SMALLEST_FONT)), scene);
      if (fontSize < SMALLEST_FONT * 0.75) continue;
      // Text shrunk to fit the image counts as small text does.
      const penalty = shortness + Math.max(smallness, 1.2 * (1 - fontSize / wanted));
      if (penalty >= least) continue;
      for (const [place, [at, distance]] of places(box, labelSize(lines, fontSize, scene.measure), scene).entries()) {
        const change = before && (before.text !== text || before.place !== place) ? CHANGING : 0;
        if (penalty + distance + change >= least) continue;
        const total = penalty + distance + change + cost(at, index, scene);
        if (total < least) {
          least = total;
          best = { box: at, fontSize, lines, choice: { text, place, wanted } };
        }
      }
    }
  }
  return best;
}

/** Whole pixels, and those of the frame before until they are a fifth off. */
function steadySize(size: number, before: LabelChoice | undefined): number {
  if (before && Math.abs(size / before.wanted - 1) < 0.2) return before.wanted;
  return Math.round(size);
}

/** From the full text to the shortest, each with what it costs to say less. */
function texts(
  face: MarkedFace,
  attributes: readonly Attribute[],
): readonly (readonly [lines: readonly LabelLine[], cost: number])[] {
  const who = face.person === undefined ? '' : `#${face.person} `;
  const said = attributes.flatMap(({ name, label }) => {
    const value = (face as AnyReading)[name];
    return label && value !== null && value !== undefined ? [label(value)] : [];
  });
  const [first, ...others] = said;
  const alone = who ? [[[{ text: who.trim(), unclear: false }], first ? 2.8 : 0] as const] : [];
  if (!first) return alone;
  const line = (text: string, { unclear = false }: Pick<AttributeLabel, 'unclear'> = first): LabelLine => ({ text, unclear });
  const all = { unclear: said.every(({ unclear }) => unclear) };
  const several: readonly (readonly [lines: readonly LabelLine[], cost: number])[] = [
    [[line(`${who}${first.full}`), ...others.map((label) => line(label.full, label))], 0],
    [[line([`${who}${first.brief}`, ...others.map(({ brief }) => brief)].join(' · '), all)], 0.1],
    [[line(`${who}${first.brief}`), ...others.map((label) => line(label.brief, label))], 0.15],
  ];
  const shorter = (first.shorter ?? []).map(([text, cost]) => [[line(`${who}${text}`)], cost] as const);
  return [...several, [[line(`${who}${first.brief}`)], others.length > 0 ? 1 : 0.2], ...shorter, ...alone];
}

/** Text grows with the face, and with the image, which is looked at as a whole. */
function fontSizeOf(box: BoundingBox, width: number, height: number): number {
  const readable = Math.max(SMALLEST_FONT + 1, Math.max(width, height) / 120);
  const largest = Math.max(readable, Math.min(width, height) / 18);
  return Math.min(Math.max(sideOf(box) * 0.13, readable), largest);
}

/** Whole pixels, so that lines are crisp; thinner only in boxes of a few pixels. */
function lineWidthOf(box: BoundingBox, width: number, height: number): number {
  const side = Math.min(box.width, box.height);
  const wanted = Math.max(sideOf(box) * 0.015, Math.max(width, height) / 640, side < 32 ? 1 : 2);
  return Math.min(Math.round(wanted), Math.max(side / 8, 0.5));
}

/** The font size at which the text fits the image, at most `wanted`. */
function fitFont(lines: readonly LabelLine[], wanted: number, { width, height, measure }: Scene): number {
  const unit = labelSize(lines, 1, measure);
  return Math.min(wanted, width / unit.width, height / unit.height);
}

function labelSize(lines: readonly LabelLine[], fontSize: number, measure: (text: string) => number) {
  const widest = Math.max(...lines.map(({ text }) => measure(text)));
  return {
    width: (widest + 2 * LABEL.padX + LABEL.swatch) * fontSize,
    height: (lines.length * LABEL.line + 2 * LABEL.padY) * fontSize,
  };
}

/** Places round and in the box, moved into the image, each with what it costs to be there instead of above. */
function places(
  box: BoundingBox,
  size: { readonly width: number; readonly height: number },
  { width, height, lineWidth }: Scene,
): readonly (readonly [BoundingBox, number])[] {
  // Whole pixels keep edges and text crisp.
  const w = Math.min(Math.ceil(size.width), width);
  const h = Math.min(Math.ceil(size.height), height);
  const left = box.x - lineWidth;
  const right = box.x + box.width + lineWidth - w;
  const centre = box.x + (box.width - w) / 2;
  const above = box.y - h - lineWidth;
  const below = box.y + box.height + lineWidth;
  const inTop = box.y + 2 * lineWidth;
  const inBottom = box.y + box.height - h - 2 * lineWidth;
  const beside = [box.x - w - 2 * lineWidth, box.x + box.width + 2 * lineWidth] as const;
  const candidates: (readonly [x: number, y: number, cost: number])[] = [
    [left, above, 0],
    [centre, above, 0.02],
    [right, above, 0.03],
    [left, below, 0.06],
    [centre, below, 0.07],
    [right, below, 0.08],
    [beside[1], box.y, 0.1],
    [beside[0], box.y, 0.12],
    [beside[1], box.y + box.height - h, 0.13],
    [beside[0], box.y + box.height - h, 0.14],
    [centre, inBottom, 0.15],
    [centre, inTop, 0.2],
  ];
  return candidates.map(([x, y, price]) => [
    {
      x: Math.floor(Math.max(Math.min(x, width - w), 0)),
      y: Math.floor(Math.max(Math.min(y, height - h), 0)),
      width: w,
      height: h,
    },
    price,
  ]);
}

/** What a place costs for what it covers: other labels most, then other faces, then its own face. */
function cost(place: BoundingBox, index: number, { boxes, placed }: Scene): number {
  const own = area(place);
  let total = 0;
  for (const other of placed) {
    const covered = intersection(place, other);
    if (covered > 0) total += 1.5 + (12 * covered) / Math.min(own, area(other));
  }
  for (let i = 0; i < boxes.length; i++) {
    const face = boxes[i]!;
    const covered = intersection(place, face);
    if (covered > 0) total += ((i === index ? 1.5 : 4) * covered) / Math.min(area(face), 4 * own);
  }
  return total;
}
