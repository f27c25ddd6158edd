/**
 * The image of a clip: one line per class over its seconds, a band above them that names the most probable one, one panel for all
 * faces together and one per person. As a file of its own (SVG on white), or as panels for the report's page.
 */
import { axisX, axisY, dot, gridX, gridY, line, type Markish, type PlotOptions, rect, text } from '@observablehq/plot';
import { type ClassSubject, UNCLEAR } from '../../attributes/classes/classes.js';
import { PhizError } from '../../core/error.js';
import { CLOCK_FROM, clockText, timeTicks } from '../duration.js';
import { type Reign, reignsOf, type Series, stretchesOf, type Timeline } from '../sums/timeline-series.js';
import type { TruthSegment } from '../sums/truth-segment.js';
import { capital } from '../words.js';
import { type Inks, PAGE, PAPER } from './colours.js';
import { MARGIN, type PlotSize } from './page-plot.js';
import { drawFigure, HEADER_HEIGHT, textWidth } from './plot.js';

export interface TimelineFigureOptions {
  readonly title?: string | undefined;
  /** A line under the title, such as the clip's name. */
  readonly subtitle?: string | undefined;
  /** What is known to be shown, drawn as shaded stretches. */
  readonly truth?: readonly TruthSegment[] | undefined;
  /** In pixels; the height follows from the number of panels. */
  readonly width?: number | undefined;
  /** Most persons with a panel of their own, those seen longest. */
  readonly people?: number | undefined;
}

const PANEL_HEIGHT = 250;
const HEADING_HEIGHT = 40;

/**
 * The whole timeline as one SVG: all faces together where there are several persons, then each person.
 * Throws PhizError `invalid-data` for truth that ends before it begins.
 */
export function timelineFigure(
  timeline: Timeline,
  { title, subtitle, truth = [], width = 960, people = 8 }: TimelineFigureOptions = {},
): string {
  const { subject } = timeline;
  const persons = mostSeen(timeline, people);
  const shown = persons.map(([person, series]) => ({ heading: `Person ${person}`, series }));
  if (persons.length !== 1)
    shown.unshift({
      heading: persons.length === 0 ? 'No face was seen' : 'All faces (mean)',
      series: timeline.overall,
    });
  const domain = domainOf(timeline);
  const left = timeline.people.size - persons.length;
  const more = left > 0 ? `the ${persons.length} of ${timeline.people.size} persons seen longest` : undefined;
  const under = [subtitle, more].filter((part) => part !== undefined).join(' · ');
  return drawFigure({
    title: title ?? titleOf(subject),
    subtitle: under || undefined,
    width,
    height: HEADER_HEIGHT + shown.length * (PANEL_HEIGHT + HEADING_HEIGHT) + 8,
    legend: legendOf(subject),
    panels: shown.map(({ heading, series }, i) => ({
      x: 20,
      y: HEADER_HEIGHT + 28 + i * (PANEL_HEIGHT + HEADING_HEIGHT),
      width: width - 32,
      height: PANEL_HEIGHT,
      heading,
      plot: timelinePanel(series, { subject, domain, width: width - 32, inks: PAPER, truth }),
    })),
  });
}

/** `Expressions over time`. */
export function titleOf({ classes: { words } }: ClassSubject): string {
  return `${capital(words.many)} over time`;
}

/** The classes and their colours on white. */
export function legendOf({ classes }: ClassSubject): readonly { readonly label: string; readonly colour: string }[] {
  return [
    ...classes.labels.map((label) => ({ label, colour: PAPER.ofClass(classes, label) })),
    { label: UNCLEAR.label, colour: PAPER.unclear },
  ];
}

/** One course as an SVG for the report's page, whose style sheet sets the colours. `label` says what it shows. */
export function timelineSvg(
  series: Series,
  {
    timeline,
    size,
    label,
    truth = [],
  }: { timeline: Timeline; size: PlotSize; label: string; truth?: readonly TruthSegment[] | undefined },
): string {
  const plot = timelinePanel(series, {
    subject: timeline.subject,
    domain: domainOf(timeline),
    width: size.width,
    inks: PAGE,
    truth,
  });
  return drawFigure({ title: label, ...size, ground: 'page', panels: [{ x: 0, y: 0, ...size, plot }] });
}

/** Persons seen longest, at most `most`, in the order of their numbers. */
export function mostSeen({ people }: Timeline, most: number): readonly (readonly [number, Series])[] {
  const moments = ({ buckets }: Series) => buckets.reduce((sum, { count }) => sum + count, 0);
  return [...people]
    .sort(([a, one], [b, other]) => moments(other) - moments(one) || a - b)
    .slice(0, most)
    .sort(([a], [b]) => a - b);
}

/** What a panel's time axis spans. */
export function domainOf({ start, end }: Timeline): readonly [number, number] {
  const from = Math.min(start, 0);
  return [from, end > from ? end : from + 1];
}

