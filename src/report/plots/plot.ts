/**
 * Observable Plot without a browser: a figure is a title, a legend and one or more panels, given as data, and comes out as one
 * self-contained SVG string (light background, no style sheet, plain fonts) that viewers, browsers and rasterisers all read.
 * What is drawn in a panel is said in Plot's own options (https://observablehq.com/plot/features/plots).
 */
import { type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** One plot at its place in the figure, sizes in pixels. */
export interface Panel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly heading?: string;
  readonly plot: PlotOptions;
}

export interface LegendEntry {
  readonly label: string;
  readonly colour: string;
}

export interface Figure {
  readonly title: string;
  /** A line under the title. */
  readonly subtitle?: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly legend?: readonly LegendEntry[] | undefined;
  /**
   * `white` (default): a file of its own. `page`: part of an HTML page, on its ground, in its font and text colour, as wide as the
   * place it is put in; title, subtitle and legend are the page's to show, the title is only told to screen readers.
   */
  readonly ground?: 'white' | 'page' | undefined;
  readonly panels: readonly Panel[];
}

/** Colours that stay apart in print and for colour-blind readers (Okabe and Ito 2008). */
export const COLOURS = { blue: '#0072b2', orange: '#d55e00', green: '#009e73', purple: '#aa4499', grey: '#666666' } as const;

/** Height in pixels that the title, subtitle and legend take at a figure's top; panels start below it. */
export const HEADER_HEIGHT = 64;

const FONT = 'Helvetica, Arial, &quot;Liberation Sans&quot;, &quot;DejaVu Sans&quot;, sans-serif';

/** Width in pixels that a text takes at most in the figure's fonts; for margins, since nothing here can measure. */
export function textWidth(text: string, fontSize: number): number {
  return text.length * fontSize * 0.62;
}

/** Draws a figure as an SVG document. */
export function drawFigure({ title, subtitle, width, height, legend = [], ground = 'white', panels }: Figure): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const drawn = panels.map((panel) => {
    const svg = plot({
      ...panel.plot,
      document: document as never,
      width: panel.width,
      height: panel.height,
      style: {},
    });
    // Plot's own style sheet speaks of the size of an outermost <svg>; the panel is a group here.
    svg.querySelector('style')?.remove();
    const heading = panel.heading
      ? `<text x="${panel.x}" y="${panel.y - 8}" font-size="14" font-weight="bold">${escapeXml(panel.heading)}</text>`
      : '';
    return `${heading}<g transform="translate(${panel.x},${panel.y})" text-anchor="middle" font-size="12">${svg.innerHTML}</g>`;
  });
  if (ground === 'page')
    return `<svg viewBox="0 0 ${width} ${height}" fill="currentColor" role="img" aria-label="${escapeXml(title)}">${drawn.join('')}</svg>`;
  const { keys, below } = placeLegend(legend, width, { title, subtitle });
  const total = height + below;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="${FONT}" fill="#222222" color="#222222" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${total}" fill="#ffffff"/>`,
    `<text x="20" y="32" font-size="18" font-weight="bold">${escapeXml(title)}</text>`,
    subtitle ? `<text x="20" y="52" font-size="12" fill="#555555">${escapeXml(subtitle)}</text>` : '',
    ...keys.map(
      ({ label, colour, x, y }) =>
        `<line x1="${x}" x2="${x + 20}" y1="${y - 4}" y2="${y - 4}" stroke="${escapeXml(colour)}" stroke-width="3"/>` +
        `<text x="${x + 26}" y="${y}" font-size="13">${escapeXml(label)}</text>`,
    ),
    ...(below > 0 ? [`<g transform="translate(0,${below})">`, ...drawn, '</g>'] : drawn),
    '</svg>\n',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** Pixels between a figure's left and right edge and what is written in it. */
const MARGIN = 20;

/**
 * Where each key of a legend begins: right of the title where there is room, else in lines under title and subtitle, by which (`below`, in
 * pixels) the panels move down.
 */
function placeLegend(
  legend: readonly LegendEntry[],
  width: number,
  { title, subtitle }: Pick<Figure, 'title' | 'subtitle'>,
): { readonly keys: readonly (LegendEntry & { readonly x: number; readonly y: number })[]; readonly below: number } {
  const widths = legend.map(({ label }) => textWidth(label, 13) + 40);
  const start = width - MARGIN + 14 - widths.reduce((sum, key) => sum + key, 0);
  const beside = start >= MARGIN + textWidth(title, 18) + 8;
  let x = beside ? start : MARGIN;
  let y = beside ? 32 : subtitle ? 72 : 52;
  const keys = legend.map((entry, i) => {
    if (!beside && x > MARGIN && x + widths[i]! - 14 > width - MARGIN) {
      x = MARGIN;
      y += 20;
    }
    const key = { ...entry, x, y };
    x += widths[i]!;
    return key;
  });
  return { keys, below: beside ? 0 : Math.max(0, y + 12 - HEADER_HEIGHT) };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
