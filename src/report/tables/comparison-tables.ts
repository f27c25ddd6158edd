/**
 * The tables of a comparison as cells of text: the terminal, the page and Markdown documents show the same ones. Formats metrics;
 * computes none.
 */
import type { ClassWords } from '../../attributes/classes/classes.js';
import { type ComparedClip, type ComparedModel, type Comparison, mainPart, mainReport } from '../sums/comparison.js';
import type { TruthReport } from '../sums/comparison-truth.js';
import { listed } from '../words.js';
import type { TableColumn } from './table.js';

export interface FigureTable {
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
}

/** Corrected p-values below this count as a difference. */
export const LEVEL = 0.05;

/** One row per model: how good, how large, how fast. */
export function overviewTable(comparison: Comparison): FigureTable {
  const { name, samples } = mainPart(comparison);
  const numbers = [
    ...['accuracy', '95 % interval', 'macro-F1', 'calibration error', 'parameters', 'file'],
    ...['multiply-adds per face', 'ms per face, alone', 'ms per face, 32 at once'],
  ];
  return {
    caption: `All models on ${comparison.data.name}, ${name}, ${samples} images. Milliseconds are medians, from pixels in memory to the answer, all models in turns in one run.`,
    columns: [left('model'), ...numbers.map(right)],
    rows: comparison.models.map((model) => {
      const { accuracy, interval, macroF1, ece } = mainReport(comparison, model);
      const { single, batch } = model.milliseconds;
      return [
        model.name,
        ...[percentText(accuracy), intervalText(interval), macroF1.toFixed(3), ece.toFixed(3)],
        ...[model.parameters.toLocaleString('en'), bytesText(model.bytes), countText(model.multiplyAdds)],
        ...[milliseconds(single.median), milliseconds(batch.median)],
      ];
    }),
  };
}

/** One row per part, one column per model: accuracy with its interval. */
export function partsTable({ parts, models }: Comparison): FigureTable {
  return {
    caption: 'Accuracy with its 95 % interval on each part of the data',
    columns: [left('part'), right('images'), ...models.map(({ name }) => right(name))],
    rows: parts.map(({ key, name, samples }) => [
      name,
      String(samples),
      ...models.map(({ parts: own }) => shareText(own[key]!.accuracy, own[key]!.interval)),
    ]),
  };
}

/** One row per class, one column per model: recall with its interval. */
export function recallTable(comparison: Comparison): FigureTable {
  const { labels } = comparison.data;
  const reports = comparison.models.map((model) => mainReport(comparison, model));
  return {
    caption: `Recall of each class with its 95 % interval: the share of its images that are called so. ${mainPart(comparison).name}`,
    columns: [left('class'), right('images'), ...comparison.models.map(({ name }) => right(name))],
    rows: labels.map((label, k) => [
      label,
      String(reports[0]!.classes[k]!.samples),
      ...reports.map(({ classes }) => {
        const { recall, interval } = classes[k]!;
        return recall === null || interval === null ? '–' : shareText(recall, interval);
      }),
    ]),
  };
}

/** A row a pair: McNemar's test. */
export function pairsTable(comparison: Comparison): FigureTable {
  const several = comparison.pairs.length > 1;
  const headings = ['only the first right', 'only the second right', 'statistic', 'p', ...(several ? ['p, corrected'] : [])];
  return {
    caption: `Whether two models differ: McNemar’s test on the images that only one of them has right (${mainPart(comparison).name}); exact below 25 such images, else chi-squared with continuity correction (McNemar 1947, doi:10.1007/BF02295996; Edwards 1948, doi:10.1007/BF02289261)${several ? '; corrected for the number of pairs after Holm (1979)' : ''}`,
    columns: [left('first'), left('second'), ...headings.map(right), left('reading')],
    rows: comparison.pairs.map(({ first, second, onlyFirst, onlySecond, method, statistic, p, corrected }) => [
      first,
      second,
      String(onlyFirst),
      String(onlySecond),
      method === 'exact' || statistic === null ? 'exact' : `χ² ${statistic.toFixed(1)}`,
      pText(p),
      ...(several ? [pText(corrected)] : []),
      corrected >= LEVEL ? 'no difference shown' : `${onlyFirst > onlySecond ? first : second} is better`,
    ]),
  };
}

