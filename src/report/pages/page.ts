/**
 * The frame of phiz's HTML reports: one file that loads nothing (its content policy forbids it) and runs no script. Holds what
 * all reports share: legend, plots for wide and narrow screens, shares as bars, limits, how it was made.
 */

import { type Attribute, isRead } from '../../attributes/attribute.js';
import { type ClassSubject, type TimeShare, UNCLEAR } from '../../attributes/classes/classes.js';
import { numberWord } from '../../attributes/classes/report.js';
import { ATTRIBUTES, CLASS_ATTRIBUTES } from '../../attributes/index.js';
import { percent } from '../../attributes/percent.js';
import type { ModelCard } from '../../core/card.js';
import type { VideoSummary } from '../../results/video-result.js';
import { listed } from '../words.js';
import { type Html, type HtmlValue, html, trusted } from './html.js';
import { pageStyle } from './page-style.js';

/** How a report came about. */
export interface Making {
  /** The version of phiz. */
  readonly version: string;
  readonly models?: VideoSummary['models'] | undefined;
  readonly settings?: VideoSummary['settings'] | undefined;
  /** What may have been read; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** The cards of these models, where known: what they were measured on and how well they did. */
  readonly cards?: readonly ModelCard[] | undefined;
}

/** A whole document, in the colours of these attributes' classes. */
export function page({
  title,
  body,
  version,
  subjects = CLASS_ATTRIBUTES,
}: {
  title: string;
  body: HtmlValue;
  version: string;
  subjects?: readonly ClassSubject[];
}): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="generator" content="phiz ${version}">
<title>${title}</title>
<style>${trusted(pageStyle(subjects))}</style>
</head>
<body>
<main>
${body}
</main>
<footer>Made by phiz ${version}. This page is one file: it loads nothing from a network and runs no scripts.</footer>
</body>
</html>
`.markup;
}

/** Classes with their colours; `unclear`: and that of times in which none is clear. */
export function legend({ classes }: ClassSubject, { unclear = true }: { readonly unclear?: boolean } = {}): Html {
  const entry = (label: string) => html`<li class="${classes.id(label)}">${label}</li>`;
  return html`<ul class="legend" aria-label="Colours of the ${classes.words.many}">${classes.labels.map(entry)}${unclear && html`<li class="${UNCLEAR.label}">${UNCLEAR.label}</li>`}</ul>`;
}

/** An image drawn twice, for wide and for narrow screens; what does not fit is not shown. */
export function responsive(wide: string, narrow: string): Html {
  return html`<div class="wide">${trusted(wide)}</div><div class="narrow">${trusted(narrow)}</div>`;
}

/** Facts as pairs; those not known are left out. */
export function factList(facts: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  const known = facts.filter(([, value]) => value !== undefined);
  return html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A table with a caption; the first cell of each row heads it. `numeric` columns are aligned right. */
export function dataTable({
  caption,
  columns,
  numeric = [],
  rows,
}: {
  caption: HtmlValue;
  columns: readonly string[];
  /** Indices of columns. */
  numeric?: readonly number[];
  rows: readonly (readonly HtmlValue[])[];
}): Html {
  const kind = (column: number) => (numeric.includes(column) ? 'n' : 'wrap');
  const cell = (value: HtmlValue, c: number) =>
    c === 0 ? html`<th scope="row" class="${kind(c)}">${value}</th>` : html`<td class="${kind(c)}">${value}</td>`;
  return html`<div class="scroll" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${columns.map((name, c) => html`<th scope="col" class="${kind(c)}">${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`;
}

/** One bar in which each class takes its share. */
export function stack(shares: readonly TimeShare[]): Html {
  const present = shares.filter(({ share }) => share > 0);
  const said = present.map(({ label, share }) => `${label} ${percent(share)}`).join(', ');
  return html`<div class="stack" role="img" aria-label="Share of time: ${said}">${present.map(
    ({ label, id, share }) =>
      html`<span class="${id}" style="--share:${(100 * share).toFixed(2)}%" title="${label} ${percent(share)}">${share > 0.1 && label}</span>`,
  )}</div>`;
}

/** Attributes with something to say in a report: those that were read, where the models are known. */
export function reported(models: Making['models'], attributes: readonly Attribute[] = ATTRIBUTES) {
  return attributes.flatMap((attribute) => {
    const { name, report } = attribute;
    return report && (!models || !isRead(attribute) || name in models) ? [{ name, report }] : [];
  });
}

/** What such figures can and cannot tell. */
export function limitsSection({ models, attributes }: Pick<Making, 'models' | 'attributes'>): Html {
  return html`<h2>What this can and cannot tell</h2>
<ul class="limits">
${reported(models, attributes).flatMap(({ report }) => report.limits.map(([point, text]) => html`<li><strong>${point}</strong>${text}</li>\n`))}<li><strong>Percentages are the program’s own confidence,</strong> not the chance that it is right. Faces that are small, turned away, covered, dark or blurred are judged less well.</li>
<li><strong>Error rates differ between groups.</strong> The program is not equally right for all ages, skin colours, sexes and cultures, since the images that it learnt from do not show all alike. Do not judge or rank persons or groups by it.</li>
<li><strong>The law sets limits.</strong> In the European Union, Article 5(1)(f) of the AI Act (Regulation (EU) 2024/1689) forbids AI that infers the emotions of people at work or in education, save for medical or safety reasons; Article 50(3) demands that people be told elsewhere. Pictures of faces are personal data: ask those who are in the clip.</li>
<li><strong>For research only.</strong> The networks that come with phiz learnt from data sets (FER-2013, RAF-DB, UTKFace) whose terms allow research and no commercial use.</li>
</ul>`;
}

/** Models, how well they do, settings, version. */
export function makingSection({ version, models, settings = {}, cards = [], attributes }: Making): Html {
  const readers = reported(models, attributes);
  const does = new Map([['detector', 'finds faces'], ...readers.map(({ name, report }) => [name, report.does ?? '–'] as const)]);
  const entries = models ? Object.entries(models) : [];
  // Not those of one class or group each (`recall, happy`): the card has them.
  const metrics = cards.flatMap(({ name: model, metrics: all }) =>
    all
      .filter(({ name }) => !name.includes(', '))
      .slice(0, 6)
      .map((metric) => ({ model, ...metric })),
  );
  const chosen = Object.entries(settings);
  return html`<h2>How this was made</h2>
<p>phiz ${version} found the faces of each frame with one neural network, followed them from frame to frame by place and movement, and gave every face to ${networks(readers.flatMap(({ report }) => report.subject ?? []))}. The lines are smoothed over time; the unsmoothed values are in the tables beside this page.</p>
${
  entries.length
    ? dataTable({
        caption: 'The neural networks',
        columns: ['Network', 'Version', 'What it does'],
        rows: entries.map(([task, { name, version: of }]) => [html`<code>${name}</code>`, of, does.get(task) ?? '–']),
      })
    : html`<p>Which networks were used is not known: the clip’s summary (<code>.json</code>) did not lie beside its frames.</p>`
}
${
  metrics.length > 0 &&
  dataTable({
    caption: 'How well they do on images that they were not trained on; in brackets the 95 % interval',
    columns: ['Network', 'Metric', 'Value', 'Measured on'],
    numeric: [2],
    rows: metrics.map(({ model, name, value, interval, on }) => [
      html`<code>${model}</code>`,
      name,
      figure(value) + (interval ? ` [${interval.map(figure).join(', ')}]` : ''),
      on,
    ]),
  })
}
${
  chosen.length > 0 &&
  dataTable({
    caption: 'Settings of the run',
    columns: ['Setting', 'Value'],
    rows: chosen.map(([name, value]) => [html`<code>${name}</code>`, value === null ? 'default' : String(value)]),
  })
}`;
}

/** `two more networks, one for the expression and one for the age`. */
function networks(subjects: readonly string[]): string {
  if (subjects.length === 0) return 'no further network';
  if (subjects.length === 1) return `one more network, for ${subjects[0]}`;
  return `${numberWord(subjects.length)} more networks, ${listed(subjects.map((subject) => `one for ${subject}`))}`;
}

function figure(value: number): string {
  return Math.abs(value) < 1 ? value.toFixed(3) : value.toPrecision(4);
}
