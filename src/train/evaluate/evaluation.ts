/**
 * What an evaluation says, as plain data: written as JSON, put into words by src/apps/evaluate/text.ts, and taken over into a
 * model's card. How the figures come about is src/apps/evaluate/evaluate.ts's business.
 */

import type { NumberName } from '../../attributes/index.js';
import { argmax } from '../../classify/softmax.js';
import type { ModelCard } from '../../core/card.js';
import type { Skipped } from '../data/sample.js';
import { type AccuracyReport, accuracyReport } from './accuracy.js';
import { type CalibrationBin, calibrationReport, type LogitRows } from './calibration.js';
import type { GroupError } from './groups.js';
import type { Mean, Share } from './interval.js';
import type { NumbersReport } from './numbers.js';
import type { StressReport } from './stress.js';

/** How a classifier fares on labelled images. */
export interface ClassificationReport extends AccuracyReport {
  /** Expected calibration error at the card's temperature. */
  readonly ece: number;
  /** Mean negative log-likelihood in nats at the card's temperature. */
  readonly nll: number;
  readonly calibration: readonly CalibrationBin[];
}

/** Measures logits (classes in the order of `labels`) against true class indices. Throws PhizError `invalid-data`. */
export function classificationReport(
  logits: LogitRows,
  truth: ArrayLike<number>,
  labels: readonly string[],
  temperature = 1,
): ClassificationReport {
  const { ece, nll, bins } = calibrationReport(logits, truth, { temperature });
  return { ...accuracyReport(logits.map(argmax), truth, labels), ece, nll, calibration: bins };
}

interface Chain {
  readonly detector: { readonly name: string; readonly version: string };
  /** Longer side in pixels that each image was scaled to (bilinear) before the detector saw it. */
  readonly side: number;
  /** Share of the images in which the detector found a face. */
  readonly found: Share;
}

/** Detect, crop, classify against classifying the image directly. */
export interface ClassesChain extends Chain {
  /** An image without a face found counts as wrong. */
  readonly accuracy: Share;
  /** The same images classified directly. */
  readonly direct: Share;
  /** Only the images with a face found. */
  readonly accuracyFound: Share;
  readonly directFound: Share;
}

/** Detect, crop, estimate against estimating from the image directly, both on the images with a face found. */
export interface NumbersChain extends Chain {
  readonly mae: Mean;
  readonly direct: Mean;
  /** The direct estimate on all images, found or not. */
  readonly directAll: Mean;
}

interface Common {
  readonly model: { readonly name: string; readonly version: string; readonly sha256: string };
  /** Divides the logits before the soft-max in all figures here: the card's, or the one fitted. */
  readonly temperature: number;
  /** The card's own, where `temperature` was fitted on the validation images. */
  readonly formerTemperature?: number | undefined;
  /** Images that could not be read and are left out. */
  readonly unreadable: readonly Skipped[];
  readonly stress?: StressReport | undefined;
}

/** FER-2013, by official part; the parts not asked for are absent. */
export interface EmotionEvaluation extends Common {
  readonly task: 'emotion';
  /** What was evaluated: PublicTest, PrivateTest or both. */
  readonly split: 'public' | 'private' | 'all';
  readonly labels: readonly string[];
  readonly public?: ClassificationReport;
  readonly private?: ClassificationReport;
  /** PublicTest and PrivateTest together: the report that phiz reproduces scored on these. */
  readonly both?: ClassificationReport;
  /** PrivateTest without the rows that nearly repeat a training image. */
  readonly privateDeduplicated?: ClassificationReport;
  /** How often it says what most FER+ taggers saw, by part, of the faces where one of the seven has most votes; absent without votes. */
  readonly ferPlus?: { readonly public?: Share | undefined; readonly private?: Share | undefined } | undefined;
  readonly throughDetector?: ClassesChain | undefined;
}

/** An attribute of numbers, on UTKFace. */
export interface NumbersEvaluation extends Common, NumbersReport {
  readonly task: NumberName;
  readonly split: string;
  /** Near-duplicates with contradictory numbers, which say nothing about the network. */
  readonly leftOut: number;
  /** Mean absolute error by the data set's own fields. */
  readonly groups: { readonly gender: readonly GroupError[]; readonly race: readonly GroupError[] };
  readonly throughDetector?: NumbersChain | undefined;
}

/** A folder of class folders. */
export interface ClassesEvaluation extends Common, ClassificationReport {
  readonly task: 'classes';
  /** The data set's name. */
  readonly data: string;
  readonly split: string;
  readonly labels: readonly string[];
  readonly throughDetector?: ClassesChain | undefined;
}

/** A figure as a model card states it. */
export type CardMetric = ModelCard['metrics'][number];
