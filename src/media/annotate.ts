/**
 * Draws a box and a label for each face on a 2D canvas: emotion, confidence, age range, in the emotion's colour with a dark
 * edge, the text light on a dark plate, so that both show on any background. Needs nothing but the few Canvas2D calls named in
 * `DrawingContext`, which browsers and Node canvases share. Hiding faces (blur.ts) is done on the pixels before.
 */

import type { Attribute } from '../attributes/attribute.js';
import { type AnyReading, ATTRIBUTES } from '../attributes/index.js';
import { type FaceMark, LABEL, type Label, type MarkedFace } from './label-layout.js';

/** The part of CanvasRenderingContext2D that is used. */
export interface DrawingContext {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  lineJoin: unknown;
  font: string;
  textAlign: unknown;
  textBaseline: unknown;
  save(): void;
  restore(): void;
  beginPath(): void;
  rect(x: number, y: number, width: number, height: number): void;
  roundRect(x: number, y: number, width: number, height: number, radii: number[]): void;
  fill(): void;
  stroke(): void;
  clip(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { readonly width: number };
}

/** What text stands on. */
export const PLATE = 'rgba(16, 16, 20, 0.84)';

/** Text on it: of what can be relied on, and of what is unclear. */
const INK = '#ffffff';
const UNCLEAR_INK = '#a3a8b0';

export interface AnnotateOptions {
  /** Size of the image in pixels; nothing is drawn outside. */
  readonly width: number;
  readonly height: number;
  /** A CSS font family. */
  readonly fontFamily?: string | undefined;
  /** What is written of a face; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
}

/** Draws the marks of faces, laid out by layoutMarks. */
export function drawMarks(
  context: DrawingContext,
  faces: readonly MarkedFace[],
  marks: readonly FaceMark[],
  { width, height, fontFamily = 'sans-serif', attributes }: AnnotateOptions,
): void {
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  // The largest faces come first: theirs are drawn last, on top.
  for (let i = marks.length - 1; i >= 0; i--) drawBox(context, marks[i]!, colourOf(faces[i]!, attributes));
  for (let i = marks.length - 1; i >= 0; i--) {
    const { label } = marks[i]!;
    if (label) drawLabel(context, label, colourOf(faces[i]!, attributes), fontFamily);
  }
  context.restore();
}

/** Marks of a face of which nothing with a colour is known. */
const PLAIN = '#b8b8b8';

/** The CSS colour of a face's marks: that of the first attribute that has one. */
export function colourOf(face: MarkedFace, attributes: readonly Attribute[] = ATTRIBUTES): string {
  for (const { name, colour } of attributes) {
    const value = (face as AnyReading)[name];
    if (colour && value !== null && value !== undefined) return colour(value);
  }
  return PLAIN;
}

function drawBox(context: DrawingContext, { box, lineWidth }: FaceMark, colour: string): void {
  if (!(box.width > 0 && box.height > 0)) return;
  context.lineJoin = 'miter';
  // All strokes lie inside the box, so that one at the image's edge is seen whole, and on whole pixels, so that it is crisp.
  const half = lineWidth / 2;
  const x = Math.round(box.x) + half + 1;
  const y = Math.round(box.y) + half + 1;
  const width = Math.max(Math.round(box.x + box.width) - half - 1 - x, 0);
  const height = Math.max(Math.round(box.y + box.height) - half - 1 - y, 0);
  context.lineWidth = lineWidth + 2;
  context.strokeStyle = 'rgba(0, 0, 0, 0.75)';
  context.strokeRect(x, y, width, height);
  context.lineWidth = lineWidth;
  context.strokeStyle = colour;
  context.strokeRect(x, y, width, height);
}

/** Draws one label at its place. */
export function drawLabel(
  context: DrawingContext,
  { box, fontSize, lines }: Pick<Label, 'box' | 'fontSize' | 'lines'>,
  colour: string,
  fontFamily: string,
): void {
  const radius = fontSize * 0.22;
  const swatch = Math.round(LABEL.swatch * fontSize);
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(box.x, box.y, swatch, box.height, [radius, 0, 0, radius]);
  context.fill();
  context.fillStyle = PLATE;
  context.beginPath();
  context.roundRect(box.x + swatch, box.y, box.width - swatch, box.height, [0, radius, radius, 0]);
  context.fill();
  context.font = font(fontSize, fontFamily);
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  const x = box.x + (LABEL.swatch + LABEL.padX) * fontSize;
  lines.forEach(({ text, unclear }, i) => {
    context.fillStyle = unclear ? UNCLEAR_INK : INK;
    context.fillText(text, x, Math.round(box.y + (LABEL.padY + LABEL.line * i + 0.88) * fontSize));
  });
}

/** The CSS font of labels. */
export function font(size: number, family: string): string {
  return `700 ${size}px ${family}`;
}
