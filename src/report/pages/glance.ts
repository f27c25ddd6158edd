/** How a report of a clip begins: who was seen, what each face showed mostly, when that changed, and how sure all this is. */
import { type ClassSubject, UNCLEAR } from '../../attributes/classes/classes.js';
import { percent } from '../../attributes/percent.js';
import type { ModelCard } from '../../core/card.js';
import type { PersonSummary, VideoSummary } from '../../results/video-result.js';
import { durationText, momentText } from '../duration.js';
import { mostSeen } from '../plots/timeline.js';
import { phasesOf } from '../sums/phases.js';
import type { Series, Timeline } from '../sums/timeline-series.js';
import { listed } from '../words.js';
import { type Html, html } from './html.js';

export interface GlanceOptions {
  readonly people: readonly PersonSummary[];
  /** One for each attribute that tells classes apart, the leading one first. */
  readonly timelines: readonly Timeline[];
  /** Of the clip in seconds, as far as it is known. */
  readonly length: number;
  readonly models?: VideoSummary['models'] | undefined;
  readonly cards?: readonly ModelCard[] | undefined;
}

/** Persons told of; the report's table has them all. */
const MOST_PEOPLE = 8;

/** Changes told one by one; where there are more, they are counted and the longest times are told. */
const MOST_PHASES = 7;
const LONGEST = 3;

export function glance({ people, timelines, length, models, cards = [] }: GlanceOptions): Html {
  const [leading] = timelines;
  const shown = new Set(mostSeen(leading!, MOST_PEOPLE).map(([person]) => person));
  const told = people.filter(({ person }) => shown.has(person));
  const left = people.length - told.length;
  const moment = (seconds: number) => momentText(seconds, length);
  return html`<ul class="glance">${told.map(
    (about) =>
      html`<li><strong>Person ${about.person}</strong>, ${moment(about.firstSeen)} to ${moment(about.lastSeen)} (${durationText(about.seconds)} in view).${timelines.map(
        ({ subject, people: courses }, i) => [
          ' ',
          showed(about, {
            subject,
            series: courses.get(about.person),
            name: i > 0 ? subject.classes.words.one : undefined,
            moment,
          }),
        ],
      )}</li>\n`,
  )}</ul>${left > 0 && html`<p>${left} more ${left === 1 ? 'person was' : 'persons were'} seen for a shorter time; the last table has all.</p>`}
${timelines.map(({ subject }) => measured(subject, models, cards))}`;
}

/** What one person showed: mostly what, when it changed, how sure. `name`: what it is, where that is not plain. */
function showed(
  about: PersonSummary,
  {
    subject: { classes },
    series,
    name,
    moment,
  }: {
    readonly subject: ClassSubject;
    readonly series: Series | undefined;
    readonly name: string | undefined;
    moment(seconds: number): string;
  },
): Html | undefined {
  const { dominant, shareOfTime, unclear = 0, meanConfidence } = classes.summaryOf(about) ?? {};
  if (!shareOfTime) return undefined;
  if (!dominant) return unclear > 0 ? html`No ${classes.words.one} was clear at any time.` : undefined;
  const sure = meanConfidence === null || meanConfidence === undefined ? '' : ` On average ${percent(meanConfidence)} sure.`;
  return html`${name === undefined ? 'Mostly' : html`As to ${name}, mostly`} <strong>${dominant}</strong> (${percent(shareOfTime[dominant]!)} of that time${unclear > 0 && `; unclear for ${percent(unclear)}`}).${series && ` ${changes(series, classes.labels, moment)}`}${sure}`;
}

function changes(series: Series, labels: readonly string[], moment: (seconds: number) => string): string {
  const phases = phasesOf(series);
  const label = ({ index }: { readonly index: number | null }) => (index === null ? UNCLEAR.label : labels[index]!);
  const [first, ...then] = phases;
  if (!first || then.length === 0) return 'That did not change.';
  if (phases.length <= MOST_PHASES)
    return `First ${label(first)}, then ${listed(then.map((phase) => `${label(phase)} from ${moment(phase.from)}`))}.`;
  const longest = phases
    .toSorted((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, LONGEST)
    .sort((a, b) => a.from - b.from);
  const stretches = longest.map((phase) => `${label(phase)} from ${moment(phase.from)} to ${moment(phase.to)}`);
  return `It changed ${then.length} times; the longest without a change: ${listed(stretches)}.`;
}

/** How often the network is right, as its card says. */
function measured(
  subject: ClassSubject,
  models: VideoSummary['models'] | undefined,
  cards: readonly ModelCard[],
): Html | undefined {
  const model = models && Object.entries(models).find(([name]) => name === subject.name)?.[1];
  const card = cards.find(({ name }) => name === model?.name);
  const metric = card?.metrics.find(({ name }) => name === 'accuracy');
  if (!metric) return undefined;
  const { value, on } = metric;
  return html`<p>How far to trust that: of images whose ${subject.classes.words.one} people had agreed on, the network named ${percent(value)} right (${on}). “Sure” is the program’s own confidence.</p>`;
}