/** One row per model with a training log. */
export function trainingTable({ models }: Comparison): FigureTable {
  const logged = models.flatMap(({ name, training }) => (training ? [{ name, ...training }] : []));
  return {
    caption: 'Accuracy on the validation images during training, from the logs beside the models',
    columns: [left('model'), ...['epochs', 'best', 'in epoch', 'last'].map(right)],
    rows: logged.map(({ name, epochs, best, last }) => [
      name,
      String(epochs.at(-1)!.epoch),
      best ? percentText(best.accuracy) : '–',
      best ? String(best.epoch) : '–',
      last ? percentText(last.accuracy) : '–',
    ]),
  };
}

/** One row per true class, one column per model: share of its time right, and what the model says most often instead. */
export function truthTable({ models }: ComparedClip, { one }: ClassWords): FigureTable {
  const known = models.flatMap(({ name, truth }) => (truth ? [{ name, truth }] : []));
  const of = (truth: TruthReport, label: string) => truth.classes.find((own) => own.label === label)!;
  const classes = known[0]?.truth.classes ?? [];
  return {
    caption: `Share of each ${one}’s time in which it is the most probable; behind it what the model says most often instead`,
    columns: [left('shown'), right('seconds'), ...known.map(({ name }) => right(name))],
    rows: [
      ...classes.map(({ label, seconds }) => [
        label,
        seconds.toFixed(1),
        ...known.map(({ truth }) => {
          const { right: share, called } = of(truth, label);
          const others = Object.entries(called).filter(([name]) => name !== label);
          const [other, often] = others.reduce((a, b) => (b[1] > a[1] ? b : a));
          return `${wholePercent(share)}${often >= 0.05 ? ` (${other} ${wholePercent(often)})` : ''}`;
        }),
      ]),
      ...(known.length > 0
        ? [['all', known[0]!.truth.seconds.toFixed(1), ...known.map(({ truth }) => wholePercent(truth.right))]]
        : []),
    ],
  };
}

/** One row per class, one column per model: its score summed over all measured faces. */
export function scoresTable({ models, faces }: ComparedClip, { one, aside = '' }: ClassWords): FigureTable {
  return {
    caption: `Each ${one}’s score (0 to 1 per face) summed over the ${faces} measured faces${aside}`,
    columns: [left(one), ...models.map(({ name }) => right(name))],
    rows: Object.keys(models[0]?.overall.sumOfScores ?? {}).map((label) => [
      label,
      ...models.map(({ overall }) => overall.sumOfScores[label]!.toFixed(2)),
    ]),
  };
}

/** The classes that a model has right less than half of their time. */
export function missed({ classes }: TruthReport): readonly string[] {
  return classes.filter(({ right: share }) => share < 0.5).map(({ label }) => label);
}

/** `48×48 grey`. */
export function inputText({ width, height, channels }: ComparedModel['input']): string {
  return `${width}×${height} ${channels === 1 ? 'grey' : 'colour'}`;
}

/** `66.3 %`. */
export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `[64.7, 67.8]`, in per cent. */
export function intervalText([low, high]: readonly [number, number]): string {
  return `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
}

function shareText(share: number, interval: readonly [number, number]): string {
  return `${percentText(share)} ${intervalText(interval)}`;
}

function wholePercent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function milliseconds(value: number): string {
  return value < 1 ? value.toFixed(3) : value.toFixed(2);
}

function pText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}

function bytesText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function countText(count: number | null): string {
  return count === null ? 'not known' : count < 1e6 ? count.toLocaleString('en') : `${(count / 1e6).toFixed(1)} M`;
}

function left(heading: string): TableColumn {
  return { heading };
}

function right(heading: string): TableColumn {
  return { heading, align: 'right' };
}

/** On which classes models of different labels were compared, and what is left out; undefined where all have the same. */
export function sharedNote({ data: { name, labels, shared } }: Comparison): string | undefined {
  if (!shared) return undefined;
  const left = shared.images.map(({ label, images }) => `${images} of ${label}`);
  const count = shared.images.reduce((sum, { images }) => sum + images, 0);
  const models = shared.models.map((model) => `${model.name} (${listed(model.labels)})`);
  return [
    `Compared on the ${labels.length} classes that all share: ${listed(labels)}.`,
    ...(left.length > 0 ? [`Left out: ${count} images of ${name} (${listed(left)}).`] : []),
    ...(models.length > 0 ? [`Further classes are told apart by ${listed(models)}, and not asked of it here.`] : []),
  ].join(' ');
}