interface PanelOptions {
  readonly subject: ClassSubject;
  readonly domain: readonly [number, number];
  readonly width: number;
  readonly inks: Inks;
  readonly truth: readonly TruthSegment[];
}

/** Where the band of the most probable class lies, in the plot's own y. */
const BAND = { y1: 1.045, y2: 1.135 } as const;

/** One course as a plot. */
export function timelinePanel(series: Series, { subject: { classes }, domain, width, inks, truth }: PanelOptions): PlotOptions {
  const [from, to] = domain;
  const known = truth.filter((segment) => classes.labels.includes(segment.label));
  const inner = width - MARGIN.left - MARGIN.right;
  const clock = to - from >= CLOCK_FROM;
  const ticks = timeTicks(from, to, Math.max(Math.floor(inner / 70), 2));
  const pixels = (t: number) => ((t - from) / (to - from)) * inner;
  const reigns = reignsOf(series, Math.max(Math.floor(inner / 3), 1));
  const label = ({ index }: Reign): string => (index === null ? UNCLEAR.label : classes.labels[index]!);
  const marks: Markish[] = [
    ...truthBands(known, classes, inks),
    gridX(ticks, { stroke: inks.text, strokeOpacity: 0.07, y1: 0, y2: 1 }),
    gridY([0, 0.25, 0.5, 0.75, 1], { stroke: inks.text, strokeOpacity: 0.13 }),
    axisX({
      ticks: [...ticks],
      tickFormat: (t: number) => (clock ? clockText(t) : String(t)),
      label: clock ? 'time (minutes:seconds)' : 'seconds',
      labelAnchor: 'center',
      labelArrow: 'none',
      color: inks.text,
    }),
    axisY({
      ticks: [0, 0.25, 0.5, 0.75, 1],
      tickFormat: (v: number) => `${100 * v} %`,
      label: null,
      color: inks.text,
    }),
    rect(reigns, {
      x1: 'from',
      x2: (d: Reign) => Math.max(d.to, d.from + (to - from) / inner),
      ...BAND,
      fill: (d: Reign) => (d.index === null ? inks.unclear : inks.ofClass(classes, label(d))),
    }),
    text(
      reigns.filter((d) => pixels(d.to) - pixels(d.from) > textWidth(label(d), 11) + 4),
      {
        x: (d: Reign) => (d.from + d.to) / 2,
        y: (BAND.y1 + BAND.y2) / 2,
        text: label,
        fill: (d: Reign) => (d.index === null ? inks.text : inks.onClass),
        fontSize: 11,
        fontWeight: 'bold',
      },
    ),
  ];
  // Two points a pixel are as many as can be seen.
  const points = Math.min(1500, 2 * inner);
  for (const [i, name] of classes.labels.entries()) {
    const stretches = stretchesOf(series, i, points);
    const colour = inks.ofClass(classes, name);
    marks.push(
      line(
        stretches.flatMap((stretch, z) => stretch.map((point) => ({ ...point, z }))),
        { x: 't', y: 'value', z: 'z', stroke: colour, strokeWidth: 1.8, strokeLinejoin: 'round' },
      ),
      // A single moment is no line.
      dot(
        stretches.filter(({ length }) => length === 1).map(([point]) => point!),
        { x: 't', y: 'value', fill: colour, r: 2.2 },
      ),
    );
  }
  marks.push(truthNames(known, inks, inner / (to - from)));
  return {
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 4,
    marginBottom: 38,
    x: { domain: [from, to] },
    y: { domain: [0, BAND.y2] },
    color: { type: 'identity' },
    marks,
  };
}

function truthBands(truth: readonly TruthSegment[], classes: ClassSubject['classes'], inks: Inks): readonly Markish[] {
  for (const { start, end, label } of truth)
    if (!(end >= start))
      throw new PhizError('invalid-data', `the truth '${label}' ends at ${end} s, before it begins at ${start} s`);
  if (truth.length === 0) return [];
  return [
    rect(truth, {
      x1: 'start',
      x2: 'end',
      y1: 0,
      y2: 1,
      fill: (d: TruthSegment) => inks.ofClass(classes, d.label),
      fillOpacity: 0.16,
    }),
  ];
}

/** What is true when, as much as there is room for; above the lines, which would cross it out. */
function truthNames(truth: readonly TruthSegment[], inks: Inks, pixelsPerSecond: number): Markish {
  const named = ({ start, end, label }: TruthSegment) =>
    [`truth: ${label}`, label].find((name) => textWidth(name, 10) <= (end - start) * pixelsPerSecond);
  return text(
    truth.filter((segment) => named(segment) !== undefined),
    {
      x: (d: TruthSegment) => (d.start + d.end) / 2,
      y: 1,
      dy: 14,
      text: named,
      fill: inks.text,
      stroke: inks.ground,
      strokeWidth: 3,
      strokeOpacity: 0.8,
      fontSize: 10,
    },
  );
}
