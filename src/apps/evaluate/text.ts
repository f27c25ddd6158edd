/** An evaluation in words and tables for a terminal, and as the heat map of its confusions. */
import { numberFigures } from '../../attributes/index.js';
import { conditionsPlot } from '../../report/plots/conditions.js';
import { confusionMatrix } from '../../report/plots/confusion-matrix.js';
import { table } from '../../report/tables/table.js';
import type { ClassReport } from '../../train/evaluate/accuracy.js';
import { FER_PARTS } from '../../train/evaluate/card-metrics.js';
import type { DetectionReport, DetectorEvaluation } from '../../train/evaluate/detection.js';
import type {
  ClassesChain,
  ClassesEvaluation,
  ClassificationReport,
  EmotionEvaluation,
  NumbersEvaluation,
} from '../../train/evaluate/evaluation.js';
import type { Interval, Mean, Share } from '../../train/evaluate/interval.js';
import { numberMetricNames } from '../../train/evaluate/numbers.js';
import type { CardStress, StressReport } from '../../train/evaluate/stress.js';

type ClassifierEvaluation = EmotionEvaluation | NumbersEvaluation | ClassesEvaluation;

/** The evaluation as text, ending in '\n'. */
export function evaluationText(evaluation: ClassifierEvaluation | DetectorEvaluation): string {
  const { name, version } = evaluation.model;
  if (evaluation.task === 'detector')
    return [`${name} ${version}\n`, ...detectorSections(evaluation), ...stressSection(evaluation)].join('\n');
  const { temperature, formerTemperature, unreadable } = evaluation;
  const notes = [
    `temperature ${temperature.toFixed(3)}${formerTemperature === undefined ? '' : ` (fitted; it was ${formerTemperature.toFixed(3)})`}`,
    ...(unreadable.length ? [`${unreadable.length} images could not be read and are left out`] : []),
    ...absent(evaluation),
  ];
  return [`${name} ${version}: ${notes.join('; ')}\n`, ...sections(evaluation), ...stressSection(evaluation)].join('\n');
}

/** The first of a card's metrics under stress, as SVG; `all` begins with the images as they are. */
export function stressFigure(all: readonly CardStress[], model: string): string {
  const { name, on } = all[0]!;
  const [plain, ...rows] = all.filter((metric) => metric.name === name);
  return conditionsPlot({
    title: `${model}: ${name} under stress`,
    subtitle: `${on}; dashed: as they are; bars: 95 % intervals`,
    plain: plain!.value,
    rows,
    percent: !name.includes('years'),
  });
}

/** One row per condition, each metric with its interval. */
function stressSection({ stress }: ClassifierEvaluation | DetectorEvaluation): readonly string[] {
  if (!stress) return [];
  const { on, images, plain, rows } = stress;
  const cells = (metrics: StressReport['plain']) =>
    metrics.map(({ name, value, interval }) => {
      const text = (number: number) =>
        name.includes('years') || name.includes('per image') ? number.toFixed(2) : percent(number);
      return interval ? `${text(value)} [${text(interval[0])}, ${text(interval[1])}]` : text(value);
    });
  return [
    `under stress, ${on}, ${images} images:\n`,
    table(
      [{ heading: 'condition' }, { heading: '' }, ...plain.map(({ name }) => right(name))],
      [
        ['as they are', '', ...cells(plain)],
        ...rows.map(({ family, level, metrics }, i) => [rows[i - 1]?.family === family ? '' : family, level, ...cells(metrics)]),
      ],
    ),
  ];
}

/** Names the classes that no image shows: nothing is known of them, and macro-F1 is without them. */
function absent(evaluation: ClassifierEvaluation): readonly string[] {
  if ('mae' in evaluation) return [];
  const [on, { classes }] = mainPart(evaluation);
  const labels = classes.flatMap(({ label, samples }) => (samples === 0 ? [label] : []));
  return labels.length ? [`no images of ${labels.join(', ')} in ${on}: is a class folder missing?`] : [];
}

