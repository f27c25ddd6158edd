/** The comparison of several clips as one HTML file, in the frame of page.ts, for a reader who has never seen phiz. */
import { timeShares, UNCLEAR } from '../../attributes/classes/classes.js';
import { numberWord } from '../../attributes/classes/report.js';
import { percent } from '../../attributes/percent.js';
import { durationText } from '../duration.js';
import { type Audience, type AudienceClip, audienceSvg } from '../plots/audience.js';
import { PAGE } from '../plots/colours.js';
import { NARROW, WIDE } from '../plots/page-plot.js';
import { timelineSvg } from '../plots/timeline.js';
import { article, capital } from '../words.js';
import { type Html, html } from './html.js';
import { dataTable, legend, limitsSection, type Making, makingSection, page, responsive } from './page.js';

export interface AudienceReportOptions extends Pick<Making, 'version' | 'cards'> {
  readonly title?: string | undefined;
}

/** Clips with an image of their own; the tables have them all. */
const MOST_PLOTS = 24;

/** The comparison as an HTML document. */
export function audienceReport(audience: Audience, { title, version, cards }: AudienceReportOptions): string {
  const { clips, subject } = audience;
  const { many } = subject.classes.words;
  const labels: readonly string[] = subject.classes.labels;
  const heading = title ?? `${capital(many)} in ${clips.length} clips, side by side`;
  const models = sameModels(clips);
  const body = [
    html`<h1>${heading}</h1>
<p class="lede">This page compares what the program phiz saw in ${clips.length} video clips. In each clip it looked for faces and judged which of ${numberWord(labels.length)} ${many} each face shows (${labels.join(', ')}). For each clip the faces in view at a moment are averaged.</p>`,
    incomplete(clips),
    sideBySide(audience),
    tables(audience),
    each(audience),
    limitsSection({ models }),
    makingSection({ version, models, cards }),
    models === undefined &&
      clips.some(({ summary }) => summary.models) &&
      html`<p class="warn">Not all clips were read by the same networks, as far as is known: differences may come from that.</p>`,
  ];
  return page({ title: heading, body, version, subjects: [subject] });
}

function incomplete(clips: readonly AudienceClip[]): Html | undefined {
  const stopped = clips.filter(({ summary }) => !summary.complete).map(({ name }) => name);
  return stopped.length
    ? html`<p class="warn" role="note"><strong>Not the whole clip:</strong> ${stopped.join(', ')}. The figures cover what was analysed.</p>`
    : undefined;
}

function sideBySide(audience: Audience): Html {
  const { clips, time, subject } = audience;
  const { labels, words } = subject.classes;
  const { one } = words;
  const label = `${capital(numberWord(labels.length))} plots, one ${article(one)}, with one line for each of ${clips.length} clips over time`;
  const draw = (width: number, columns: number) => audienceSvg(audience, { width, columns, inks: PAGE, label });
  return html`<h2>Clips side by side</h2>
<p>One plot for each ${one}, one line for each clip. The higher a line, the surer the program is that the faces in that clip show the ${one} at that moment. The dotted line is the mean of the clips, each counted the same. ${
    time === 'relative'
      ? 'Time runs from the start of each clip to its end, whatever its length.'
      : 'Time is counted in seconds from the start of each clip.'
  }</p>
<figure>${responsive(draw(WIDE.width, 2), draw(NARROW.width, 1))}</figure>`;
}

function tables({ clips, subject: { classes } }: Audience): Html {
  const { one } = classes.words;
  const labels: readonly string[] = classes.labels;
  const shares = clips.map(({ summary }) => {
    const said = classes.summaryOf(summary.overall);
    return said ? timeShares(classes, said).map(({ share }) => share) : [];
  });
  const columns = [...labels, UNCLEAR.label];
  const mean = (column: number) => shares.reduce((sum, each) => sum + (each[column] ?? 0), 0) / clips.length;
  return html`<h2>How much of the time</h2>
${dataTable({
  caption: `Share of the time with faces in view for which each ${one} led`,
  columns: ['Clip', ...columns],
  numeric: columns.map((_, i) => i + 1),
  rows: [
    ...clips.map(({ name }, c) => [name, ...columns.map((_, i) => percent(shares[c]![i] ?? 0))]),
    ['mean of the clips', ...columns.map((_, i) => percent(mean(i)))],
  ],
})}
${dataTable({
  caption: `The clips. Time with faces counts each person’s time. Confidence: mean over time of the leading ${one}’s line.`,
  columns: ['Clip', 'Length', 'Frames analysed', 'Persons', 'Time with faces', 'Mostly', 'Confidence'],
  numeric: [1, 2, 3, 4, 6],
  rows: clips.map(({ name, summary: { clip, people, overall }, timeline }) => [
    name,
    durationText(clip.duration ?? timeline.end),
    clip.analysedFrames ?? '–',
    people.length,
    durationText(overall.seconds),
    classes.summaryOf(overall)?.dominant ?? '–',
    confidenceText(classes.summaryOf(overall)?.meanConfidence),
  ]),
})}`;
}

function confidenceText(mean: number | null | undefined): string {
  return mean === null || mean === undefined ? '–' : percent(mean);
}

function each({ clips, subject }: Audience): Html {
  const { labels, words } = subject.classes;
  const number = numberWord(labels.length);
  const longest = Math.max(...clips.map(({ timeline }) => timeline.end));
  const shown = clips.slice(0, MOST_PLOTS);
  return html`<h2>Each clip</h2>
<p>All ${number} ${words.many} of one clip in one plot. The band on top names the one that leads; where the lines break off, no face was seen.${clips.length > shown.length && ` The first ${shown.length} clips are drawn.`}</p>
${legend(subject)}
${shown.map(({ name, timeline }) => {
  // One time axis for all, so that the eye can compare.
  const span = { ...timeline, end: longest };
  const draw = (size: typeof WIDE | typeof NARROW) =>
    timelineSvg(timeline.overall, {
      timeline: span,
      size,
      label: `${capital(number)} lines over time: ${words.many} in ${name}`,
    });
  return html`<section class="person"><h3>${name}</h3><figure>${responsive(draw(WIDE), draw(NARROW))}</figure></section>`;
})}`;
}

/** The models, where all clips name the same. */
function sameModels(clips: readonly AudienceClip[]): Making['models'] {
  const first = clips[0]?.summary.models;
  const same = first && clips.every(({ summary }) => JSON.stringify(summary.models) === JSON.stringify(first));
  return same ? first : undefined;
}
