/** Lettering for clips (clip-marks.ts) on a 2D canvas, of browsers or of Node. */
import { type DrawingContext, drawLabel, font, PLATE } from './annotate.js';
import type { Lettering } from './clip-marks.js';
import type { Sprite } from './paint.js';

/** The part of a canvas' context that is used. */
export interface LetteringContext extends DrawingContext {
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}

/** `open`: a canvas of this size, empty; `family`: a CSS font family. */
export function createLettering(open: (width: number, height: number) => LetteringContext, family: string): Lettering {
  const ruler = open(1, 1);
  // Measured large, since glyphs at small sizes are rounded to pixels.
  ruler.font = font(100, family);
  const letter = (width: number, height: number, draw: (context: LetteringContext) => void): Sprite => {
    const context = open(Math.max(width, 1), Math.max(height, 1));
    draw(context);
    return { width, height, rgba: context.getImageData(0, 0, width, height).data };
  };
  return {
    measure: (text) => ruler.measureText(text).width / 100,
    label: (label, colour) => letter(label.box.width, label.box.height, (context) => drawLabel(context, label, colour, family)),
    panel: ({ width, height, fontSize, heading, rows }, title) =>
      letter(width, height, (context) => {
        context.fillStyle = PLATE;
        context.beginPath();
        context.roundRect(0, 0, width, height, [fontSize * 0.3]);
        context.fill();
        context.fillStyle = '#ffffff';
        context.font = font(fontSize, family);
        context.fillText(title, heading.x, heading.y);
        for (const { label, text } of rows) context.fillText(label, text.x, text.y);
      }),
  };
}
