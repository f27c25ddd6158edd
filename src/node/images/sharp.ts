/** Opens sharp (libvips: decoding, resizing, encoding). Reached only by import(), so that phiz loads where it is absent. */
import { PhizError } from '../../core/error.js';

export type SharpModule = typeof import('sharp').default;

/** Throws PhizError `engine-unavailable` where sharp has no binary for this platform. */
export async function loadSharp(): Promise<SharpModule> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new PhizError('engine-unavailable', 'sharp, which reads and writes images, has no binary that loads here', { cause });
  }
}

/** The one line that matters of an error of sharp's, which may hold a log of many lines. */
export function sharpReason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /[a-z]/i.test(line) && !line.includes('bad seek'));
  return (lines[0] ?? 'unknown reason')
    .replace(/^Input buffer has corrupt header: /, '')
    .replace(/^(vips\w*|\w+load_buffer|heif|webp): /i, '');
}
