/**
 * The report of one clip as one HTML file, for a reader who has never seen phiz: what it is, the clip, the expressions over time
 * with pictures under the time axis, how much of the time, each person, what it cannot tell, how it was made.
 */

import { rangeText } from '../../attributes/age/ranges.js';
import { EMOTIONS } from '../../attributes/emotion/labels.js';
import type { PersonSummary, VideoSummary } from '../../results/video-result.js';
import { durationText, momentText } from '../duration.js';
import { mostSeen, timelineSvg } from '../plots/timeline.js';
import type { Series, Timeline } from '../sums/timeline-series.js';
import type { TruthSegment } from '../sums/truth-segment.js';
import { type Html, html } from './html.js';
import {
  dataTable,
  factList,
  legend,
  limitsSection,
  type Making,
  makingSection,
  page,
  percent,
  responsive,
  stack,
} from './page.js';
import { NARROW, WIDE } from './page-style.js';

/** A picture of the clip, small. */
export interface Thumbnail {
  /** Seconds. */
  readonly time: number;
  /** `data:image/webp;base64,…`, or PNG or JPEG. */
  readonly uri: string;
}

/** What is known of a clip. A summary made from frames alone lacks facts and models. */
export interface ReportSummary extends Pick<VideoSummary, 'source' | 'complete' | 'problem' | 'people' | 'overall'> {
  readonly clip: Partial<VideoSummary['clip']>;
  readonly settings?: VideoSummary['settings'] | undefined;
  readonly models?: VideoSummary['models'] | undefined;
}

export interface VideoReportOptions extends Pick<Making, 'version' | 'cards'> {
  readonly summary: ReportSummary;
  readonly timeline: Timeline;
  /** Default: the file's name. */
  readonly title?: string | undefined;
  /** In the order of time; those nearest to the middles of twelve equal parts of the time axis are shown. */
  readonly thumbnails?: readonly Thumbnail[] | undefined;
  /** A small picture of each person's face, as a data URI. */
  readonly portraits?: ReadonlyMap<number, string> | undefined;
  /** Faces in the pictures are hidden: says so. */
  readonly blurred?: boolean | undefined;
  readonly truth?: readonly TruthSegment[] | undefined;
}

/** Pictures under the time axis. */
const SLOTS = 12;

/** Persons with a plot of their own; the table has them all. */
const MOST_PLOTS = 24;

/** The report as an HTML document. */
export function videoReport(options: VideoReportOptions): string {
  const { summary, timeline, version, cards, thumbnails = [], blurred = false, truth } = options;
  const { people, settings, models } = summary;
  const name = summary.source.split(/[\\/]/).at(-1) || summary.source;
  const title = options.title ?? `Faces and expressions in ${name}`;
  const body = [
    html`<h1>${title}</h1>`,
    intro(summary, timeline),
    factList(clipFacts(summary, name)),
    people.length > 0 && [overTime({ people, timeline, thumbnails, blurred, truth }), shares(summary), persons(summary, options)],
    limitsSection(),
    makingSection({ version, models, settings, cards }),
  ];
  return page({ title, body, version });
}

function intro({ people, overall, complete, problem }: ReportSummary, { end }: Timeline): Html {
  const found = people.length === 1 ? 'One person was seen' : `${people.length} persons were seen`;
  const most = overall.dominant
    ? html` The expression seen for longest was <strong>${overall.dominant}</strong>: ${percent(overall.shareOfTime[overall.dominant])} of the time in which ${people.length === 1 ? 'the face was' : 'faces were'} in view.`
    : undefined;
  return html`<p class="lede">This page sums up what the program phiz saw in a video clip. It looked for faces, followed each person from picture to picture, and judged which of seven expressions each face shows (${EMOTIONS.join(', ')}) and how old it looks.</p>
<p class="lede">${people.length ? html`${found}.${most}` : 'No face was found in this clip.'}</p>
${
  !complete &&
  html`<p class="warn" role="note"><strong>Not the whole clip:</strong> this report covers it up to ${momentText(end, end)}. ${problem ?? undefined}</p>`
}`;
}

