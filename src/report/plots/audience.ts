/**
 * Several clips side by side: of each the mean course over all its faces, one panel per class, one line per clip, and the mean of
 * the clips as a dashed line. Time is in seconds, or each clip's own length where clips of different length are to be compared.
 */
import { axisX, axisY, gridX, gridY, line, type Markish, type PlotOptions, text } from '@observablehq/plot';
import type { ClassSubject } from '../../attributes/classes/classes.js';
import { PhizError } from '../../core/error.js';
import { CLOCK_FROM, clockText, timeTicks } from '../duration.js';
import type { ReportSummary } from '../pages/video-report.js';
import { stretchesOf, type Timeline, thin } from '../sums/timeline-series.js';
import { csvLine } from '../tables/csv-line.js';
import { type Inks, PAPER } from './colours.js';
import { drawFigure, type Figure, HEADER_HEIGHT, type Panel, textWidth } from './plot.js';

/** One clip of an audience. */
export interface AudienceClip {
  /** As shown; distinct. */
  readonly name: string;
  readonly summary: ReportSummary;
  readonly timeline: Timeline;
}

/** `seconds`: from each clip's start; `relative`: as a share of each clip's length. */
export type AudienceTime = 'seconds' | 'relative';

/** A mean course at equal steps: values by class, or undefined where no face was seen. */
export interface Curve {
  readonly values: readonly (readonly number[] | undefined)[];
}

export interface Audience {
  /** What the clips' faces show. */
  readonly subject: ClassSubject;
  readonly clips: readonly AudienceClip[];
  readonly time: AudienceTime;
  /** Where the steps lie: seconds, or shares 0–1. */
  readonly moments: readonly number[];
  /** One a clip. */
  readonly curves: readonly Curve[];
  /** The mean over the clips in which a face is seen at that moment, each clip counting the same. */
  readonly mean: Curve;
}

/** Steps of the curves. */
const STEPS = 200;

/** Puts clips side by side. Throws PhizError `invalid-data` for fewer than two. */
export function compareClips(clips: readonly AudienceClip[], { time = 'seconds' }: { time?: AudienceTime } = {}): Audience {
  if (clips.length < 2) throw new PhizError('invalid-data', `an audience needs two clips or more; got ${clips.length}`);
  const { subject } = clips[0]!.timeline;
  const { labels } = subject.classes;
  const longest = Math.max(...clips.map(({ timeline }) => timeline.end));
  const moments = Array.from({ length: STEPS + 1 }, (_, i) => (i / STEPS) * (time === 'relative' ? 1 : longest));
  const curves = clips.map(({ timeline }) => ({
    values: sample(
      timeline,
      moments.map((moment) => moment * (time === 'relative' ? timeline.end : 1)),
    ),
  }));
  const mean = moments.map((_, m) => {
    const there = curves.flatMap(({ values }) => values[m] ?? []).length / labels.length;
    if (there === 0) return undefined;
    return labels.map((_: string, e: number) => curves.reduce((sum, { values }) => sum + (values[m]?.[e] ?? 0), 0) / there);
  });
  return { subject, clips, time, moments, curves, mean: { values: mean } };
}

/** The means of the buckets at moments in time, linear between neighbours that no break parts. */
function sample({ overall: { buckets }, end: clipEnd }: Timeline, moments: readonly number[]): Curve['values'] {
  // The last moment stands for the time to the clip's end, where that is no longer than moments usually stand for.
  const [first, last] = [buckets[0], buckets.at(-1)];
  const usual = first && last ? (last.end - first.start) / Math.max(buckets.length - 1, 1) : 0;
  const held = last && clipEnd - last.end <= 1.5 * usual ? clipEnd : last?.end;
  const points = buckets.map(({ start, end, broken, count, sum }) => ({
    t: (start + end) / 2,
    broken,
    start,
    end,
    values: sum.map((value) => value / count),
  }));
  let next = 0;
  return moments.map((moment) => {
    while (next < points.length && points[next]!.t < moment) next++;
    const before = points[next - 1];
    const after = points[next];
    if (before && after && !after.broken) {
      const share = (moment - before.t) / (after.t - before.t);
      return before.values.map((value, e) => value * (1 - share) + after.values[e]! * share);
    }
    if (after && moment >= after.start - 1e-9) return after.values;
    return before && moment <= (before === points.at(-1) ? held! : before.end) + 1e-9 ? before.values : undefined;
  });
}

/** The curves as a tidy table (CSV): one row per clip per moment, probabilities empty where no face is seen. */
export function audienceCsv({ subject: { classes }, clips, time, moments, curves }: Audience): string {
  const labels: readonly string[] = classes.labels;
  const rows = clips.flatMap(({ name }, c) =>
    moments.map((moment, m) => csvLine([name, moment, ...labels.map((_, e) => curves[c]!.values[m]?.[e])])),
  );
  return csvLine(['clip', time === 'relative' ? 'share_of_length' : 'seconds', ...labels]) + rows.join('');
}

/** Panels beside each other. */
const COLUMNS = 2;

/** The comparison as an SVG of its own, on white. */
export function audienceFigure(audience: Audience, { title = 'Clips side by side', width = 960, subtitle = '' } = {}): string {
  const panels = classPanels(audience, { width: width - 36, columns: COLUMNS, panelHeight: 190, inks: PAPER });
  return drawFigure({
    title,
    subtitle,
    width,
    height: HEADER_HEIGHT + panels.height + 8,
    panels: panels.panels.map((panel) => ({ ...panel, x: panel.x + 20, y: panel.y + HEADER_HEIGHT })),
  });
}

