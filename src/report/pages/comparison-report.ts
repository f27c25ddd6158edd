/**
 * The comparison of models as one HTML page, for a reader who knows none of them: the table of metrics, where they are right and
 * wrong, whether they differ, how they were trained, and what each sees in a clip.
 */

import { attributeOfClasses } from '../../attributes/index.js';
import { classesOf } from '../../attributes/own.js';
import { durationText } from '../duration.js';
import { confusionsFigure, recallFigure } from '../plots/comparison-figures.js';
import { learningCurve } from '../plots/learning-curve.js';
import { NARROW, WIDE } from '../plots/page-plot.js';
import { timelineSvg } from '../plots/timeline.js';
import type { Comparison } from '../sums/comparison.js';
import { mainPart, mainReport } from '../sums/comparison.js';
import type { Timeline } from '../sums/timeline-series.js';
import {
  type FigureTable,
  inputText,
  intervalText,
  LEVEL,
  missed,
  overviewTable,
  pairsTable,
  partsTable,
  percentText,
  recallTable,
  scoresTable,
  sharedNote,
  trainingTable,
  truthTable,
} from '../tables/comparison-tables.js';
import { article, capital } from '../words.js';
import { type Html, html } from './html.js';
import { dataTable, factList, legend, page, responsive } from './page.js';

export interface ComparisonReportOptions {
  readonly comparison: Comparison;
  /** By clip, then by model. */
  readonly timelines: readonly (readonly Timeline[])[];
  readonly title?: string | undefined;
}

/** Images left out that are named one by one. */
const MOST_NAMED = 20;

/** The comparison as an HTML document. */
export function comparisonReport({ comparison, timelines, title }: ComparisonReportOptions): string {
  const { models, data, clips, phiz } = comparison;
  const kind = attributeOfClasses(data.labels)?.name;
  const model = kind === undefined ? 'model' : `${kind} model`;
  const heading = title ?? `${models.length === 1 ? capital(article(model)) : `${models.length} ${model}s`} on ${data.name}`;
  const note = sharedNote(comparison);
  const body = [
    html`<h1>${heading}</h1>`,
    intro(comparison),
    note !== undefined && html`<p class="warn" role="note">${note}</p>`,
    facts(comparison),
    figures(comparison),
    matrices(comparison),
    comparison.pairs.length > 0 && html`<h2>Do they differ?</h2>\n${shown(pairsTable(comparison))}`,
    training(comparison),
    clips.map((_, c) => clipSection(comparison, c, timelines[c]!)),
    limits(),
    making(comparison),
  ];
  return page({ title: heading, body, version: phiz, subjects: [classesOf(data.labels)] });
}

function shown({ caption, columns, rows }: FigureTable): Html {
  return dataTable({
    caption,
    columns: columns.map(({ heading }) => heading),
    numeric: columns.flatMap(({ align }, i) => (align === 'right' ? [i] : [])),
    rows,
  });
}

function intro(comparison: Comparison): Html {
  const { models, data, pairs } = comparison;
  const best = models.reduce((top, model) =>
    mainReport(comparison, model).accuracy > mainReport(comparison, top).accuracy ? model : top,
  );
  const { accuracy, interval } = mainReport(comparison, best);
  const { name, samples } = mainPart(comparison);
  const rest = models.filter((model) => model !== best);
  const tied = rest.filter((model) =>
    pairs.some((pair) => [pair.first, pair.second].every((n) => n === best.name || n === model.name) && pair.corrected >= LEVEL),
  );
  return html`<p class="lede">This page sets ${models.length === 1 ? 'one neural network' : `${models.length} neural networks`} that ${models.length === 1 ? 'tells' : 'tell'} ${classesOf(data.labels).classes.words.many} apart side by side: ${models.map(({ name: n }, i) => html`${i > 0 && ', '}<strong>${n}</strong>`)}. Each was shown the same ${samples} images of ${data.name} (${name}), and its answers were compared with the labels that come with the images.</p>
<p class="lede">${models.length === 1 ? html`It is right in` : html`Right most often is <strong>${best.name}</strong>: in`} ${unbroken(percentText(accuracy))} of the images (95\u00a0% interval ${unbroken(intervalText(interval))}).${
    tied.length > 0 &&
    html` The test below shows no difference between it and ${tied.map(({ name: n }, i) => html`${i > 0 && ' or '}${n}`)}.`
  }${rest.length > 0 && tied.length === 0 && ' The test below finds it better than every other one.'}</p>`;
}

