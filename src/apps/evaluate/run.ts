/** What the evaluations of classifiers share: their options, the loaded model, and the fields that every result begins with. */
import type { Classifier } from '../../classify/classifier.js';
import { PhizError } from '../../core/error.js';
import type { FaceDetector } from '../../detect/detector.js';
import type { Skipped } from '../../train/data/sample.js';
import type { LogitOptions } from './logits.js';

/** Which model is measured, and on what. */
export interface EvaluateOptions extends LogitOptions {
  /** A committed name, or the path of an .onnx with its card beside it. */
  readonly model: string;
  /** The data set's folder. */
  readonly data: string;
  /**
   * FER-2013: 'public', 'private' or 'all' (default; through a detector 'public'). UTKFace: 'val', 'test' (default; through a
   * detector 'val') or 'train'. Class folders: 'all', 'val', 'test' or 'train'; default: all of a
   * folder without splits, else the first of val, test and train. Detectors take no split: give the folder.
   */
  readonly split?: string | undefined;
  /** At most so many images of each part, classes in proportion. */
  readonly limit?: number | undefined;
  /** Also detect, crop and classify each image, and compare with classifying it directly. */
  readonly throughDetector?: boolean | undefined;
  /** The detector for that; default 'detector'. */
  readonly detector?: string | undefined;
  /** Fit the temperature on the validation images (PublicTest, val) and measure with it. */
  readonly fitTemperature?: boolean | undefined;
  /** Measure the same images turned, blurred, dark, covered and so on, too. */
  readonly stress?: boolean | undefined;
  /** Threads of the runtime. */
  readonly threads?: number | undefined;
  /** Is told what a user should know of how the data were taken. */
  readonly onNote?: ((text: string) => void) | undefined;
}

/** An evaluation of a classifier under way. */
export interface ClassifierRun {
  readonly classifier: Classifier;
  readonly options: EvaluateOptions;
  /** Present where the chain is to be measured. */
  readonly detector?: FaceDetector | undefined;
}

/** The split asked for, or the default one. Throws PhizError `invalid-option`. */
export function chooseSplit<S extends string>(asked: string | undefined, known: readonly S[], otherwise: S): S {
  if (asked === undefined) return otherwise;
  const split = known.find((name) => name === asked);
  if (!split) throw new PhizError('invalid-option', `split must be ${known.join(', ')} for this data; got '${asked}'`);
  return split;
}

/** What the openers of data sets are told. */
export function loadOptions({ classifier, options: { data, limit, signal, onNote, onProgress } }: ClassifierRun) {
  return {
    dir: data,
    grey: classifier.card.input.channels === 1,
    limit,
    signal,
    onNote,
    onProgress: (done: number, total: number) => onProgress?.('reading', done, total),
  };
}

/** The fields that every result begins with. */
export function common({ classifier: { card } }: ClassifierRun, unreadable: readonly Skipped[], fitted: number | undefined) {
  return {
    model: { name: card.name, version: card.version, sha256: card.sha256 },
    temperature: fitted ?? card.temperature,
    formerTemperature: fitted === undefined ? undefined : card.temperature,
    unreadable,
  };
}