/** The confusion matrix of the evaluation's main split as SVG. */
export function evaluationConfusion(evaluation: ClassifierEvaluation): string {
  const name = evaluation.model.name;
  if ('mae' in evaluation) {
    const { words, ranges } = numberFigures(evaluation.task);
    return confusionMatrix(evaluation.confusion, ranges, {
      title: `${name} on UTKFace ${evaluation.split}`,
      subtitle: `${words.one} ranges: ${shareText(evaluation.rangeAccuracy)} of ${evaluation.samples} right, mean error ${meanText(evaluation.mae)} ${words.unit}`,
    });
  }
  const [on, report] = mainPart(evaluation);
  return confusionMatrix(report.confusion, evaluation.labels, {
    title: `${name} on ${on}`,
    subtitle: `accuracy ${percent(report.accuracy)} ${intervalText(report.interval)} of ${report.samples} images`,
  });
}

function mainPart(evaluation: EmotionEvaluation | ClassesEvaluation): readonly [on: string, report: ClassificationReport] {
  if (evaluation.task === 'classes') return [`${evaluation.data} ${evaluation.split}`, evaluation];
  const report = evaluation.both ?? evaluation.public ?? evaluation.private!;
  return [`FER-2013 ${FER_PARTS[evaluation.split]}`, report];
}

function sections(evaluation: ClassifierEvaluation): readonly string[] {
  switch (evaluation.task) {
    case 'emotion':
      return emotionSections(evaluation);
    case 'classes':
      return [
        summary(evaluation.data, [[evaluation.split, evaluation]]),
        ...classificationSections(...mainPart(evaluation), evaluation.labels),
        ...(evaluation.throughDetector ? [classesChainText(evaluation.throughDetector)] : []),
      ];
    default:
      return numberSections(evaluation);
  }
}

function emotionSections(evaluation: EmotionEvaluation): readonly string[] {
  const { public: chosen, private: final, both, privateDeduplicated: unseen } = evaluation;
  const parts = [
    ['PublicTest', chosen],
    ['PrivateTest', final],
    ['both', both],
    ['PrivateTest, no near-duplicates of training', unseen],
  ] as const;
  const measured = parts.flatMap(([name, report]) => (report ? [[name, report] as const] : []));
  const votes = (
    [
      ['PublicTest', evaluation.ferPlus?.public],
      ['PrivateTest', evaluation.ferPlus?.private],
    ] as const
  ).flatMap(([part, voted]) => (voted ? [`${shareText(voted)} on ${part} (${voted.samples} images)`] : []));
  return [
    summary('FER-2013', measured),
    ...(votes.length ? [`agreement with the majority of FER+: ${votes.join(', ')}\n`] : []),
    ...classificationSections(...mainPart(evaluation), evaluation.labels),
    ...(evaluation.throughDetector ? [classesChainText(evaluation.throughDetector)] : []),
  ];
}

/** One row per part. */
function summary(data: string, parts: readonly (readonly [name: string, report: ClassificationReport])[]): string {
  return table(
    [{ heading: data }, ...['images', 'accuracy', '95 % interval', 'macro-F1', 'ECE', 'NLL'].map(right)],
    parts.map(([name, { samples, accuracy, interval, macroF1, ece, nll }]) => [
      name,
      String(samples),
      percent(accuracy),
      intervalText(interval),
      ...[macroF1, ece, nll].map((figure) => figure.toFixed(4)),
    ]),
  );
}

function classificationSections(on: string, report: ClassificationReport, labels: readonly string[]): readonly string[] {
  return [
    `${on}:\n`,
    table(
      [{ heading: 'class' }, ...['images', 'recall', '95 % interval', 'precision', 'F1'].map(right)],
      report.classes.map(classRow),
    ),
    confusionText(report.confusion, labels),
  ];
}

function classRow({ label, samples, recall, interval, precision, f1 }: ClassReport): readonly string[] {
  return [
    label,
    String(samples),
    recall === null ? '' : percent(recall),
    interval === null ? '' : intervalText(interval),
    precision === null ? '' : percent(precision),
    f1 === null ? '' : f1.toFixed(4),
  ];
}

/** Counts, one row per true class. */
function confusionText(confusion: readonly (readonly number[])[], labels: readonly string[]): string {
  return table(
    [{ heading: 'truth \\ predicted' }, ...labels.map(right)],
    confusion.map((row, r) => [labels[r]!, ...row.map(String)]),
  );
}

