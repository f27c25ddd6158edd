/**
 * The images of a comparison: recall by class with intervals, confusion matrices side by side, and each model's course over a
 * clip one under the other. Each as a file of its own on white, or as part of a page.
 */
import { axisX, axisY, cell, dot, gridX, link, rectY, text } from '@observablehq/plot';
import { type Comparison, mainPart, mainReport } from '../sums/comparison.js';
import type { Timeline } from '../sums/timeline-series.js';
import type { TruthSegment } from '../sums/truth-segment.js';
import { percentText } from '../tables/comparison-tables.js';
import { PAGE, PAPER } from './colours.js';
import { drawFigure, HEADER_HEIGHT, type Panel, textWidth } from './plot.js';
import { domainOf, legendOf, timelinePanel } from './timeline.js';

export interface ComparisonFigureOptions {
  /** In pixels; heights follow from what is shown. */
  readonly width?: number | undefined;
  /** 'page': for a page whose style sheet is page-style.ts. Default 'white'. */
  readonly ground?: 'white' | 'page' | undefined;
}

/** The inks, and what fills a matrix. */
const WHITE = { inks: PAPER, heat: '#08488e' } as const;
const ON_PAGE = { inks: PAGE, heat: 'var(--link)' } as const;

/** Height in pixels of a model's line within a class. */
const LINE = 15;

/** Accuracy and the recall of each class as points on their 95 % intervals, one colour per model. */
export function recallFigure(comparison: Comparison, { width = 920, ground = 'white' }: ComparisonFigureOptions = {}): string {
  const { inks } = ground === 'page' ? ON_PAGE : WHITE;
  const { models, data } = comparison;
  const groups = ['all', ...data.labels];
  const step = models.length + 1;
  const points = models.flatMap((model, m) => {
    const { accuracy, interval, classes } = mainReport(comparison, model);
    const all = { recall: accuracy, interval };
    return [all, ...classes].flatMap(({ recall, interval: span }, g) =>
      recall === null || span === null
        ? []
        : [{ model, row: g * step + m, recall, low: span[0], high: span[1], colour: inks.clip(m), name: groups[g]! }],
    );
  });
  const heads = groups.map((label, g) => ({ label, row: g * step + (models.length - 1) / 2 }));
  const bands = groups.flatMap((_, g) => (g % 2 ? [] : [{ from: g * step - 1, to: g * step + models.length }]));
  const marginLeft = Math.max(...groups.map((label) => textWidth(label, 13))) + 16;
  const inner = groups.length * step * LINE;
  const top = ground === 'page' ? 0 : HEADER_HEIGHT;
  const size = { width: width - (ground === 'page' ? 0 : 24), height: inner + 44 };
  return drawFigure({
    title: 'Recall by class',
    subtitle: `${data.name}, ${mainPart(comparison).name}; “all” is accuracy; lines are 95 % intervals`,
    width,
    height: top + size.height,
    ground,
    legend: models.map(({ name }, m) => ({ label: name, colour: inks.clip(m) })),
    panels: [
      {
        x: ground === 'page' ? 0 : 12,
        y: top,
        ...size,
        plot: {
          marginLeft,
          marginRight: 22,
          marginTop: 4,
          marginBottom: 40,
          x: { domain: [0, 1] },
          y: { domain: [groups.length * step - 0.5, -1], axis: null },
          marks: [
            rectY(bands, { x1: 0, x2: 1, y1: 'from', y2: 'to', fill: inks.text, fillOpacity: 0.045 }),
            gridX([0, 0.25, 0.5, 0.75, 1], { stroke: inks.text, strokeOpacity: 0.15 }),
            axisX({
              ticks: [0, 0.25, 0.5, 0.75, 1],
              tickFormat: (v: number) => `${100 * v} %`,
              label: 'called right',
              labelAnchor: 'center',
              labelArrow: 'none',
              color: inks.text,
            }),
            text(heads, { x: 0, y: 'row', text: 'label', textAnchor: 'end', dx: -8, fontSize: 13, fill: inks.text }),
            link(points, {
              x1: 'low',
              x2: 'high',
              y1: 'row',
              y2: 'row',
              stroke: 'colour',
              strokeWidth: 2.5,
              strokeOpacity: 0.65,
            }),
            dot(points, {
              x: 'recall',
              y: 'row',
              fill: 'colour',
              r: 4,
              title: (d: (typeof points)[number]) => `${d.model.name}, ${d.name}: ${percentText(d.recall)}`,
            }),
          ],
          color: { type: 'identity' },
        },
      },
    ],
  });
}

/** Matrices beside each other on wide figures. */
const WIDE_FROM = 700;

