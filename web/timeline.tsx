/** The plots of the probabilities of a person's classes over the last minute or a whole clip. The values themselves are in the bars. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { ClassSubject } from '#dist/attributes/classes/classes.js';
import { numberWord } from '#dist/attributes/classes/report.js';
import { tickText, timeTicks } from '#dist/report/duration.js';
import { capital } from '#dist/report/words.js';
import type { Course } from './course.js';
import { useDark } from './use-dark.js';

interface TimelineProps extends Omit<TimelinesProps, 'courses'> {
  readonly course: Course;
  readonly title: string;
}

export interface TimelinesProps {
  readonly courses: readonly Course[];
  readonly person: number | undefined;
  /** Seconds of the time axis: the last minute, or from 0 to the end of the clip. */
  readonly span: { readonly last: number } | { readonly whole: number };
  /** Rises when there is more to draw. */
  readonly version: number;
  /** The moment marked, in seconds. */
  readonly moment?: number | undefined;
  /** A moment was chosen in the plot. */
  readonly onMoment?: ((seconds: number) => void) | undefined;
}

const HEIGHT = 220;

/** Pixels that a moment on the axis takes. */
const TICK_WIDTH = 70;

/** One plot for each attribute that tells classes apart. */
export function Timelines({ courses, ...shown }: TimelinesProps) {
  return (
    <>
      {courses.map((course) => (
        <Timeline
          key={`${course.subject.name} ${course.subject.classes.labels.join()}`}
          {...shown}
          course={course}
          title={courses.length === 1 ? 'Over time' : `${capital(course.subject.classes.words.many)} over time`}
        />
      ))}
    </>
  );
}

function Timeline({ title, course, person, span, version, moment, onMoment }: TimelineProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const dark = useDark();
  const now = useRef({ span, moment, onMoment, course });
  now.current = { span, moment, onMoment, course };

  useEffect(() => {
    const element = place.current!;
    const drawn = new uPlot(options(course.subject, element, dark ? 'onDark' : 'onLight', now), data(course, person), element);
    plot.current = drawn;
    const resize = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      drawn.destroy();
    };
  }, [dark]);

  useEffect(() => {
    plot.current?.setData(data(course, person));
  }, [course, person, version, moment, dark]);

  const { labels, words } = course.subject.classes;
  const what = person === undefined ? 'nobody yet' : `person ${person}`;
  const when = 'last' in span ? `the last ${span.last} seconds` : 'the whole clip';
  return (
    <figure class="timeline">
      <figcaption>
        <h2>{title}</h2>
        <p class="quiet">
          {person === undefined ? 'Nobody chosen' : `Person ${person}`}, {when}; the higher a line, the surer the program is;
          colours as in the bars
        </p>
      </figcaption>
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={`${numberWord(labels.length)} lines over ${when}, one for each ${words.one}, of ${what}`}
      />
    </figure>
  );
}

function data(course: Course, person: number | undefined): uPlot.AlignedData {
  return course.columns(person) as unknown as uPlot.AlignedData;
}

function options(
  { classes: { labels, colours } }: ClassSubject,
  element: HTMLElement,
  ground: 'onLight' | 'onDark',
  now: { readonly current: Pick<TimelineProps, 'span' | 'moment' | 'onMoment' | 'course'> },
): uPlot.Options {
  const style = getComputedStyle(element);
  const text = style.getPropertyValue('--quiet').trim();
  const grid = { stroke: style.getPropertyValue('--line').trim(), width: 1 };
  const font = `12px ${style.fontFamily}`;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    padding: [8, 18, 0, 0],
    scales: {
      x: {
        time: false,
        range: () => {
          const { span, course } = now.current;
          if ('whole' in span) return [0, Math.max(span.whole, 0.001)];
          const end = Math.max(course.end, span.last);
          return [end - span.last, end];
        },
      },
      y: { range: [0, 1] },
    },
    axes: [
      {
        stroke: text,
        grid,
        ticks: grid,
        font,
        size: 34,
        splits: (plot, _, from, to) => [...timeTicks(from, to, Math.max(Math.floor(plot.width / TICK_WIDTH), 2))],
        // The minute that runs is told by the clock, as long clips are.
        values: (_, ticks) => {
          const { span } = now.current;
          return ticks.map((t) => tickText(Math.max(t, 0), 'whole' in span ? span.whole : Infinity));
        },
      },
      {
        stroke: text,
        grid,
        ticks: { show: false },
        font,
        size: 48,
        splits: () => [0, 0.25, 0.5, 0.75, 1],
        values: (_, ticks) => ticks.map((v) => `${100 * v} %`),
      },
    ],
    series: [
      {},
      ...labels.map((label: string) => ({
        label,
        stroke: colours[label]![ground],
        width: 2,
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: {
      ready: [
        (plot) =>
          plot.over.addEventListener('click', () => {
            const { left = -1 } = plot.cursor;
            if (left >= 0) now.current.onMoment?.(plot.posToVal(left, 'x'));
          }),
      ],
      draw: [
        (plot) => {
          const { moment } = now.current;
          if (moment === undefined) return;
          const x = Math.round(plot.valToPos(moment, 'x', true));
          plot.ctx.save();
          plot.ctx.fillStyle = style.getPropertyValue('--accent').trim();
          plot.ctx.fillRect(x - 1, plot.bbox.top, 2, plot.bbox.height);
          plot.ctx.restore();
        },
      ],
    },
  };
}
