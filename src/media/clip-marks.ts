/**
 * Draws the marks of a clip's faces, frame by frame: boxes, labels with the person's number, and the confidences of the largest
 * face's classes as bars. Remembers from frame to frame what makes it calm (labels and bars keep their places) and fast (text is
 * lettered once and kept as an image). Letters nothing itself: that is the platform's.
 */

import type { Attribute } from '../attributes/attribute.js';
import type { ClassesResult } from '../attributes/classes/schema.js';
import { type AnyReading, ATTRIBUTES, LEADING } from '../attributes/index.js';
import { area, clipBox } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import { colourOf } from './annotate.js';
import { type BarsPanel, chooseCorner, corners, layoutBars } from './bars-layout.js';
import { heldFace } from './held-face.js';
import { type Label, type LabelChoice, layoutMarks, type MarkedFace } from './label-layout.js';
import { drawSprite, fillRect, paintOf, type Sprite } from './paint.js';
import { paintBox } from './paint-box.js';

/** A face of a frame; a TrackedFace is one. */
export type ClipFace = MarkedFace & { readonly person: number };

/** Text as images, by the platform's canvas. */
export interface Lettering {
  /** Width of a text in a font of size 1. */
  measure(text: string): number;
  /** A label as large as its box. */
  label(label: Pick<Label, 'box' | 'fontSize' | 'lines'>, colour: string): Sprite;
  /** The panel with heading and names, without bars. */
  panel(panel: BarsPanel, heading: string): Sprite;
}

export interface ClipMarksOptions {
  /** Size of the frames in pixels. */
  readonly width: number;
  readonly height: number;
  readonly lettering: Lettering;
  /** What is written of a face; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Show the bars. */
  readonly bars?: boolean | undefined;
}

/** What a face shows of the classes that lead. */
function ledBy(face: ClipFace): ClassesResult | undefined {
  return ((face as AnyReading)[LEADING.name] as ClassesResult | null | undefined) ?? undefined;
}

/** Labels kept as images, at most. */
const SPRITES = 400;
/** Seconds are unknown here: a person not seen for this many frames is forgotten. */
const FORGET = 300;
const TRACK = paintOf('#ffffff', 0.14);

/** Gives a function that draws one frame's faces on its RGB or RGBA pixels; call it for every frame in turn. */
export function createClipMarks({
  width,
  height,
  lettering,
  attributes = ATTRIBUTES,
  bars = true,
}: ClipMarksOptions): (image: Image, faces: readonly ClipFace[]) => void {
  // Digits change from frame to frame: as wide as the widest, so that labels do not tremble.
  const measure = (text: string): number => lettering.measure(text.replaceAll(/\d/g, '0'));
  const panel = bars ? layoutBars(LEADING.classes.labels, width, height, measure) : undefined;
  const places = panel ? corners(panel, width, height) : [];
  const sprites = new Map<string, Sprite>();
  const choices = new Map<number, { choice: LabelChoice; frame: number }>();
  let frame = 0;
  let shown: number | undefined;
  let corner: number | undefined;

  const sprite = (key: string, make: () => Sprite): Sprite => {
    const made = sprites.get(key) ?? make();
    // Used last stands last; the first is the one to go.
    sprites.delete(key);
    sprites.set(key, made);
    if (sprites.size > SPRITES) sprites.delete(sprites.keys().next().value!);
    return made;
  };

  const drawBars = (image: Image, face: ClipFace, at: { readonly x: number; readonly y: number }): void => {
    const { person } = face;
    const led = ledBy(face);
    if (!panel || !led) return;
    drawSprite(
      image,
      sprite(`panel ${person}`, () => lettering.panel(panel, `person #${person}`)),
      at.x,
      at.y,
    );
    for (const { label, bar } of panel.rows) {
      const place = { ...bar, x: at.x + bar.x, y: at.y + bar.y };
      fillRect(image, place, TRACK);
      fillRect(image, { ...place, width: bar.width * led.probabilities[label]! }, paintOf(LEADING.classes.colours[label]!.mark));
    }
  };

  return (image, given) => {
    frame++;
    const size = ({ box }: ClipFace): number => area(clipBox(box, width, height));
    const faces = [...given].sort((a, b) => size(b) - size(a) || a.person - b.person);
    const known = faces.filter(ledBy);
    const before = known.find(({ person }) => person === shown);
    const largest = heldFace(known[0], before, size);
    shown = largest?.person ?? shown;
    if (largest && panel)
      corner = chooseCorner(
        places,
        faces.map(({ box }) => box),
        corner,
      );
    const at = largest && panel ? places[corner!]! : undefined;

    const marks = layoutMarks(faces, {
      width,
      height,
      attributes,
      measure,
      held: ({ person }) => choices.get(person!)?.choice,
      reserved: at && [at],
    });
    for (let i = marks.length - 1; i >= 0; i--) paintBox(image, marks[i]!, colourOf(faces[i]!, attributes));
    if (largest && at) drawBars(image, largest, at);
    for (let i = marks.length - 1; i >= 0; i--) {
      const { label } = marks[i]!;
      const { person } = faces[i]!;
      if (!label) continue;
      choices.set(person, { choice: label.choice, frame });
      const colour = colourOf(faces[i]!, attributes);
      const { width: w, height: h } = label.box;
      const key = `${label.lines.map(({ text, unclear }) => `${text}${unclear}`).join('\n')} ${label.fontSize} ${w}×${h} ${colour}`;
      drawSprite(
        image,
        sprite(key, () => lettering.label({ ...label, box: { x: 0, y: 0, width: w, height: h } }, colour)),
        label.box.x,
        label.box.y,
      );
    }
    for (const [person, { frame: seen }] of choices) if (frame - seen > FORGET) choices.delete(person);
  };
}
