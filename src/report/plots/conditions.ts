/** A figure under several conditions, as one SVG: one row per condition, the figure with its interval, a line where nothing is done. */
import { axisX, axisY, dot, gridX, type PlotOptions, ruleX, ruleY } from '@observablehq/plot';
import { COLOURS, drawFigure, HEADER_HEIGHT } from './plot.js';

export interface ConditionsFigure {
  readonly title: string;
  readonly subtitle: string;
  /** Where nothing is done. */
  readonly plain: number;
  readonly rows: readonly {
    readonly condition: string;
    readonly value: number;
    readonly interval?: readonly [number, number] | undefined;
  }[];
  /** Whether values are shares, shown in per cent. */
  readonly percent: boolean;
}

/** Height in pixels of a condition's row. */
const ROW = 20;
const WIDTH = 720;
const LABELS = 210;

/** Draws it. */
export function conditionsPlot({ title, subtitle, plain, rows, percent }: ConditionsFigure): string {
  const points = rows.map(({ condition, value, interval = [value, value] }) => ({
    condition,
    value,
    low: interval[0],
    high: interval[1],
  }));
  const height = rows.length * ROW + 50;
  const plot: PlotOptions = {
    marginLeft: LABELS,
    marginRight: 20,
    y: { domain: points.map(({ condition }) => condition), label: null },
    x: { nice: true, label: null, zero: true },
    marks: [
      gridX({ stroke: '#000000', strokeOpacity: 0.1 }),
      axisX({ anchor: 'bottom', label: null, ...(percent ? { tickFormat: (v: number) => `${+(v * 100).toFixed(1)} %` } : {}) }),
      axisY({ label: null, tickSize: 0 }),
      ruleX([plain], { stroke: COLOURS.grey, strokeDasharray: '3,3' }),
      ruleY(points, { y: 'condition', x1: 'low', x2: 'high', stroke: COLOURS.blue, strokeWidth: 2 }),
      dot(points, { y: 'condition', x: 'value', fill: COLOURS.blue, r: 3.5 }),
    ],
  };
  return drawFigure({
    title,
    subtitle,
    width: WIDTH,
    height: HEADER_HEIGHT + height + 10,
    panels: [{ x: 0, y: HEADER_HEIGHT, width: WIDTH, height, plot }],
  });
}
