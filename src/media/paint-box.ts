/** The box of a face, painted on pixels: a line in its colour between two dark edges, which show on any ground. */
import type { Image } from '../core/image.js';
import type { FaceMark } from './label-layout.js';
import { paintOf, strokeRect } from './paint.js';

const EDGE = paintOf('#000000', 0.75);

/** Paints the box of a mark, all of it inside the box and on whole pixels, so that one at the image's edge is seen whole. */
export function paintBox(image: Image, { box, lineWidth }: Pick<FaceMark, 'box' | 'lineWidth'>, colour: string): void {
  if (!(box.width > 0 && box.height > 0)) return;
  const x = Math.round(box.x);
  const y = Math.round(box.y);
  const outer = { x, y, width: Math.round(box.x + box.width) - x, height: Math.round(box.y + box.height) - y };
  const line = Math.max(Math.round(lineWidth), 1);
  strokeRect(image, outer, line + 2, EDGE);
  const inner = { x: x + 1, y: y + 1, width: outer.width - 2, height: outer.height - 2 };
  strokeRect(image, inner, line, paintOf(colour));
}
