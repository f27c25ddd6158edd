/**
 * The report of one clip as one HTML file, for a reader who has never seen phiz: who was seen and what they showed, in a few sentences
 * (glance.ts); what this is, the clip, what its faces show over time with images under the time axis, how much of the time, each person,
 * what it cannot tell, how it was made.
 */

import { type ClassesSummary, type ClassSubject, timeShares } from '../../attributes/classes/classes.js';
import { numberWord } from '../../attributes/classes/report.js';
import { percent } from '../../attributes/percent.js';
import { CAMERA, type PersonSummary, type VideoSummary } from '../../results/video-result.js';
import { durationText, momentText } from '../duration.js';
import { NARROW, WIDE } from '../plots/page-plot.js';
import { mostSeen, timelineSvg, titleOf } from '../plots/timeline.js';
import type { Series, Timeline } from '../sums/timeline-series.js';
import type { TruthSegment } from '../sums/truth-segment.js';
import { article, capital, listed } from '../words.js';
import { glance } from './glance.js';
import { type Html, html } from './html.js';
import {
  dataTable,
  factList,
  legend,
  limitsSection,
  type Making,
  makingSection,
  page,
  reported,
  responsive,
  stack,
} from './page.js';

/** An image of the clip, small. */
export interface Thumbnail {
  /** Seconds. */
  readonly time: number;
  /** `data:image/webp;base64,…`, or PNG or JPEG. */
  readonly uri: string;
}

/** What is known of a clip. A summary made from frames alone lacks facts and models. */
export interface ReportSummary extends Pick<VideoSummary, 'source' | 'complete' | 'problem' | 'notes' | 'people' | 'overall'> {
  readonly clip: Partial<VideoSummary['clip']>;
  readonly settings?: VideoSummary['settings'] | undefined;
  readonly models?: VideoSummary['models'] | undefined;
}

export interface VideoReportOptions extends Pick<Making, 'version' | 'cards' | 'attributes'> {
  readonly summary: ReportSummary;
  /** One for each attribute that tells classes apart, the leading one first. */
  readonly timelines: readonly Timeline[];
  /** Default: the file's name. */
  readonly title?: string | undefined;
  /** In the order of time; those nearest to the middles of twelve equal parts of the time axis are shown. */
  readonly thumbnails?: readonly Thumbnail[] | undefined;
  /** A small image of each person's face, as a data URI. */
  readonly portraits?: ReadonlyMap<number, string> | undefined;
  /** Faces in the images are hidden: says so. */
  readonly blurred?: boolean | undefined;
  readonly truth?: readonly TruthSegment[] | undefined;
}

/** Images under the time axis. */
const SLOTS = 12;

/** Persons with a plot of their own; the table has them all. */
const MOST_PLOTS = 24;

/** The report as an HTML document. */
export function videoReport(options: VideoReportOptions): string {
  const { summary, timelines, version, cards, thumbnails = [], blurred = false, attributes } = options;
  const { people, settings, models } = summary;
  const subjects = timelines.map(({ subject }) => subject);
  const [leading] = timelines;
  const name = summary.source.split(/[\\/]/).at(-1) || summary.source;
  const title = options.title ?? `Faces and ${leading!.subject.classes.words.many} in ${name}`;
  const body = [
    html`<h1>${title}</h1>`,
    intro(summary, leading!),
    people.length > 0 && glance({ people, timelines, length: summary.clip.duration ?? leading!.end, models, cards }),
    sumsUp(summary, attributes),
    factList(clipFacts(summary, name)),
    people.length > 0 && [
      timelines.map((timeline) => [
        overTime({ ...options, people, timeline, thumbnails, blurred }),
        shares(summary, timeline.subject),
      ]),
      persons(summary, options),
    ],
    limitsSection({ models, attributes }),
    makingSection({ version, models, settings, cards, attributes }),
  ];
  return page({ title, body, version, subjects });
}

