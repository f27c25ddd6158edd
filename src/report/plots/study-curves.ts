/** A stimulus's mean curves with their bands, its moments shaded and named, and below how many participants each point rests on. */
import { areaY, axisX, axisY, gridX, gridY, line, type Markish, rectY, ruleX, ruleY, text } from '@observablehq/plot';
import type { ClassSubject } from '../../attributes/classes/classes.js';
import type { Moment } from '../../study/design.js';
import type { StimulusResult } from '../../study/study-result.js';
import { timeTicks } from '../duration.js';
import { participantsText } from '../words.js';
import type { Inks } from './colours.js';
import { drawFigure, textWidth } from './plot.js';

export interface StudyCurvesOptions {
  readonly subject: ClassSubject;
  readonly outcomes: readonly string[];
  readonly step: number;
  readonly width: number;
  readonly inks: Inks;
}

const [HEIGHT, BELOW] = [280, 84];
const MARGINS = { marginLeft: 46, marginRight: 14 } as const;

/** Height of a line of names above the curves, and how many there may be. */
const [LINE, MOST_LINES] = [15, 4];

/**
 * The names of moments, each on the lowest line above the curves where it meets no other; cut where the figure ends, and left out where all
 * lines are taken (the tables name every moment). `at` turns
 * seconds into pixels, of which there are `wide`.
 */
function labelLines(moments: readonly Moment[], at: (seconds: number) => number, wide: number) {
  const ends: number[] = [];
  return moments
    .toSorted((a, b) => a.from - b.from)
    .flatMap(({ from, label }) => {
      const left = at(from) + 4;
      const line = Array.from({ length: MOST_LINES }, (_, i) => i).find((i) => (ends[i] ?? 0) <= left);
      if (line === undefined) return [];
      const most = Math.max(Math.floor((wide - left) / textWidth('n', 12)), 1);
      const shown = label.length > most ? `${label.slice(0, Math.max(most - 1, 1))}…` : label;
      ends[line] = left + textWidth(shown, 12) + 6;
      return [{ from, label: shown, line }];
    });
}

/** Drawn for a page. */
export function studyCurvesSvg(result: StimulusResult, { subject, outcomes, step, width, inks }: StudyCurvesOptions): string {
  const { stimulus, length, moments, curves, participants } = result;
  const shown = curves.filter(({ label }) => outcomes.includes(label));
  const values = shown.flatMap(({ points }) => points.flatMap(({ low, high, mean }) => [low ?? mean ?? 0, high ?? mean ?? 0]));
  const bottom = Math.min(0, ...values);
  const top = Math.max(0.2, Math.ceil(10 * Math.max(0, ...values)) / 10);
  const x = { domain: [0, Math.max(length, step)] };
  const ticks = timeTicks(0, length, Math.max(Math.floor((width - 60) / 60), 2));
  const wide = width - MARGINS.marginLeft - MARGINS.marginRight;
  const lines = labelLines(moments, (seconds) => (wide * seconds) / x.domain[1]!, wide);
  const above = LINE * (1 + Math.max(-1, ...lines.map(({ line }) => line)));
  const rules = ruleX(moments, { x: 'from', y1: top, y2: bottom, stroke: inks.text, strokeOpacity: 0.25, insetTop: -above });
  const names = lines.map(({ from, label, line }) =>
    text([{ from, label }], {
      x: 'from',
      y: top,
      text: 'label',
      dx: 4,
      dy: -7 - LINE * line,
      textAnchor: 'start',
      fill: inks.text,
    }),
  );
  const marks: Markish[] = [
    rectY(moments, { x1: 'from', x2: 'to', y1: bottom, y2: top, fill: inks.text, fillOpacity: 0.07 }),
    rules,
    names,
    gridX(ticks, { stroke: inks.text, strokeOpacity: 0.07 }),
    gridY({ stroke: inks.text, strokeOpacity: 0.1 }),
    ruleY([0], { stroke: inks.text, strokeOpacity: 0.4 }),
    axisX({ ticks: [...ticks], label: null, color: inks.text }),
    axisY({ tickFormat: (v: number) => `${Math.round(100 * v)}`.replace('-', '−'), label: null, ticks: 5, color: inks.text }),
  ];
  for (const { label, points } of shown) {
    const colour = inks.ofClass(subject.classes, label);
    const rows = points.map(({ mean, low, high }, i) => ({
      t: (i + 0.5) * step,
      mean: mean ?? Number.NaN,
      low: low ?? Number.NaN,
      high: high ?? Number.NaN,
    }));
    marks.push(areaY(rows, { x: 't', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.18 }));
    marks.push(line(rows, { x: 't', y: 'mean', stroke: colour, strokeWidth: 2 }));
  }
  const counts: { from: number; to: number; n: number }[] = [];
  for (const [i, { n }] of (curves[0]?.points ?? []).entries()) {
    const last = counts.at(-1);
    if (last?.n === n) last.to = (i + 1) * step;
    else counts.push({ from: i * step, to: (i + 1) * step, n });
  }
  return drawFigure({
    title: `Mean curves with 95 % bands of ${participantsText(participants)} before ${stimulus}, and how many there are at each moment`,
    ground: 'page',
    width,
    height: above + HEIGHT + BELOW,
    panels: [
      {
        x: 0,
        y: 0,
        width,
        height: above + HEIGHT,
        plot: { ...MARGINS, marginTop: 8 + above, marginBottom: 26, x, y: { domain: [bottom, top] }, marks },
      },
      {
        x: 0,
        y: above + HEIGHT,
        width,
        height: BELOW,
        plot: {
          ...MARGINS,
          marginTop: 8,
          marginBottom: 38,
          x,
          y: { domain: [0, Math.max(participants, 1)] },
          marks: [
            rectY(counts, { x1: 'from', x2: 'to', y1: 0, y2: 'n', fill: inks.quiet, fillOpacity: 0.45, inset: 0 }),
            axisX({
              ticks: [...ticks],
              label: 'seconds of the stimulus',
              labelAnchor: 'center',
              labelArrow: 'none',
              color: inks.text,
            }),
            axisY({
              ticks: [0, participants],
              tickFormat: (v: number) => (v === 0 ? '0' : `n=${v}`),
              label: null,
              color: inks.text,
            }),
          ],
        },
      },
    ],
  });
}
