/**
 * The parts of docs/study.md that hold metrics, as Markdown made from comparison.json: each goes between two markers of its name
 * (`fillSections`). Text that judges stands in the page itself and is written by people.
 */

import { figureNames } from '#dist/apps/compare/write.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { LEADING } from '#dist/attributes/index.js';
import { type Comparison, mainPart } from '#dist/report/sums/comparison.js';
import {
  type FigureTable,
  missed,
  overviewTable,
  pairsTable,
  partsTable,
  percentText,
  recallTable,
  scoresTable,
  truthTable,
} from '#dist/report/tables/comparison-tables.js';
import { table } from '#dist/report/tables/table.js';
import { type Cast, type Claim, recallText } from './study-claims.js';
import { REPORTED, REPORTED_SCORES } from './study-report.js';

export interface StudyFigures {
  readonly comparison: Comparison;
  readonly cast: Cast;
  /** How the page reaches a file of the study. */
  readonly link: (file: string) => string;
  /** Whether the study has a file of that name. */
  readonly has: (file: string) => boolean;
}

/** The sections by name. */
export function comparisonSections(figures: StudyFigures): Readonly<Record<string, string>> {
  const { comparison, link } = figures;
  return {
    setting: settingSection(comparison, link),
    training: trainingSection(figures),
    models: modelsSection(comparison),
    classes: `![Recall of each class by model, with 95 % intervals](${link('recall.svg')})\n\n${markdown(recallTable(comparison))}\n![Confusion matrix of each model](${link('confusions.svg')})\n`,
    clip: clipSection(figures),
    balance: balanceSection(figures),
  };
}

/** A table with its caption above it. */
function markdown({ caption, columns, rows }: FigureTable): string {
  return `${caption}${caption.endsWith('.') ? '' : '.'}\n\n${table(columns, rows, { format: 'markdown' })}`;
}

function settingSection({ data, machine, date, parts, phiz, models }: Comparison, link: StudyFigures['link']): string {
  const trial = data.limit === null ? '' : ` **A trial on at most ${data.limit} images of each part: no final figures.**`;
  const left = data.unreadable.length ? `; ${data.unreadable.length} images could not be read and are left out` : '';
  return `Measured on ${date.slice(0, 10)} by phiz ${phiz}: ${models.length} models on ${data.name} (${parts.map(({ name, samples }) => `${name}: ${samples}`).join('; ')}${left}). Milliseconds are those of ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. All figures: [comparison.json](${link('comparison.json')}); the same as a page: [comparison.html](${link('comparison.html')}).${trial}\n`;
}

function modelsSection(comparison: Comparison): string {
  const listed = comparison.parts.some(({ key }) => key.endsWith('Deduplicated'));
  const note = 'No near-duplicates: without the test images that nearly repeat a training image ([data.md](data.md)).\n';
  return [
    markdown(overviewTable(comparison)),
    markdown(partsTable(comparison)),
    ...(listed ? [note] : []),
    ...(comparison.pairs.length ? [markdown(pairsTable(comparison))] : []),
  ].join('\n');
}

/** The networks trained from scratch beside the report's, and the curves. */
function trainingSection({ comparison, cast, link, has }: StudyFigures): string {
  const rows = (['small', 'big'] as const).flatMap((role) => {
    const [model, reported] = [cast[role], REPORTED[role]];
    const log = model?.training;
    if (!model || !log?.best || !log.last) return [];
    const part = (key: string) => {
      const own = model.parts[key];
      return own ? `${percentText(own.accuracy)} [${own.interval.map((end) => (100 * end).toFixed(1)).join(', ')}]` : '–';
    };
    const difference = (ours: number, theirs: number) => `${ours >= theirs ? '+' : '−'}${Math.abs(ours - theirs).toFixed(3)}`;
    const chosen = bestBy(log.epochs, 'publicAccuracy');
    return [
      [
        role,
        model.parameters === reported.parameters
          ? model.parameters.toLocaleString('en')
          : `${model.parameters.toLocaleString('en')} (report: ${reported.parameters.toLocaleString('en')})`,
        `${log.epochs.length}`,
        reported.last.toFixed(3),
        `${log.last.accuracy.toFixed(3)} (${difference(log.last.accuracy, reported.last)})`,
        reported.best.toFixed(3),
        `${log.best.accuracy.toFixed(3)} (${difference(log.best.accuracy, reported.best)}), epoch ${log.best.epoch}`,
        chosen ? `epoch ${chosen.epoch}` : '–',
        part('public'),
        part('private'),
      ],
    ];
  });
  if (rows.length === 0) return 'The networks have not been trained here yet.\n';
  const columns = [
    { heading: 'network' },
    ...['parameters', 'epochs', 'last, report', 'last, ours', 'best, report', 'best, ours'].map(right),
    ...['chosen on PublicTest', 'PublicTest', 'PrivateTest'].map(right),
  ];
  const overfitting = overfittingTable(cast);
  const names = figureNames(comparison).curves;
  const curves = comparison.models.flatMap(({ name, training }, m) =>
    training && has(names[m]!) ? [`![Loss and accuracy of ${name} over the epochs](${link(names[m]!)})\n`] : [],
  );
  return `Accuracy on all 7,178 test images after the last epoch and after the best one, as the report judged; then the clean protocol: the epoch chosen on PublicTest, its accuracy there and on PrivateTest.\n\n${table(columns, rows, { format: 'markdown' })}\n${overfitting}${curves.join('\n')}`;
}