/** A figure that stays on one line. */
function unbroken(figure: string): string {
  return figure.replaceAll(' ', '\u00a0');
}

function facts({ data, parts, machine, date }: Comparison): Html {
  return factList([
    ['Data', data.name],
    ['Part', data.split],
    ['Images', `${parts[0]!.samples}${data.limit === null ? '' : ' (a trial on a part)'}`],
    ['Left out', data.unreadable.length > 0 ? `${data.unreadable.length} unreadable` : undefined],
    ['Machine', `${machine.cores} cores`],
    ['Day', date.slice(0, 10)],
  ]);
}

function modelLegend({ models }: Comparison): Html {
  return html`<ul class="legend" aria-label="Colours of the models">${models.map(({ name }, i) => html`<li style="--own:var(--clip-${i % 6})">${name}</li>`)}</ul>`;
}

function figures(comparison: Comparison): Html {
  const { data, parts } = comparison;
  const listed = parts.some(({ key }) => key.endsWith('Deduplicated'));
  const draw = (width: number) => recallFigure(comparison, { width, ground: 'page' });
  return html`<h2>How good, how large, how fast</h2>
${shown(overviewTable(comparison))}
<p class="quiet">Macro-F1 is the mean of the classes’ F1, in which rare classes weigh as much as frequent ones. The calibration error says how far confidence and the share of right answers lie apart on average (15 bins; Guo et al. 2017, arXiv:1706.04599).</p>
${parts.length > 1 && shown(partsTable(comparison))}
${listed && html`<p class="quiet">Some images of ${data.name} nearly repeat one of its training images; a network that memorised them gains from them. The rows with no near-duplicates say by how much.</p>`}
<h2>Which classes each gets right</h2>
${modelLegend(comparison)}
<figure>${responsive(draw(WIDE.width), draw(NARROW.width))}
<figcaption>The points are shares of right answers, for all images and for those of each class; the lines are 95 % intervals (Wilson). Rare classes have long lines.</figcaption></figure>
${shown(recallTable(comparison))}`;
}

function matrices(comparison: Comparison): Html {
  const draw = (width: number) => confusionsFigure(comparison, { width, ground: 'page' });
  return html`<h2>What is taken for what</h2>
<figure>${responsive(draw(WIDE.width), draw(NARROW.width))}
<figcaption>Confusion matrices: a row is what an image shows by its label, a column what the model calls it; numbers are per cent of the row. A good model has a dark diagonal.</figcaption></figure>`;
}

function training(comparison: Comparison): Html | undefined {
  const logged = comparison.models.flatMap(({ name, training: log }) => (log ? [{ name, epochs: log.epochs }] : []));
  if (logged.length === 0) return undefined;
  const draw = (own: (typeof logged)[number], narrow: boolean) =>
    learningCurve(own.epochs, {
      title: `Learning curve of ${own.name}`,
      width: narrow ? NARROW.width : WIDE.width,
      height: narrow ? 240 : 300,
      ground: 'page',
      stacked: narrow,
    });
  return html`<h2>How they learnt</h2>
<ul class="legend" aria-label="Colours of the lines"><li style="--own:var(--clip-0)">training</li><li style="--own:var(--clip-1)">validation</li></ul>
${logged.map(
  (own) => html`<h3>${own.name}</h3>
<figure>${responsive(draw(own, false), draw(own, true))}</figure>`,
)}
${shown(trainingTable(comparison))}`;
}

