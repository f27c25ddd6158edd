/** @napi-rs/canvas, loaded when something is drawn, with phiz's own font. */
import { PhizError } from '../../core/error.js';
import { addFontToCanvas } from './font.js';

/** Throws PhizError `engine-unavailable` where the canvas has no binary for this platform. */
export async function loadCanvas(): Promise<typeof import('@napi-rs/canvas')> {
  let canvas: typeof import('@napi-rs/canvas');
  try {
    canvas = await import('@napi-rs/canvas');
  } catch (cause) {
    throw new PhizError('engine-unavailable', '@napi-rs/canvas, which draws, has no binary that loads here', { cause });
  }
  addFontToCanvas(canvas);
  return canvas;
}