/** Loss in training and on the test images, for how far each network overfits; empty where no log holds both. */
function overfittingTable(cast: Cast): string {
  const rows = (['small', 'big'] as const).flatMap((role) => {
    const epochs = cast[role]?.training?.epochs ?? [];
    const losses = epochs.flatMap(({ validationLoss }) => (validationLoss === undefined ? [] : [validationLoss]));
    const last = epochs.at(-1);
    const accuracy = last?.trainAccuracy;
    if (losses.length === 0 || last?.trainLoss === undefined || typeof accuracy !== 'number') return [];
    const { trainAccuracy, trainLoss, validationLoss, leastValidationLoss } = REPORTED[role];
    const pairs: readonly (readonly [number, number])[] = [
      [trainAccuracy, accuracy],
      [trainLoss, last.trainLoss],
      [validationLoss, losses.at(-1)!],
      [leastValidationLoss, Math.min(...losses)],
    ];
    return [[role, ...pairs.map(([theirs, ours]) => `${theirs.toFixed(3)} / ${ours.toFixed(3)}`)]];
  });
  if (rows.length === 0) return '';
  const columns = [
    { heading: 'network' },
    ...['accuracy in training', 'loss in training', 'loss on test images', 'its least'].map(right),
  ];
  return `After the last epoch, report / ours:\n\n${table(columns, rows, { format: 'markdown' })}\n`;
}

/** The epoch in which a figure of the log was highest. */
function bestBy(epochs: readonly { readonly epoch: number; readonly [field: string]: unknown }[], field: string) {
  const measured = epochs.flatMap(({ epoch, [field]: value }) => (typeof value === 'number' ? [{ epoch, value }] : []));
  return measured.reduce<(typeof measured)[number] | undefined>(
    (top, one) => (top && top.value >= one.value ? top : one),
    undefined,
  );
}

function clipSection({ comparison, cast, link, has }: StudyFigures): string {
  if (comparison.clips.length === 0) return 'No clip was compared yet.\n';
  return comparison.clips
    .map((clip, c) => {
      const figure = figureNames(comparison).clips[c]!;
      const lines = clip.models.flatMap(({ name, truth }) => {
        if (!truth) return [];
        const lost = missed(truth);
        return [
          `- **${name}** is right ${percentText(truth.right)} of the time; ${lost.length ? `it misses ${lost.join(', ')} for more than half of their time` : 'no expression is missed for more than half of its time'}.\n`,
        ];
      });
      const scores = scoresTable(clip, LEADING.classes.words);
      const beside = cast.pretrained ? comparison.models.indexOf(cast.pretrained) : -1;
      const withReport: FigureTable =
        beside < 0
          ? scores
          : {
              caption: `${scores.caption}. The column of the report is its pretrained model on its own clip, which is not published: it stands beside, not against`,
              columns: [...scores.columns, right('report, its own clip')],
              rows: scores.rows.map((row, e) => [...row, REPORTED_SCORES[EMOTIONS[e]!].toFixed(2)]),
            };
      const drawn = has(figure) ? `![What each model sees in ${clip.source}](${link(figure)})\n\n` : '';
      return `${drawn}${lines.join('')}${lines.length ? `\n${markdown(truthTable(clip, LEADING.classes.words))}\n` : ''}${markdown(withReport)}`;
    })
    .join('\n');
}

function balanceSection({ comparison, cast: { small, balanced } }: StudyFigures): string {
  if (!small || !balanced) return 'The network has not been trained with balanced classes here yet.\n';
  const epochs = (model: typeof small) => String(model.training?.epochs.length ?? '–');
  const { labels } = comparison.data;
  return `Recall of each class (${mainPart(comparison).name}) of the small network trained on images as they come and with classes balanced.\n\n${table(
    [{ heading: 'class' }, right(`as they come, ${epochs(small)} epochs`), right(`balanced, ${epochs(balanced)} epochs`)],
    labels.map((label) => [label, recallText(comparison, small, label), recallText(comparison, balanced, label)]),
    { format: 'markdown' },
  )}`;
}

/** What the report says beside what is measured; `comparison` is what metrics of networks are from, where there are any. */
export function claimsSection(claims: readonly Claim[], comparison: Comparison | undefined): string {
  if (claims.length === 0) return 'The models that the report speaks of are not there yet.\n';
  const rows = claims.map(({ claim, measured, holds }) => [claim, measured, holds]);
  const on = comparison ? ` Figures of networks are of ${mainPart(comparison).name}.` : '';
  return `“Not shown”: the difference points that way and may be chance.${on}\n\n${table(
    [{ heading: 'the report says' }, { heading: 'measured here' }, { heading: 'borne out' }],
    rows,
    { format: 'markdown' },
  )}`;
}

function right(heading: string) {
  return { heading, align: 'right' as const };
}

/**
 * Puts sections between `<!-- study:NAME -->` and `<!-- /study:NAME -->` of a page. Throws Error for a section that the page has no
 * place for, or a marker that is not closed.
 */
export function fillSections(page: string, sections: Readonly<Record<string, string>>): string {
  let filled = page;
  for (const [name, text] of Object.entries(sections)) {
    const [open, close] = [`<!-- study:${name} -->`, `<!-- /study:${name} -->`];
    const [start, end] = [filled.indexOf(open), filled.indexOf(close)];
    if (start < 0 || end < start) throw new Error(`the page has no place for '${name}': ${open} … ${close} is missing`);
    filled = `${filled.slice(0, start + open.length)}\n\n${text.trimEnd()}\n\n${filled.slice(end)}`;
  }
  return filled;
}
