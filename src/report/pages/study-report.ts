/** A study as one HTML file, in the frame of page.ts: the answer first, then curves, comparisons, quality and methods. */
import type { ClassSubject } from '../../attributes/classes/classes.js';
import { percent } from '../../attributes/percent.js';
import type { StimulusResult, StudyResult } from '../../study/study-result.js';
import { durationText } from '../duration.js';
import { PAGE } from '../plots/colours.js';
import { NARROW, WIDE } from '../plots/page-plot.js';
import { studyCurvesSvg } from '../plots/study-curves.js';
import { participantsText } from '../words.js';
import { type Html, html } from './html.js';
import { dataTable, legend, limitsSection, makingSection, page, responsive } from './page.js';
import { studyAgreement } from './study-agreement.js';
import { studyAnswer } from './study-answer.js';
import { points, studyComparisons } from './study-comparisons.js';
import { studyMethods } from './study-methods.js';

export interface StudyReportOptions {
  /** Default: one with the numbers. */
  readonly title?: string | undefined;
  readonly subject: ClassSubject;
  /** Small images of the faces as data URIs, by the recording's file. Default: none. */
  readonly portraits?: ReadonlyMap<string, string> | undefined;
}

/** The study as an HTML document. */
export function studyReport(result: StudyResult, { title, subject, portraits = new Map() }: StudyReportOptions): string {
  const { stimuli, participants, phiz, models, analysis, failures } = result;
  const heading =
    title ??
    `What ${participantsText(participants.length)} showed to ${stimuli.length === 1 ? 'one stimulus' : `${stimuli.length} stimuli`}`;
  const [which, when, sure] = studyAnswer(result);
  const body = [
    html`<h1>${heading}</h1>
<p class="lede">${which} ${when} ${sure}</p>
${failures.map(({ file, reason }) => html`<p class="warn"><strong>Left out:</strong> ${file}: ${reason}</p>\n`)}`,
    stimuli.map((stimulus) => curves(stimulus, result, subject)),
    studyComparisons(result),
    quality(result, portraits),
    studyAgreement(result),
    studyMethods(result, subject),
    limitsSection({ models: models ?? undefined }),
    makingSection({ version: phiz, models: models ?? undefined, settings: analysis }),
  ];
  return page({ title: heading, body, version: phiz, subjects: [subject] });
}

function curves(stimulus: StimulusResult, { settings }: StudyResult, subject: ClassSubject): Html {
  const { outcomes, step } = settings;
  const draw = (width: number) => studyCurvesSvg(stimulus, { subject, outcomes, step, width, inks: PAGE });
  return html`<section><h2>${stimulus.stimulus}</h2>
<p>${durationText(stimulus.length)}, ${participantsText(stimulus.participants)}. Lines are means over participants, in points of 100; bands hold the mean in 95 of 100 such studies. Below: how many participants each moment rests on. A curve ends where fewer than ${percent(settings.leastShare)} of them are left.</p>
${legend({ ...subject, classes: { ...subject.classes, labels: outcomes } }, { unclear: false })}
<figure>${responsive(draw(WIDE.width), draw(NARROW.width))}</figure>
${dataTable({
  caption: `Peaks of the mean curves, and the largest share of participants above ${percent(settings.threshold)} at once`,
  columns: ['', 'Peak at', 'Height', 'n', 'Most at once'],
  numeric: [1, 2, 3, 4],
  rows: stimulus.curves
    .filter(({ label }) => outcomes.includes(label))
    .map(({ label, peak, above }) => [
      label,
      peak ? `${peak.seconds.toFixed(2)}\u00a0s` : '–',
      peak ? points(peak.mean) : '–',
      peak?.n ?? '–',
      percent(Math.max(0, ...above.map((share) => share ?? 0))),
    ]),
})}</section>`;
}

function quality({ quality, settings }: StudyResult, portraits: ReadonlyMap<string, string>): Html {
  const portrait = (uri: string | undefined) => uri !== undefined && html`<img src="${uri}" alt="" width="40" height="40"> `;
  return html`<h2>Quality of the recordings</h2>
${dataTable({
  caption: `Recordings with a reliable face for less than ${percent(settings.leastFace)} of the stimulus are ${settings.keepPoor ? 'kept, as was asked for' : 'left out'}.`,
  columns: [
    'Participant',
    'Stimulus',
    'Counted',
    'Covered',
    'With a face',
    'Too small',
    'Several faces',
    'Looking away',
    'Frames lost',
    'Baseline',
    'File',
  ],
  numeric: [3, 4, 5, 6, 7, 8],
  rows: quality.map((q) => [
    html`${portrait(portraits.get(q.file))}${q.participant}`,
    q.stimulus,
    q.kept ? 'yes' : html`<strong>no</strong>`,
    percent(q.covered),
    percent(q.face),
    durationText(q.unreliable),
    durationText(q.severalFaces),
    durationText(q.lookingAway),
    q.lost === null ? '–' : String(q.lost),
    q.baseline,
    html`${q.file}${q.note !== null && html`<br><small>${q.note}</small>`}`,
  ]),
})}`;
}
