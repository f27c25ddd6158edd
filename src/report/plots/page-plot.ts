/** The measures of plots in the report's page. A module of its own: a page's style sheet needs them, and Plot takes long to load. */

/** Width and height in pixels of a plot in the report's page. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** Sizes in pixels of a plot on wide and on narrow screens; the one that fits is shown. */
export const WIDE = { width: 920, height: 270 } as const;
export const NARROW = { width: 340, height: 220 } as const;

/** Left and right of a timeline's lines, in pixels; the strip of thumbnails under it keeps to the same margins. */
export const MARGIN = { left: 46, right: 10 } as const;
