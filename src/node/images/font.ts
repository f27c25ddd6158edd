/**
 * The font of labels and plots. A fresh server has none, and text would be missing or boxes; so phiz brings one, Atkinson
 * Hyperlegible (Braille Institute, OFL-1.1), and the same image comes out on every machine. Canvas and libvips each keep
 * one font list a process; adding a font to it changes nothing that was there.
 */
import { createRequire } from 'node:module';
import type { SharpModule } from './sharp.js';

/** The family's name in CSS and SVG. */
export const FONT_FAMILY = 'Atkinson Hyperlegible';

function fontFiles(): readonly [regular: string, bold: string] {
  const require = createRequire(import.meta.url);
  return [
    require.resolve('@expo-google-fonts/atkinson-hyperlegible/400Regular/AtkinsonHyperlegible_400Regular.ttf'),
    require.resolve('@expo-google-fonts/atkinson-hyperlegible/700Bold/AtkinsonHyperlegible_700Bold.ttf'),
  ];
}

/** Lets @napi-rs/canvas draw text in FONT_FAMILY. */
export function addFontToCanvas({ GlobalFonts }: typeof import('@napi-rs/canvas')): void {
  if (GlobalFonts.has(FONT_FAMILY)) return;
  for (const file of fontFiles()) GlobalFonts.registerFromPath(file);
}

/** Lets sharp render SVG text in FONT_FAMILY: drawing one letter from a font file adds the file to libvips' font list. */
export async function addFontToSharp(sharp: SharpModule): Promise<void> {
  for (const fontfile of fontFiles())
    await sharp({ text: { text: 'a', font: FONT_FAMILY, fontfile } })
      .raw()
      .toBuffer();
}