/** The comparison for a page. */
export function audienceSvg(
  audience: Audience,
  { width, columns, inks, label }: { width: number; columns: number; inks: Inks; label: string },
): string {
  const panels = classPanels(audience, { width, columns, panelHeight: 180, inks });
  return drawFigure({ title: label, ground: 'page', width, ...panels });
}

interface PanelsOptions {
  readonly width: number;
  readonly columns: number;
  readonly panelHeight: number;
  readonly inks: Inks;
}

/** One panel per class in rows, and the key to the lines in the place left over. */
function classPanels(
  audience: Audience,
  { width, columns, panelHeight, inks }: PanelsOptions,
): Pick<Figure, 'height'> & { panels: Panel[] } {
  const gap = 16;
  const heading = 30;
  const size = { width: (width - gap * (columns - 1)) / columns, height: panelHeight };
  const place = (i: number) => ({
    x: (i % columns) * (size.width + gap),
    y: heading + Math.floor(i / columns) * (panelHeight + heading),
    ...size,
  });
  const labels: readonly string[] = audience.subject.classes.labels;
  const panels: Panel[] = labels.map((label, e) => ({
    ...place(e),
    heading: label,
    plot: classPanel(audience, e, size.width, inks),
  }));
  panels.push({ ...place(labels.length), heading: 'lines', plot: keyPanel(audience, size, inks) });
  return { panels, height: Math.ceil(panels.length / columns) * (panelHeight + heading) };
}

/** Dashes tell more clips apart than there are colours. */
function strokeOf(clip: number, inks: Inks) {
  const dash = [undefined, '7,3', '2,3'][Math.floor(clip / 6) % 3];
  return { stroke: inks.clip(clip), strokeWidth: 1.8, ...(dash ? { strokeDasharray: dash } : {}) };
}

const MEAN = { strokeWidth: 2.6, strokeDasharray: '1,4', strokeLinecap: 'round' } as const;

function classPanel({ clips, time, moments, mean }: Audience, index: number, width: number, inks: Inks): PlotOptions {
  const end = moments.at(-1)! || 1;
  const most = Math.max(Math.floor((width - 60) / 60), 2);
  const ticks = time === 'relative' ? [0, 0.25, 0.5, 0.75, 1] : timeTicks(0, end, most);
  const clock = time === 'seconds' && end >= CLOCK_FROM;
  const tick = (t: number) => (time === 'relative' ? `${100 * t} %` : clock ? clockText(t) : String(t));
  const marks: Markish[] = [
    gridX(ticks, { stroke: inks.text, strokeOpacity: 0.07 }),
    gridY([0, 0.5, 1], { stroke: inks.text, strokeOpacity: 0.13 }),
    axisX({
      ticks: [...ticks],
      tickFormat: tick,
      label: time === 'relative' ? 'of each clip’s length' : clock ? 'minutes:seconds' : 'seconds',
      labelAnchor: 'center',
      labelArrow: 'none',
      color: inks.text,
    }),
    axisY({ ticks: [0, 0.5, 1], tickFormat: (v: number) => `${100 * v} %`, label: null, color: inks.text }),
  ];
  for (const [c, { timeline }] of clips.entries()) {
    const scale = time === 'relative' ? 1 / (timeline.end || 1) : 1;
    const thinned = { buckets: thin(timeline.overall, Math.max(Math.floor(width / 2), 1)) };
    const points = stretchesOf(thinned, index, 2 * width).flatMap((stretch, z) =>
      stretch.map(({ t, value }) => ({ t: t * scale, value, z })),
    );
    marks.push(line(points, { x: 't', y: 'value', z: 'z', ...strokeOf(c, inks) }));
  }
  const middle = moments.map((t, m) => ({ t, value: mean.values[m]?.[index] ?? Number.NaN }));
  marks.push(line(middle, { x: 't', y: 'value', stroke: inks.text, ...MEAN }));
  return {
    marginLeft: 46,
    marginRight: 14,
    marginTop: 6,
    marginBottom: 38,
    x: { domain: [0, end] },
    y: { domain: [0, 1] },
    marks,
  };
}

/** Lines that the key has room for. */
const KEY_LINES = 7;

function keyPanel({ clips }: Audience, { width, height }: { width: number; height: number }, inks: Inks): PlotOptions {
  const shown = clips.length <= KEY_LINES ? clips.length : KEY_LINES - 1;
  const fit = Math.floor((width - 70) / textWidth('x', 12));
  const names = clips.slice(0, shown).map(({ name }) => (name.length > fit ? `${name.slice(0, fit - 1)}…` : name));
  const entries = [...names, 'mean of the clips', ...(shown < clips.length ? [`and ${clips.length - shown} more`] : [])];
  const rows = entries.map((name, i) => ({ name, i }));
  return {
    margin: 8,
    x: { domain: [0, width], axis: null },
    y: { domain: [Math.floor(height / 20), -0.5], axis: null },
    marks: [
      ...rows.slice(0, shown).map(({ i }) =>
        line(
          [
            { x: 0, i },
            { x: 28, i },
          ],
          { x: 'x', y: 'i', ...strokeOf(i, inks) },
        ),
      ),
      line(
        [
          { x: 0, i: shown },
          { x: 28, i: shown },
        ],
        { x: 'x', y: 'i', stroke: inks.text, ...MEAN },
      ),
      text(rows, { x: 38, y: 'i', text: 'name', textAnchor: 'start', fontSize: 12, fill: inks.text }),
    ],
  };
}
