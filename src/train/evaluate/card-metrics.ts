/** The metrics of an evaluation that go into the model's card, each with the data and the number of images it was measured on. */

import { numberFigures } from '../../attributes/index.js';
import { type DetectorEvaluation, detectorMetrics } from './detection.js';
import type {
  CardMetric,
  ClassesChain,
  ClassesEvaluation,
  ClassificationReport,
  EmotionEvaluation,
  NumbersEvaluation,
} from './evaluation.js';
import type { Mean, Share } from './interval.js';
import { numberMetricNames } from './numbers.js';

/** An evaluation's metrics in the form of a card's `metrics`. */
export function cardMetrics(
  evaluation: EmotionEvaluation | NumbersEvaluation | ClassesEvaluation | DetectorEvaluation,
): readonly CardMetric[] {
  switch (evaluation.task) {
    case 'emotion':
      return emotionMetrics(evaluation);
    case 'classes':
      return classesMetrics(evaluation);
    case 'detector':
      return detectorMetrics(evaluation);
    default:
      return numberMetrics(evaluation);
  }
}

/**
 * The card's metrics with new ones in place of those of the same name on the same data (the part of `on` before the comma; what
 * follows it counts the samples).
 */
export function mergeMetrics(old: readonly CardMetric[], fresh: readonly CardMetric[]): readonly CardMetric[] {
  const key = ({ name, on }: CardMetric) => `${name} on ${on.split(', ')[0]}`;
  const replaced = new Set(fresh.map(key));
  return [...old.filter((metric) => !replaced.has(key(metric))), ...fresh];
}

/** The parts of FER-2013 by the names of its authors. */
export const FER_PARTS = { public: 'PublicTest', private: 'PrivateTest', all: 'PublicTest and PrivateTest' } as const;

function emotionMetrics(evaluation: EmotionEvaluation): readonly CardMetric[] {
  const { public: chosen, private: final, both, privateDeduplicated: unseen, ferPlus = {}, throughDetector: chain } = evaluation;
  const agreement = (voted: Share | undefined, part: string) =>
    voted ? [shareMetric('agreement with the majority of FER+', voted, `FER-2013 ${part}`)] : [];
  return [
    ...(chosen ? classification(chosen, `FER-2013 ${FER_PARTS.public}`) : []),
    ...(final ? classification(final, `FER-2013 ${FER_PARTS.private}`) : []),
    ...(both ? classification(both, `FER-2013 ${FER_PARTS.all}`) : []),
    ...(unseen ? classification(unseen, `FER-2013 ${FER_PARTS.private} without near-duplicates of training images`) : []),
    ...agreement(ferPlus.public, FER_PARTS.public),
    ...agreement(ferPlus.private, FER_PARTS.private),
    ...(chain ? chainMetrics(chain, `FER-2013 ${FER_PARTS[evaluation.split]}`) : []),
  ];
}

function classesMetrics(evaluation: ClassesEvaluation): readonly CardMetric[] {
  const { throughDetector: chain } = evaluation;
  const data = `${evaluation.data} ${evaluation.split}`;
  return [...classification(evaluation, data), ...(chain ? chainMetrics(chain, data) : [])];
}

function chainMetrics({ detector, found, accuracy }: ClassesChain, data: string): readonly CardMetric[] {
  const through = `${data} through ${detector.name}`;
  return [shareMetric('face found', found, through), shareMetric('accuracy', accuracy, through)];
}

function classification(
  { accuracy, interval, macroF1, ece, samples, classes }: ClassificationReport,
  data: string,
): readonly CardMetric[] {
  const on = `${data}, ${samples} images`;
  return [
    { name: 'accuracy', value: accuracy, interval: [...interval], on },
    { name: 'macro-F1', value: macroF1, on },
    { name: 'expected calibration error', value: ece, on },
    ...classes.flatMap(({ label, recall, interval: between, samples: own }): CardMetric[] =>
      recall === null || !between
        ? []
        : [{ name: `recall, ${label}`, value: recall, interval: [...between], on: `${data}, ${own} images` }],
    ),
  ];
}

function numberMetrics(evaluation: NumbersEvaluation): readonly CardMetric[] {
  const data = `UTKFace ${evaluation.split}`;
  const on = `${data}, ${evaluation.samples} images`;
  const { throughDetector: chain } = evaluation;
  const names = numberMetricNames(numberFigures(evaluation.task));
  const through = `${data} through ${chain?.detector.name}`;
  return [
    meanMetric(names.error, evaluation.mae, on),
    ...evaluation.ranges.flatMap(({ range, mae, samples }) =>
      mae ? [meanMetric(names.errorIn(range), mae, `${data}, ${samples} images`)] : [],
    ),
    shareMetric('range accuracy', evaluation.rangeAccuracy, data),
    shareMetric('range accuracy within one range', evaluation.rangeOneOff, data),
    shareMetric(names.coverage, evaluation.coverage, data),
    ...[...evaluation.groups.gender, ...evaluation.groups.race].map(({ group, error, samples }) =>
      meanMetric(names.errorOf(group), error, `${data}, ${samples} images`),
    ),
    ...(chain
      ? [
          shareMetric('face found', chain.found, through),
          meanMetric(names.error, chain.mae, `${through}, ${chain.mae.samples} images`),
        ]
      : []),
  ];
}

function shareMetric(name: string, { value, interval, samples }: Share, data: string): CardMetric {
  return { name, value, interval: [...interval], on: `${data}, ${samples} images` };
}

function meanMetric(name: string, { value, interval }: Mean, on: string): CardMetric {
  return { name, value, interval: interval && [...interval], on };
}