function clipSection({ clips, models, data }: Comparison, c: number, timelines: readonly Timeline[]): Html {
  const clip = clips[c]!;
  const subject = classesOf(data.labels);
  const { words } = subject.classes;
  const { source, duration, analysedFrames, faces, people, detector, smoothing, truth } = clip;
  const scored = clip.models.flatMap(({ name, truth: report }) => (report ? [{ name, report }] : []));
  const draw = (timeline: Timeline, size: typeof WIDE | typeof NARROW, name: string) =>
    timelineSvg(timeline.overall, {
      timeline,
      size: { width: size.width, height: 220 },
      label: `A line per ${words.one} over time: what ${name} sees in ${source}`,
      truth: truth?.segments,
    });
  return html`<h2>In the clip ${source}</h2>
<p>Faces were found and followed once, by <code>${detector.name}</code>, and every measured face was given to every model, so that all saw the same. ${smoothing > 0 ? `The lines are smoothed over ${smoothing} seconds.` : 'The lines are not smoothed.'}${truth && ' The shaded stretches are what the clip is known to show.'}</p>
${factList([
  ['Length', durationText(duration)],
  ['Frames', analysedFrames],
  ['Faces measured', faces],
  ['Persons', people],
])}
${legend(subject)}
${models.map(
  ({ name }, m) => html`<h3>${name}</h3>
<figure>${responsive(draw(timelines[m]!, WIDE, name), draw(timelines[m]!, NARROW, name))}</figure>`,
)}
${
  scored.length > 0 &&
  html`<h3>Which ${words.many} each model misses</h3>
<ul>${scored.map(({ name, report }) => {
    const lost = missed(report);
    return html`<li><strong>${name}</strong> is right ${unbroken(percentText(report.right))} of the time${lost.length ? html` and misses more than half of ${lost.map((label, i) => html`${i > 0 && ', '}${label}`)}` : html` and at least half of the time for each ${words.one} shown`}.</li>`;
  })}</ul>
${shown(truthTable(clip, words))}`
}
${shown(scoresTable(clip, words))}`;
}

function limits(): Html {
  return html`<h2>What this can and cannot tell</h2>
<ul class="limits">
<li><strong>The labels are people’s opinions.</strong> Whoever labelled such images often disagreed; a model that is right in two thirds of FER-2013 is about as right as a person (Goodfellow et al. 2013, arXiv:1307.0414: 65 ± 5 %).</li>
<li><strong>A difference within the intervals may be chance.</strong> The test of pairs is sharper than two intervals, since both models saw the same images.</li>
<li><strong>One clip is an example, no measure.</strong> What a model does on one face says little about others.</li>
<li><strong>Speed is this machine’s.</strong> Compare models within one page, not pages of different days.</li>
<li><strong>An expression is not a feeling,</strong> and error rates differ between groups of people.</li>
</ul>`;
}

function making({ models, data, machine, phiz, date }: Comparison): Html {
  const { unreadable } = data;
  return html`<h2>How this was made</h2>
<p>phiz ${phiz} on ${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}${machine.threads !== null && `, ${machine.threads} threads`}. Data: <code>${data.source}</code>.</p>
${dataTable({
  caption: 'The models',
  columns: ['Model', 'Asked for as', 'Version', 'Input', 'Temperature', 'sha256'],
  numeric: [4],
  rows: models.map(({ name, given, version, input, temperature, sha256 }) => [
    name,
    html`<code>${given}</code>`,
    version,
    inputText(input),
    temperature.toFixed(3),
    html`<code>${sha256.slice(0, 12)}</code>`,
  ]),
})}
${
  unreadable.length > 0 &&
  dataTable({
    caption: `${unreadable.length} images could not be read and are left out${unreadable.length > MOST_NAMED ? `; the first ${MOST_NAMED}` : ''}`,
    columns: ['Image', 'Why'],
    rows: unreadable.slice(0, MOST_NAMED).map(({ path, reason }) => [html`<code>${path}</code>`, reason]),
  })
}`;
}