function clipFacts({ clip, overall, people }: ReportSummary, name: string): Parameters<typeof factList>[0] {
  const { width, height, duration, frameRate, frames, analysedFrames, codec, container, audio, cuts } = clip;
  return [
    ['File', name],
    ['Length', duration === undefined ? undefined : durationText(duration)],
    ['Picture', width && height ? `${width} × ${height} pixels` : undefined],
    ['Frames', frames === undefined ? undefined : `${frames}${frameRate ? ` (${+frameRate.toFixed(2)} a second)` : ''}`],
    ['Frames looked at', analysedFrames],
    ['Scenes', cuts?.length ? cuts.length + 1 : undefined],
    ['Format', codec && container ? `${codec} in ${container}` : undefined],
    ['Sound', audio === undefined ? undefined : audio ? 'yes (not analysed)' : 'none'],
    ['Persons', people.length],
    ['Time with faces', people.length === 1 ? durationText(overall.seconds) : undefined],
  ];
}

interface OverTimeOptions extends Pick<VideoReportOptions, 'timeline' | 'truth'> {
  readonly people: readonly PersonSummary[];
  readonly thumbnails: readonly Thumbnail[];
  readonly blurred: boolean;
}

function overTime({ people, timeline, thumbnails, blurred, truth }: OverTimeOptions): Html {
  const several = people.length > 1;
  const label = `Seven lines over time: how strongly ${several ? 'the faces show' : 'the face shows'} each expression`;
  return html`<h2>Expressions over time</h2>
<p>Each line is one expression. The higher it is, the surer the program is that ${several ? 'the faces show' : 'the face shows'} it; together the seven always make 100 %. The band on top names the one that leads. Where the lines break off, no face was seen${several ? '; with several faces in view at once, the lines are their mean' : ''}.</p>
${legend()}
<figure>${plot(timeline.overall, timeline, label, truth)}${strip(thumbnails, timeline)}
<figcaption>${several ? 'All faces together' : `Person ${people[0]!.person}`}${
    thumbnails.length
      ? html`, and what was in the picture at that time${blurred && ' (faces are hidden)'}`
      : '. Pictures of the clip are not available'
  }.</figcaption></figure>`;
}

function plot(series: Series, timeline: Timeline, label: string, truth: readonly TruthSegment[] | undefined): Html {
  const draw = (size: typeof WIDE | typeof NARROW) => timelineSvg(series, { timeline, size, label, truth });
  return responsive(draw(WIDE), draw(NARROW));
}

/** For each of twelve equal parts of the time axis the picture nearest to its middle, if there is one in it. */
function strip(thumbnails: readonly Thumbnail[], { start, end }: Timeline): Html | undefined {
  if (thumbnails.length === 0) return undefined;
  const from = Math.min(start, 0);
  const length = (end - from) / SLOTS;
  const slots = Array.from({ length: SLOTS }, (_, i) => {
    const middle = from + (i + 0.5) * length;
    const near = thumbnails
      .map((thumbnail) => ({ thumbnail, distance: Math.abs(thumbnail.time - middle) }))
      .sort((a, b) => a.distance - b.distance)[0]!;
    return near.distance <= length / 2 + 1e-6 ? near.thumbnail : undefined;
  });
  return html`<div class="strip">${slots.map((slot) =>
    slot
      ? html`<img src="${slot.uri}" alt="The clip at ${momentText(slot.time, end)}" title="${momentText(slot.time, end)}" data-time="${slot.time}">`
      : html`<span></span>`,
  )}</div>`;
}