function intro({ people, overall, complete, problem, notes = [] }: ReportSummary, { subject: { classes }, end }: Timeline): Html {
  const { dominant, shareOfTime, unclear = 0 } = classes.summaryOf(overall) ?? {};
  const found = people.length === 1 ? 'One person was seen' : `${people.length} persons were seen`;
  const most = dominant
    ? html` The ${classes.words.one} seen for longest was <strong>${dominant}</strong>: ${percent(shareOfTime?.[dominant] ?? 0)} of the time in which ${people.length === 1 ? 'the face was' : 'faces were'} in view.${unclear > 0 && ` For ${percent(unclear)} of that time no ${classes.words.one} was clear.`}`
    : undefined;
  return html`<p class="lede">${people.length ? html`${found}.${most}` : 'No face was found in this clip.'}</p>
${
  !complete &&
  html`<p class="warn" role="note"><strong>Not the whole clip:</strong> this report covers it up to ${momentText(end, end)}. ${problem ?? undefined}</p>`
}
${notes.map((note) => html`<p class="warn" role="note"><strong>To bear in mind:</strong> ${note}.</p>`)}`;
}

function sumsUp({ models }: ReportSummary, attributes: Making['attributes']): Html {
  const judged = reported(models, attributes).map(({ report }) => report.judged);
  return html`<p>This page sums up what the program phiz saw in a video clip. It looked for faces, followed each person from frame to frame, and judged ${listed(judged.length > 0 ? judged : ['how good the image of each face is'])}.</p>`;
}

function clipFacts({ clip, overall, people }: ReportSummary, name: string): Parameters<typeof factList>[0] {
  const { width, height, duration, frameRate, frames, analysedFrames, codec, container, audio, cuts } = clip;
  const live = container === CAMERA;
  return [
    [live ? 'Recording' : 'File', name],
    ['Length', duration === undefined ? undefined : durationText(duration)],
    ['Starts on its own clock at', clip.start !== undefined && clip.start >= 1 ? durationText(clip.start) : undefined],
    ['Image', width && height ? `${width} × ${height} pixels` : undefined],
    ['Frames', frames === undefined ? undefined : `${frames}${frameRate ? ` (${+frameRate.toFixed(2)} a second)` : ''}`],
    ['Frames analysed', analysedFrames],
    ['Scenes', cuts?.length ? cuts.length + 1 : undefined],
    ['Format', live ? 'live, from a camera' : codec && container ? `${codec} in ${container}` : undefined],
    ['Sound', audio === undefined ? undefined : audio ? 'yes (not analysed)' : 'none'],
    ['Persons', people.length],
    ['Time with faces', people.length === 1 ? durationText(overall.seconds) : undefined],
  ];
}

interface OverTimeOptions extends Pick<VideoReportOptions, 'truth'> {
  readonly timeline: Timeline;
  readonly people: readonly PersonSummary[];
  readonly thumbnails: readonly Thumbnail[];
  readonly blurred: boolean;
}

function overTime({ people, timeline, thumbnails, blurred, truth }: OverTimeOptions): Html {
  const several = people.length > 1;
  const { subject } = timeline;
  const { one } = subject.classes.words;
  const number = numberWord(subject.classes.labels.length);
  const label = `${capital(number)} lines over time: how strongly ${several ? 'the faces show' : 'the face shows'} each ${one}`;
  return html`<h2>${titleOf(subject)}</h2>
<p>Each line is one ${one}. The higher it is, the surer the program is that ${several ? 'the faces show' : 'the face shows'} it; together the ${number} always make 100 %. The band on top names the one that leads; it is grey where the program is not sure enough of any. Where the lines break off, no face was seen${several ? '; with several faces in view at once, the lines are their mean' : ''}.</p>
${legend(subject)}
<figure>${plot(timeline.overall, timeline, label, truth)}${strip(thumbnails, timeline)}
<figcaption>${several ? 'All faces together' : `Person ${people[0]!.person}`}${
    thumbnails.length
      ? html`, and what was in view at that time${blurred && ' (faces are hidden)'}`
      : '. Images of the clip are not available'
  }.</figcaption></figure>`;
}

function plot(series: Series, timeline: Timeline, label: string, truth: readonly TruthSegment[] | undefined): Html {
  const draw = (size: typeof WIDE | typeof NARROW) => timelineSvg(series, { timeline, size, label, truth });
  return responsive(draw(WIDE), draw(NARROW));
}

/** For each of twelve equal parts of the time axis the image nearest to its middle, if there is one in it. */
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

