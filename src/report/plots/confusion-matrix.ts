/** A confusion matrix as a heat map in SVG: one row per true class, one column per predicted one, counts and the row's percentages. */
import { axisX, axisY, cell, text } from '@observablehq/plot';
import { PhizError } from '../../core/error.js';
import { drawFigure, HEADER_HEIGHT, textWidth } from './plot.js';

export interface ConfusionMatrixOptions {
  readonly title?: string | undefined;
  readonly subtitle?: string | undefined;
}

interface Cell {
  readonly truth: string;
  readonly predicted: string;
  readonly count: number;
  /** Of the row's samples, 0–1; 0 in an empty row. */
  readonly part: number;
}

/**
 * Draws `counts[truth][predicted]`, both in the order of the labels.
 * Throws PhizError `invalid-data` where the matrix is not square or its size is not that of the labels.
 */
export function confusionMatrix(
  counts: readonly (readonly number[])[],
  labels: readonly string[],
  { title = 'Confusion matrix', subtitle }: ConfusionMatrixOptions = {},
): string {
  const n = labels.length;
  if (n === 0 || counts.length !== n || counts.some((row) => row.length !== n))
    throw new PhizError('invalid-data', `a confusion matrix of ${n} labels needs ${n} rows of ${n} counts`);
  const totals = counts.map((row) => row.reduce((sum, c) => sum + c, 0));
  const cells: Cell[] = labels.flatMap((truth, r) =>
    labels.map((predicted, c) => ({ truth, predicted, count: counts[r]![c]!, part: totals[r] ? counts[r]![c]! / totals[r] : 0 })),
  );
  const side = n <= 12 ? 72 : n <= 24 ? 48 : 20;
  const names = labels.map((label, r) => `${label} (${totals[r]})`);
  const longest = Math.max(...labels.map((label) => textWidth(label, 13)));
  const tilt = longest > side - 4;
  const marginLeft = Math.max(...names.map((name) => textWidth(name, 13))) + 40;
  const marginTop = tilt ? longest * 0.75 + 48 : 56;
  const marginRight = tilt ? longest * 0.75 + 12 : 16;
  const inner = n * side;
  const width = Math.max(marginLeft + inner + marginRight, textWidth(title, 18) + 40, textWidth(subtitle ?? '', 12) + 40);
  const panel = { width: marginLeft + inner + marginRight, height: marginTop + inner + 20 };
  const ink = (d: Cell) => (d.part > 0.55 ? '#ffffff' : '#222222');
  return drawFigure({
    title,
    subtitle,
    width: Math.ceil(width),
    height: Math.ceil(HEADER_HEIGHT + panel.height),
    panels: [
      {
        x: 0,
        y: HEADER_HEIGHT,
        ...panel,
        plot: {
          marginLeft,
          marginRight,
          marginTop,
          marginBottom: 20,
          x: { domain: labels, padding: 0.03 },
          y: { domain: labels, padding: 0.03 },
          color: { type: 'linear', domain: [0, 1], range: ['#f4f7fb', '#08488e'] },
          marks: [
            axisX({
              anchor: 'top',
              label: 'predicted',
              labelAnchor: 'center',
              labelArrow: 'none',
              labelOffset: marginTop - 16,
              tickSize: 0,
              tickRotate: tilt ? -45 : 0,
              fontSize: 13,
            }),
            axisY({
              label: 'truth',
              labelAnchor: 'center',
              labelArrow: 'none',
              labelOffset: marginLeft - 14,
              tickSize: 0,
              tickFormat: (_: string, i: number) => names[i]!,
              fontSize: 13,
            }),
            cell(cells, { x: 'predicted', y: 'truth', fill: 'part' }),
            ...(n <= 24
              ? [
                  text(cells, {
                    x: 'predicted',
                    y: 'truth',
                    text: (d: Cell) => String(d.count),
                    fill: ink,
                    fontSize: side > 50 ? 15 : 12,
                    fontWeight: 'bold',
                    dy: -8,
                  }),
                  text(cells, {
                    x: 'predicted',
                    y: 'truth',
                    text: (d: Cell) => `${(d.part * 100).toFixed(1)} %`,
                    fill: ink,
                    fontSize: side > 50 ? 12 : 9,
                    dy: 10,
                  }),
                ]
              : []),
          ],
        },
      },
    ],
  });
}