function shares({ overall, people }: ReportSummary): Html {
  const { shareOfTime, sumOfScores, seconds, frames } = overall;
  const sorted = EMOTIONS.toSorted((a, b) => shareOfTime[b] - shareOfTime[a]);
  return html`<h2>How much of the time</h2>
<table class="bars"><caption>Share of the ${durationText(seconds)} in view for which each expression led${people.length > 1 && ' (each person’s time counted)'}</caption>
<thead><tr><th scope="col">Expression</th><th scope="col" class="bar"><span hidden></span></th><th scope="col" class="n">Share</th><th scope="col" class="n">Time</th></tr></thead>
<tbody>${sorted.map(
    (emotion) =>
      html`<tr><th scope="row">${emotion}</th><td class="bar"><span class="${emotion}" style="--share:${(100 * shareOfTime[emotion]).toFixed(2)}%"></span></td><td class="n">${percent(shareOfTime[emotion])}</td><td class="n">${durationText(shareOfTime[emotion] * seconds)}</td></tr>\n`,
  )}</tbody></table>
${dataTable({
  caption:
    'Totals: each expression’s score (0 to 1 a face a frame, unsmoothed) summed over all frames, and its mean. An expression that never leads still adds to its sum.',
  columns: ['Expression', 'Sum of scores', 'Mean score'],
  numeric: [1, 2],
  rows: EMOTIONS.map((emotion) => [
    emotion,
    sumOfScores[emotion].toFixed(1),
    frames ? (sumOfScores[emotion] / frames).toFixed(3) : '–',
  ]),
})}`;
}

function persons({ people, clip }: ReportSummary, { timeline, portraits, truth }: VideoReportOptions): Html {
  const shown = new Map(mostSeen(timeline, MOST_PLOTS));
  const length = clip.duration ?? timeline.end;
  const moment = (seconds: number) => momentText(seconds, length);
  return html`<h2>Each person</h2>
<p>Numbers are given in the order in which persons appear; the annotated video shows the same ones. Someone who leaves for long, or is seen again after a cut, gets a new number.${people.length > shown.size && ` The ${shown.size} persons seen longest are drawn; the table below has all ${people.length}.`}</p>
${people
  .filter(({ person }) => shown.has(person))
  .map((about) => {
    const { person, shareOfTime } = about;
    const portrait = portraits?.get(person);
    return html`<section class="person"><h3>Person ${person}</h3>
<div class="who">${portrait && html`<img src="${portrait}" alt="Face of person ${person}" data-person="${person}">`}<p>${aboutPerson(about, moment)}</p></div>
${
  people.length > 1 &&
  html`<figure>${plot(shown.get(person)!, timeline, `Seven lines over time: how strongly person ${person} shows each expression`, truth)}</figure>`
}
<p class="quiet">Share of the time in view:</p>
${stack(shareOfTime)}</section>`;
  })}
${dataTable({
  caption:
    'All persons. Confidence: mean over time of the leading expression’s line. Age: the estimate, the span that holds it with 80 % probability by the program’s own reckoning, and the most probable of seven fixed ranges, which need not hold the estimate.',
  columns: ['Person', 'First seen', 'Last seen', 'Time in view', 'Mostly', 'Share', 'Confidence', 'Age', 'Between', 'Range'],
  numeric: [1, 2, 3, 5, 6, 7, 8, 9],
  rows: people.map(({ person, firstSeen, lastSeen, seconds, dominant, shareOfTime, meanConfidence, age }) => [
    person,
    moment(firstSeen),
    moment(lastSeen),
    durationText(seconds),
    dominant ?? '–',
    dominant ? percent(shareOfTime[dominant]) : '–',
    meanConfidence === null ? '–' : percent(meanConfidence),
    age ? age.years.toFixed(0) : '–',
    age ? age.interval.map((years) => years.toFixed(0)).join('–') : '–',
    age ? rangeText(age.range) : '–',
  ]),
})}`;
}

function aboutPerson(
  { firstSeen, lastSeen, seconds, dominant, shareOfTime, age }: PersonSummary,
  moment: (s: number) => string,
): Html {
  const [first, second] = EMOTIONS.toSorted((a, b) => shareOfTime[b] - shareOfTime[a]);
  return html`Seen from ${moment(firstSeen)} to ${moment(lastSeen)}, ${durationText(seconds)} in all. ${
    dominant &&
    html`Mostly <strong>${first}</strong> (${percent(shareOfTime[first!])} of that time)${shareOfTime[second!] > 0.05 && `, then ${second} (${percent(shareOfTime[second!])})`}. `
  }${age && `Looks about ${age.years.toFixed(0)} years old, somewhere between ${age.interval.map((years) => years.toFixed(0)).join(' and ')}.`}`;
}
