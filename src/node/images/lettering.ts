/** The lettering of annotated clips on @napi-rs/canvas. */
import type { Lettering } from '../../media/clip-marks.js';
import { createLettering, type LetteringContext } from '../../media/lettering.js';
import { loadCanvas } from './canvas.js';
import { FONT_FAMILY } from './font.js';

/** Throws PhizError `engine-unavailable` where the canvas has no binary for this platform. */
export async function openLettering(): Promise<Lettering> {
  const { createCanvas } = await loadCanvas();
  return createLettering(
    (width, height) => createCanvas(width, height).getContext('2d') as unknown as LetteringContext,
    `"${FONT_FAMILY}"`,
  );
}