function shares({ overall, people }: ReportSummary, { classes }: ClassSubject): Html {
  const { seconds, frames } = overall;
  const { one } = classes.words;
  const summary = classes.summaryOf(overall) as ClassesSummary;
  const { sumOfScores } = summary;
  const labels: readonly string[] = classes.labels;
  const sorted = timeShares(classes, summary).toSorted((a, b) => b.share - a.share);
  return html`<h2>How much of the time</h2>
<table class="bars"><caption>Share of the ${durationText(seconds)} in view for which each ${one} led${people.length > 1 && ' (each person’s time counted)'}. Unclear: none was more probable than all others together</caption>
<thead><tr><th scope="col">${capital(one)}</th><th scope="col" class="bar"><span hidden></span></th><th scope="col" class="n">Share</th><th scope="col" class="n">Time</th></tr></thead>
<tbody>${sorted.map(
    ({ label, id, share }) =>
      html`<tr><th scope="row">${label}</th><td class="bar"><span class="${id}" style="--share:${(100 * share).toFixed(2)}%"></span></td><td class="n">${percent(share)}</td><td class="n">${durationText(share * seconds)}</td></tr>\n`,
  )}</tbody></table>
${dataTable({
  caption: `Totals: each ${one}’s score (0 to 1 per face per frame, unsmoothed) summed over all frames, and its mean. ${capital(article(one))} that never leads still adds to its sum.`,
  columns: [capital(one), 'Sum of scores', 'Mean score'],
  numeric: [1, 2],
  rows: labels.map((label) => [label, sumOfScores[label]!.toFixed(1), frames ? (sumOfScores[label]! / frames).toFixed(3) : '–']),
})}`;
}

function persons({ people, clip, models }: ReportSummary, { timelines, portraits, truth, attributes }: VideoReportOptions): Html {
  const timeline = timelines[0]!;
  const { classes } = timeline.subject;
  const said = reported(models, attributes);
  const shown = new Map(mostSeen(timeline, MOST_PLOTS));
  const length = clip.duration ?? timeline.end;
  const moment = (seconds: number) => momentText(seconds, length);
  const columns = said.flatMap(({ report }) => report.personColumns);
  return html`<h2>Each person</h2>
<p>Numbers are given in the order in which persons appear; the annotated video shows the same ones. Someone who leaves for long, or is seen after a cut from elsewhere, gets a new number.${people.length > shown.size && ` The ${shown.size} persons seen longest are drawn; the table below has all ${people.length}.`}</p>
${people
  .filter(({ person }) => shown.has(person))
  .map((about) => {
    const { person } = about;
    const portrait = portraits?.get(person);
    return html`<section class="person"><h3>Person ${person}</h3>
<div class="who">${portrait && html`<img src="${portrait}" alt="Face of person ${person}" data-person="${person}">`}<p>${aboutPerson(about, said, moment)}</p></div>
${
  people.length > 1 &&
  html`<figure>${plot(shown.get(person)!, timeline, `${capital(numberWord(classes.labels.length))} lines over time: how strongly person ${person} shows each ${classes.words.one}`, truth)}</figure>`
}
<p class="quiet">Share of the time in view:</p>
${timelines.map(({ subject }) => {
  const summary = subject.classes.summaryOf(about);
  return summary && stack(timeShares(subject.classes, summary));
})}</section>`;
  })}
${dataTable({
  caption: ['All persons.', ...said.map(({ report }) => report.note)].join(' '),
  columns: ['Person', 'First seen', 'Last seen', 'Time in view', ...columns.map(({ name }) => name)],
  numeric: [1, 2, 3, ...columns.flatMap(({ numeric }, c) => (numeric ? [c + 4] : []))],
  rows: people.map((about) => [
    about.person,
    moment(about.firstSeen),
    moment(about.lastSeen),
    durationText(about.seconds),
    ...columns.map(({ value }) => value(about)),
  ]),
})}`;
}

function aboutPerson(about: PersonSummary, said: ReturnType<typeof reported>, moment: (s: number) => string): Html {
  const { firstSeen, lastSeen, seconds } = about;
  const sentences = said.map(({ report }) => report.aboutPerson(about)).filter(({ length }) => length > 0);
  return html`Seen from ${moment(firstSeen)} to ${moment(lastSeen)}, ${durationText(seconds)} in all. ${sentences.map(
    (parts, i) => [
      i > 0 && ' ',
      parts.map((part) => (typeof part === 'string' ? part : html`<strong>${part.stressed}</strong>`)),
    ],
  )}`;
}