function numberSections(evaluation: NumbersEvaluation): readonly string[] {
  const { split, samples, leftOut, mae, bias, rangeAccuracy, rangeOneOff, coverage, ranges, groups } = evaluation;
  const chain = evaluation.throughDetector;
  const figures = numberFigures(evaluation.task);
  const { one, many, unit } = figures.words;
  const names = numberMetricNames(figures);
  return [
    `UTKFace ${split}: ${samples} images (${leftOut} near-duplicates with contradictory ${many} left out)\n`,
    table(
      [{ heading: 'metric' }, right('value'), right('95 % interval')],
      [
        [names.error, mae.value.toFixed(2), yearsInterval(mae)],
        [`bias (${unit})`, bias.toFixed(2), ''],
        ['range right', percent(rangeAccuracy.value), intervalText(rangeAccuracy.interval)],
        ['range right or next to it', percent(rangeOneOff.value), intervalText(rangeOneOff.interval)],
        [names.coverage, percent(coverage.value), intervalText(coverage.interval)],
      ],
    ),
    table(
      [{ heading: one }, ...['images', 'mean error', '95 % interval', 'bias'].map(right)],
      ranges.map((range) => [
        range.range,
        String(range.samples),
        range.mae ? range.mae.value.toFixed(2) : '',
        range.mae ? yearsInterval(range.mae) : '',
        range.bias === null ? '' : range.bias.toFixed(2),
      ]),
    ),
    table(
      [{ heading: 'group (labels of UTKFace)' }, ...['images', 'mean error', '95 % interval'].map(right)],
      [...groups.gender, ...groups.race].map(({ group, error }) => [
        group,
        String(error.samples),
        error.value.toFixed(2),
        yearsInterval(error),
      ]),
    ),
    confusionText(evaluation.confusion, figures.ranges),
    ...(chain
      ? [
          `through ${chain.detector.name} ${chain.detector.version}: face found in ${shareText(chain.found)} of ${chain.found.samples}; ` +
            `mean error ${meanText(chain.mae)} ${unit}, directly on the same images ${meanText(chain.direct)}, on all ${meanText(chain.directAll)}\n`,
        ]
      : []),
  ];
}

function classesChainText({ detector, found, accuracy, direct, accuracyFound, directFound }: ClassesChain): string {
  const row = (name: string, chain: Share, plain: Share) => [
    name,
    String(chain.samples),
    shareText(chain),
    shareText(plain),
    `${((chain.value - plain.value) * 100).toFixed(2)} points`,
  ];
  return (
    `through ${detector.name} ${detector.version}: face found in ${shareText(found)} of ${found.samples}\n` +
    table(
      [{ heading: 'accuracy' }, ...['images', 'through the detector', 'directly', 'difference'].map(right)],
      [row('all, a miss is wrong', accuracy, direct), row('only where found', accuracyFound, directFound)],
    )
  );
}

function detectorSections({ data, scoreThreshold, ap50, ap30, folds }: DetectorEvaluation): readonly string[] {
  const row = (name: string, report: DetectionReport) => [
    name,
    String(report.iou),
    String(report.images),
    String(report.faces),
    report.averagePrecision.toFixed(4),
    `[${report.interval.map((end) => end.toFixed(4)).join(', ')}]`,
    report.recall.toFixed(4),
    ...report.recallAt.map(({ recall }) => recall.toFixed(4)),
  ];
  const name = data === 'FDDB' ? 'FDDB' : 'labelled photos';
  return [
    table(
      [
        { heading: 'data' },
        ...['IoU', 'images', 'faces', 'AP', '95 % interval', `recall from ${scoreThreshold} up`].map(right),
        ...ap50.recallAt.map(({ falsePositives }) => right(`recall, ${falsePositives} false`)),
      ],
      [
        row(name, ap50),
        row(name, ap30),
        ...folds.flatMap((fold) => [row(`fold ${fold.fold}`, fold.ap50), row(`fold ${fold.fold}`, fold.ap30)]),
      ],
    ),
  ];
}

function right(heading: string): { readonly heading: string; readonly align: 'right' } {
  return { heading, align: 'right' };
}

function percent(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}

function intervalText([low, high]: Interval): string {
  return `[${(low * 100).toFixed(2)}, ${(high * 100).toFixed(2)}]`;
}

function shareText({ value, interval }: Share): string {
  return `${percent(value)} ${intervalText(interval)}`;
}

function yearsInterval({ interval }: Mean): string {
  return interval ? `[${interval[0].toFixed(2)}, ${interval[1].toFixed(2)}]` : '';
}

function meanText(mean: Mean): string {
  return `${mean.value.toFixed(2)} ${yearsInterval(mean)}`.trimEnd();
}
