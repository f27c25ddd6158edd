/** From an SVG plot to a PNG, by sharp (librsvg), with text in the font that phiz brings (font.ts). */
import { PhizError } from '../../core/error.js';
import { addFontToSharp, FONT_FAMILY } from './font.js';
import { loadSharp, sharpReason } from './sharp.js';

export interface RasteriseOptions {
  /** Width of the PNG in pixels; default: twice the SVG's own, sharp on dense screens. */
  readonly width?: number | undefined;
  /** A CSS colour, or 'transparent'. */
  readonly background?: string | undefined;
}

/**
 * Renders an SVG whose root has a size or a viewBox. FONT_FAMILY is put before every font family that it names, so that the
 * result does not depend on the machine's fonts. Throws PhizError `invalid-data` for what is not an SVG.
 */
export async function svgToPng(svg: string, { width, background = '#ffffff' }: RasteriseOptions = {}): Promise<Uint8Array> {
  if (width !== undefined && !(Number.isInteger(width) && width > 0 && width <= 16_384))
    throw new PhizError('invalid-option', `width must be a whole number from 1 to 16384, not ${width}`);
  const sharp = await loadSharp();
  await addFontToSharp(sharp);
  const source = Buffer.from(withFont(withNamespace(svg)));
  try {
    const own = (await sharp(source).metadata()).width;
    const scale = (width ?? own * 2) / own;
    let pipeline = sharp(source, { density: Math.min(Math.max(72 * scale, 1), 100_000) }).resize({ width: width ?? own * 2 });
    if (background !== 'transparent') pipeline = pipeline.flatten({ background });
    return await pipeline.png({ compressionLevel: 9 }).toBuffer();
  } catch (cause) {
    throw new PhizError('invalid-data', `this SVG cannot be rendered: ${sharpReason(cause)}`, { cause });
  }
}

/** A DOM's outerHTML leaves out the namespace that a file needs. */
function withNamespace(svg: string): string {
  return /<svg[^>]*\sxmlns=/.test(svg) ? svg : svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
}

function withFont(svg: string): string {
  if (!svg.includes('font-family')) return svg.replace('<svg', `<svg font-family="${FONT_FAMILY}"`);
  return svg.replace(/\bfont-family(\s*=\s*["']|\s*:\s*)(?!inherit)/g, `$&${FONT_FAMILY}, `);
}
