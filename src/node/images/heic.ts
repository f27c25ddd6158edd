/**
 * HEIC's pixels, which sharp's own libheif may not decode (HEVC is patent-encumbered): libheif in WebAssembly does, on a
 * worker thread (heic-worker.ts), and hands them on as a TIFF in memory (tiff.ts). libheif obeys the file's rotation and mirroring.
 * A thread of its own, because its memory never shrinks and it prints what goes wrong to standard output.
 */
import { PhizError } from '../../core/error.js';
import { oneAnswer } from '../threads/one-answer.js';
import { rgbaToTiff } from './tiff.js';

/** What the worker is given. */
export interface HeicJob {
  readonly bytes: Uint8Array;
  readonly maxPixels: number;
}

/** What it answers. */
export type HeicAnswer =
  | { readonly kind: 'pixels'; readonly width: number; readonly height: number; readonly rgba: Uint8ClampedArray }
  | { readonly kind: 'too-large'; readonly width: number; readonly height: number }
  | { readonly kind: 'no-decoder'; readonly reason: string }
  | { readonly kind: 'damaged'; readonly reason: string };

/** The first image of a HEIC file as an RGBA TIFF. Throws PhizError `image-too-large`, `engine-unavailable`, or a plain Error if damaged. */
export async function heicToTiff(bytes: Uint8Array, maxPixels: number, icc?: Uint8Array): Promise<Uint8Array> {
  const job: HeicJob = { bytes, maxPixels };
  const answer = await oneAnswer<HeicAnswer>(new URL('./heic-worker.js', import.meta.url), job);
  switch (answer.kind) {
    case 'pixels':
      return rgbaToTiff(answer.width, answer.height, answer.rgba, icc);
    case 'too-large':
      throw new PhizError('image-too-large', `the HEIC image has ${answer.width}×${answer.height} pixels; raise maxPixels`);
    case 'no-decoder':
      throw new PhizError('engine-unavailable', `heic-decode, which reads HEIC images, does not load here: ${answer.reason}`);
    case 'damaged':
      throw new Error(answer.reason);
  }
}
