/** The formats that plots are written in, an entry each: every plot of a report, an evaluation or a training run is written in all. */
import { writeAtomic } from '../files/write-atomic.js';
import { svgToPng } from './rasterise.js';

export interface FigureFormat {
  readonly ending: string;
  encode(svg: string): string | Promise<Uint8Array>;
}

export const FIGURE_FORMATS: readonly FigureFormat[] = [
  { ending: 'svg', encode: (svg) => svg },
  { ending: 'png', encode: (svg) => svgToPng(svg) },
];

/** The files of a plot; `stem`: their path up to the ending. */
export function figurePaths(stem: string): readonly string[] {
  return FIGURE_FORMATS.map(({ ending }) => `${stem}.${ending}`);
}

/** Writes a plot's files and gives their paths. Throws PhizError `unwritable-file`. */
export async function writeFigure(
  stem: string,
  svg: string,
  options: { readonly private?: boolean } = {},
): Promise<readonly string[]> {
  for (const { ending, encode } of FIGURE_FORMATS) await writeAtomic(`${stem}.${ending}`, await encode(svg), options);
  return figurePaths(stem);
}
