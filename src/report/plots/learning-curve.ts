/** The learning curve of a training run: loss and a metric over the epochs, training and validation, as one SVG. */
import { axisX, axisY, dot, gridX, gridY, line, type Markish, ruleX, text } from '@observablehq/plot';
import { PhizError } from '../../core/error.js';
import { PAGE } from './colours.js';
import { COLOURS, drawFigure, HEADER_HEIGHT } from './plot.js';

/** What is known of one epoch (1 is the first); further fields, such as a run's own metric, are named in the options. */
export interface EpochRecord {
  readonly epoch: number;
  readonly trainLoss?: number;
  readonly validationLoss?: number;
  readonly [field: string]: unknown;
}

export interface CurveMetric {
  /** As shown: 'accuracy', 'mean absolute error (years)', 'AP at IoU 0.5'. */
  readonly name: string;
  /** Fields of the epoch records; leave out what a run does not measure. */
  readonly train?: string;
  readonly validation?: string;
  /** Which way is better; the best validation epoch is marked. */
  readonly best: 'max' | 'min';
  /** Whether values are shares, shown in per cent. */
  readonly percent?: boolean;
}

export interface LearningCurveOptions {
  readonly title?: string | undefined;
  readonly subtitle?: string | undefined;
  readonly metric?: CurveMetric | undefined;
  /** In pixels; the height is that of a row of panels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** 'page': part of an HTML page, without title and legend, in the page's colours (page-style.ts). Default 'white'. */
  readonly ground?: 'white' | 'page' | undefined;
  /** One panel below the other, for narrow places. */
  readonly stacked?: boolean | undefined;
}

/** Colours of the two lines, of the grid, and of what lies behind text. */
interface CurveInks {
  readonly train: string;
  readonly validation: string;
  readonly grid: string;
  readonly ground: string;
}

const ON_WHITE: CurveInks = { train: COLOURS.blue, validation: COLOURS.orange, grid: '#000000', ground: '#ffffff' };
const ON_PAGE: CurveInks = { train: PAGE.clip(0), validation: PAGE.clip(1), grid: PAGE.text, ground: PAGE.ground };

const ACCURACY: CurveMetric = {
  name: 'accuracy',
  train: 'trainAccuracy',
  validation: 'validationAccuracy',
  best: 'max',
  percent: true,
};

/** Draws the curve. Values that are absent or not finite are left out. Throws PhizError `invalid-data` for no epochs. */
export function learningCurve(
  records: readonly EpochRecord[],
  {
    title = 'Learning curve',
    subtitle,
    metric = ACCURACY,
    width = 960,
    height = 420,
    ground = 'white',
    stacked = false,
  }: LearningCurveOptions = {},
): string {
  if (records.length === 0) throw new PhizError('invalid-data', 'a learning curve needs at least one epoch');
  const inks = ground === 'page' ? ON_PAGE : ON_WHITE;
  const top = ground === 'page' ? 0 : HEADER_HEIGHT;
  const gap = ground === 'page' ? 0 : 24;
  const panelWidth = stacked ? width - 2 * gap : (width - 3 * gap) / 2;
  const panelHeight = height - top - 24 - 8;
  const size = { width: panelWidth, height: panelHeight };
  const place = (i: number) => ({
    ...size,
    x: gap + (stacked ? 0 : i * (panelWidth + gap)),
    y: top + 24 + (stacked ? i * (panelHeight + 32) : 0),
  });
  const loss = { train: points(records, 'trainLoss'), validation: points(records, 'validationLoss') };
  const score = { train: points(records, metric.train), validation: points(records, metric.validation) };
  const epochs = records.map(({ epoch }) => epoch);
  const measured = (series: Series) => [...series.train, ...series.validation].length > 0;
  const shown = [
    { heading: 'loss', series: loss, better: 'min' as const, percent: false },
    { heading: metric.name, series: score, better: metric.best, percent: metric.percent ?? false },
  ].filter(({ series }) => measured(series));
  return drawFigure({
    title,
    subtitle,
    width,
    height: stacked ? top + shown.length * (panelHeight + 32) : height,
    ground,
    legend: [
      ...(loss.train.length + score.train.length ? [{ label: 'training', colour: inks.train }] : []),
      ...(loss.validation.length + score.validation.length ? [{ label: 'validation', colour: inks.validation }] : []),
    ],
    panels: shown.map(({ heading, series, better, percent }, i) => ({
      ...place(i),
      heading,
      plot: panel(epochs, series, { better, percent, inks }),
    })),
  });
}