/** Every model's confusion matrix, one row per true class, in per cent of the row. */
export function confusionsFigure(
  comparison: Comparison,
  { width = 920, ground = 'white' }: ComparisonFigureOptions = {},
): string {
  const { models, data } = comparison;
  const edge = ground === 'page' ? 0 : 12;
  const columns = width < WIDE_FROM || models.length === 1 ? 1 : 2;
  const gap = 20;
  const side = Math.min((width - 2 * edge - gap * (columns - 1)) / columns, 560);
  const top = (ground === 'page' ? 0 : HEADER_HEIGHT) + 24;
  const plots = models.map((model) => {
    const { accuracy, confusion } = mainReport(comparison, model);
    return { heading: `${model.name}: ${percentText(accuracy)}`, ...matrix(confusion, data.labels, side, ground) };
  });
  const rowHeight = plots[0]!.height + 34;
  const panels = plots.map(({ heading, plot, height }, i): Panel => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return { heading, x: edge + column * (side + gap), y: top + row * rowHeight, width: side, height, plot };
  });
  return drawFigure({
    title: 'Confusion matrices',
    subtitle: `${data.name}, ${mainPart(comparison).name}; rows: true classes, in per cent of their images; columns: what the images are called`,
    width,
    height: top + Math.ceil(models.length / columns) * rowHeight,
    ground,
    panels,
  });
}

interface MatrixCell {
  readonly truth: string;
  readonly predicted: string;
  readonly count: number;
  readonly part: number;
}

/** One matrix, `side` pixels wide. */
function matrix(
  confusion: readonly (readonly number[])[],
  labels: readonly string[],
  side: number,
  on: 'white' | 'page',
): Pick<Panel, 'plot' | 'height'> {
  const { inks, heat } = on === 'page' ? ON_PAGE : WHITE;
  const cells: readonly MatrixCell[] = confusion.flatMap((row, r) => {
    const total = row.reduce((sum, n) => sum + n, 0);
    return row.map((count, c) => ({ truth: labels[r]!, predicted: labels[c]!, count, part: total ? count / total : 0 }));
  });
  const longest = Math.max(...labels.map((label) => textWidth(label, 12)));
  const marginLeft = longest + 12;
  const cellWidth = (side - marginLeft - 4) / labels.length;
  const tilt = longest > cellWidth;
  const marginTop = tilt ? longest * 0.75 + 10 : 24;
  const cellHeight = Math.min(cellWidth, 40);
  return {
    height: marginTop + cellHeight * labels.length + 6,
    plot: {
      marginLeft,
      marginTop,
      marginRight: tilt ? Math.max(4, longest * 0.7 - cellWidth / 2) : 4,
      marginBottom: 6,
      x: { domain: labels, padding: 0.04 },
      y: { domain: labels, padding: 0.04 },
      marks: [
        axisX({ anchor: 'top', label: null, tickSize: 0, tickRotate: tilt ? -45 : 0, fontSize: 12, color: inks.text }),
        axisY({ label: null, tickSize: 0, fontSize: 12, color: inks.text }),
        cell(cells, {
          x: 'predicted',
          y: 'truth',
          fill: heat,
          fillOpacity: (d: MatrixCell) => 0.03 + 0.97 * d.part,
          title: (d: MatrixCell) => `${d.truth} called ${d.predicted}: ${d.count} (${percentText(d.part)})`,
        }),
        ...(labels.length <= 12
          ? [
              text(cells, {
                x: 'predicted',
                y: 'truth',
                text: (d: MatrixCell) => (d.part * 100).toFixed(0),
                fill: (d: MatrixCell) => (d.part > 0.65 ? inks.ground : inks.text),
                fontSize: 12,
              }),
            ]
          : []),
      ],
      opacity: { type: 'identity' },
      color: { type: 'identity' },
    },
  };
}

/** Height in pixels of one course. */
const COURSE = 190;

/** The course of a clip as each model sees it, one under the other, with the truth shaded; a file of its own. */
export function clipFigure(
  title: string,
  courses: readonly { readonly name: string; readonly timeline: Timeline }[],
  { truth = [], width = 960 }: { readonly truth?: readonly TruthSegment[]; readonly width?: number } = {},
): string {
  const size = { width: width - 32, height: COURSE };
  return drawFigure({
    title,
    width,
    height: HEADER_HEIGHT + courses.length * (COURSE + 34) + 8,
    legend: courses[0] ? legendOf(courses[0].timeline.subject) : [],
    panels: courses.map(({ name, timeline }, i) => ({
      x: 20,
      y: HEADER_HEIGHT + 24 + i * (COURSE + 34),
      ...size,
      heading: name,
      plot: timelinePanel(timeline.overall, {
        subject: timeline.subject,
        domain: domainOf(timeline),
        width: size.width,
        inks: PAPER,
        truth,
      }),
    })),
  });
}
