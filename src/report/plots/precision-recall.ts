/** The precision-recall curves of several detectors as one SVG: the further to the upper right, the better. */
import { axisX, axisY, dot, gridX, gridY, line, text } from '@observablehq/plot';
import { PhizError } from '../../core/error.js';
import type { ComparedDetector } from '../sums/detector-comparison.js';
import { PAGE, PAPER } from './colours.js';
import { drawFigure, HEADER_HEIGHT } from './plot.js';

export interface PrecisionRecallOptions {
  readonly title?: string | undefined;
  readonly subtitle?: string | undefined;
  /** In pixels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** 'page': part of an HTML page, without title, in the page's colours (page-style.ts). Default 'white'. */
  readonly ground?: 'white' | 'page' | undefined;
}

type Curve = Pick<ComparedDetector, 'name' | 'averagePrecision' | 'curve'>;

/** Draws one line per detector, named with its average precision in the lower left. Throws PhizError `invalid-data` where there is none. */
export function precisionRecallPlot(
  detectors: readonly Curve[],
  { title = 'Precision and recall', subtitle, width = 760, height = 560, ground = 'white' }: PrecisionRecallOptions = {},
): string {
  if (detectors.length === 0) throw new PhizError('invalid-data', 'a precision-recall plot needs at least one detector');
  const inks = ground === 'page' ? PAGE : PAPER;
  const top = ground === 'page' ? 8 : HEADER_HEIGHT;
  const halo = { stroke: inks.ground, strokeWidth: 4 };
  const grid = { stroke: inks.text, strokeOpacity: 0.12 };
  const marks = detectors.flatMap(({ curve }, i) => {
    const points = [...curve];
    const style = { x: 'recall', y: 'precision', stroke: inks.clip(i) } as const;
    const last = points.slice(-1);
    return [
      line(points, { ...style, strokeWidth: 2, strokeLinejoin: 'round' }),
      // Where the curve ends: the lowest score asked for.
      dot(last, { x: 'recall', y: 'precision', r: 3.5, fill: inks.clip(i) }),
    ];
  });
  // Curves leave the lower left free: a detector that finds few faces is rarely wrong.
  const best = [...detectors.keys()].sort((a, b) => detectors[b]!.averagePrecision - detectors[a]!.averagePrecision);
  const row = 0.048;
  const keys = best.map((i, place) => {
    const { name, averagePrecision } = detectors[i]!;
    return { i, label: `${name}  ${averagePrecision.toFixed(3)}`, y: 0.04 + (best.length - 1 - place) * row };
  });
  return drawFigure({
    title,
    subtitle,
    width,
    height,
    ground,
    panels: [
      {
        x: 12,
        y: top,
        width: width - 24,
        height: height - top - 12,
        plot: {
          marginLeft: 52,
          marginBottom: 44,
          marginTop: 24,
          marginRight: 24,
          x: { domain: [0, 1] },
          y: { domain: [0, 1] },
          marks: [
            gridX(grid),
            gridY(grid),
            axisX({ label: 'recall: share of the faces that are found →', labelAnchor: 'center', labelArrow: 'none' }),
            axisY({ label: '↑ precision: share of the finds that are faces', labelArrow: 'none' }),
            ...marks,
            ...keys.flatMap(({ i, label, y }) => [
              line(
                [0.03, 0.065].map((x) => ({ x, y })),
                { x: 'x', y: 'y', stroke: inks.clip(i), strokeWidth: 3 },
              ),
              text([{ x: 0.078, y, label }], {
                x: 'x',
                y: 'y',
                text: 'label',
                textAnchor: 'start',
                fill: inks.text,
                fontSize: 13,
                ...halo,
              }),
            ]),
            text([{ x: 0.03, y: 0.04 + best.length * row }], {
              x: 'x',
              y: 'y',
              text: () => 'AP at IoU 0.5',
              textAnchor: 'start',
              fill: inks.quiet,
              fontSize: 12,
              ...halo,
            }),
          ],
        },
      },
    ],
  });
}