interface CurvePoint {
  readonly epoch: number;
  readonly value: number;
}

interface Series {
  readonly train: readonly CurvePoint[];
  readonly validation: readonly CurvePoint[];
}

function points(records: readonly EpochRecord[], field: string | undefined): readonly CurvePoint[] {
  return records.flatMap((record) => {
    const value = field === undefined ? undefined : record[field];
    return typeof value === 'number' && Number.isFinite(value) ? [{ epoch: record.epoch, value }] : [];
  });
}

interface PanelStyle {
  readonly better: 'max' | 'min';
  readonly percent: boolean;
  readonly inks: CurveInks;
}

function panel(epochs: readonly number[], { train, validation }: Series, { better, percent, inks }: PanelStyle) {
  const first = Math.min(...epochs);
  const last = Math.max(...epochs);
  const ticks = epochTicks(first, last);
  const values = [...train, ...validation].map(({ value }) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high - low || Math.abs(high) || 1;
  const domain = [low >= 0 ? Math.max(0, low - 0.1 * span) : low - 0.1 * span, high + 0.1 * span] as const;
  const best = validation.reduce<CurvePoint | undefined>(
    (top, p) => (top === undefined || (better === 'max' ? p.value > top.value : p.value < top.value) ? p : top),
    undefined,
  );
  const marks: Markish[] = [
    gridX(ticks, { stroke: inks.grid, strokeOpacity: 0.06 }),
    gridY({ stroke: inks.grid, strokeOpacity: 0.1 }),
    axisX({ ticks, tickFormat: 'd', label: 'epoch', labelAnchor: 'center', labelArrow: 'none' }),
    axisY({ label: null, ...(percent ? { tickFormat: (v: number) => `${+(v * 100).toFixed(1)} %` } : {}) }),
  ];
  if (best) marks.push(ruleX([best.epoch], { stroke: inks.validation, strokeDasharray: '3,3', strokeOpacity: 0.7 }));
  for (const [series, colour] of [
    [train, inks.train],
    [validation, inks.validation],
  ] as const) {
    marks.push(line(series, { x: 'epoch', y: 'value', stroke: colour, strokeWidth: 2 }));
    // A single epoch is no line; few epochs are easier to read with their points.
    if (series.length <= 40) marks.push(dot(series, { x: 'epoch', y: 'value', fill: colour, r: 2.5 }));
  }
  if (best) {
    const above = best.value - domain[0] < 0.1 * span || (better === 'max' && domain[1] - best.value > 0.1 * span);
    marks.push(dot([best], { x: 'epoch', y: 'value', stroke: inks.validation, fill: inks.ground, r: 4.5, strokeWidth: 2 }));
    marks.push(
      text([best], {
        x: 'epoch',
        y: 'value',
        text: (p: CurvePoint) => `best ${percent ? `${(p.value * 100).toFixed(2)} %` : p.value.toPrecision(4)}`,
        // Towards the middle of the panel, so that it never leaves it.
        textAnchor: best.epoch - first > (last - first) / 2 ? 'end' : 'start',
        dx: best.epoch - first > (last - first) / 2 ? -8 : 8,
        dy: above ? -14 : 16,
        fill: inks.validation,
        fontWeight: 'bold',
        stroke: inks.ground,
        strokeWidth: 4,
      }),
    );
  }
  return {
    marginLeft: 56,
    marginRight: 12,
    marginTop: 20,
    marginBottom: 40,
    x: { domain: first === last ? [first - 1, last + 1] : [first, last] },
    y: { domain, nice: true, zero: false },
    marks,
  };
}

/** Whole epochs at round steps, the first always among them. */
function epochTicks(first: number, last: number): readonly number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((s) => (last - first) / s <= 10) ?? 1000;
  const ticks = [first];
  for (let e = Math.ceil((first + step / 2) / step) * step; e <= last; e += step) if (e > first) ticks.push(e);
  return ticks;
}
