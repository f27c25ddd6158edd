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

/** Formats that messages of libvips name. */
const NAMED = /jpeg|png|webp|gif|tiff|heif/i;

/**
 * The one line that matters of an error of sharp's, which may hold a log of many lines. libvips keeps one log for all images that are handled
 * at the same time: what speaks of another format than `format`, where one is given, is left out.
 */
export function sharpReason(cause: unknown, format?: string): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const own = (line: string): boolean => {
    const named = NAMED.exec(line)?.[0].toLowerCase();
    return !named || !format || format.toLowerCase().startsWith(named) || (named === 'heif' && /^(heic|avif)$/i.test(format));
  };
  const lines = text
    .split('\n')
    // Where another image's line came between, nothing follows these words.
    .map((line) => line.trim().replace(/^Input buffer has corrupt header:\s*/, ''))
    .filter((line) => /[a-z]/i.test(line) && !line.includes('bad seek') && !/^unknown error$/i.test(line) && own(line));
  return (lines[0] ?? 'the decoder does not say why').replace(/^(vips\w*|\w+load_buffer|heif|webp): /i, '');
}
