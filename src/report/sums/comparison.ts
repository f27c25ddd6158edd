/**
 * What a comparison of models says, as plain data: `comparison.json` is this object, the page and the text are made from it. How
 * the metrics come about is src/apps/compare's business.
 */
import type { ClassesSummary } from '../../attributes/classes/classes.js';
import type { EpochRecord } from '../plots/learning-curve.js';
import type { TruthReport } from './comparison-truth.js';
import type { TruthSegment } from './truth-segment.js';

export const COMPARISON_SCHEMA_VERSION = 2;

type Interval = readonly [low: number, high: number];

/** How one model fares on one part of the data. */
export interface PartReport {
  readonly samples: number;
  readonly accuracy: number;
  /** 95 % Wilson interval. */
  readonly interval: Interval;
  /** Unweighted mean of the classes' F1. */
  readonly macroF1: number;
  /** Expected calibration error at the card's temperature. */
  readonly ece: number;
  /** Mean negative log-likelihood in nats. */
  readonly nll: number;
  /** Bins of confidence with the share of right answers in each. */
  readonly calibration: readonly {
    readonly low: number;
    readonly high: number;
    readonly samples: number;
    readonly accuracy: number | null;
    readonly confidence: number | null;
  }[];
  /** In the order of the comparison's labels. */
  readonly classes: readonly {
    readonly label: string;
    readonly samples: number;
    readonly recall: number | null;
    readonly interval: Interval | null;
    readonly precision: number | null;
    readonly f1: number | null;
  }[];
  /** `confusion[truth][predicted]` in samples. */
  readonly confusion: readonly (readonly number[])[];
}

/** Milliseconds per face: the median of the runs and the quartiles around it. */
export interface Timing {
  readonly median: number;
  readonly quartiles: Interval;
  readonly runs: number;
}

/** The log that lay beside a model. */
export interface TrainingLog {
  readonly file: string;
  readonly epochs: readonly EpochRecord[];
  /** The epoch of the best validation accuracy, and the last one; null where the log has no accuracies. */
  readonly best: EpochAccuracy | null;
  readonly last: EpochAccuracy | null;
}

export interface EpochAccuracy {
  readonly epoch: number;
  readonly accuracy: number;
}

export interface ComparedModel {
  /** As shown; distinct within the comparison. */
  readonly name: string;
  /** As it was asked for: a name or a path. */
  readonly given: string;
  readonly version: string;
  readonly sha256: string;
  readonly summary: string;
  readonly parameters: number;
  /** Size of the .onnx. */
  readonly bytes: number;
  /** For one face; null where its file does not tell. */
  readonly multiplyAdds: number | null;
  readonly input: { readonly width: number; readonly height: number; readonly channels: 1 | 3 };
  /** Divides the logits before the soft-max. */
  readonly temperature: number;
  /** From pixels in memory to logits, cutting and scaling included. */
  readonly milliseconds: { readonly single: Timing; readonly batch: Timing };
  /** By key of the part. */
  readonly parts: Readonly<Record<string, PartReport>>;
  readonly training: TrainingLog | null;
}

/** A part of the data that every model was measured on. */
export interface ComparedPart {
  readonly key: string;
  readonly name: string;
  readonly samples: number;
}

/** Whether two models differ on the main part: McNemar's test. */
export interface PairTest {
  readonly first: string;
  readonly second: string;
  /** Samples that only the first, and only the second, has right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly method: 'exact' | 'chi-squared';
  readonly statistic: number | null;
  readonly p: number;
  /** Corrected for the number of pairs (Holm). */
  readonly corrected: number;
}

/** A clip in which every model saw the same faces. */
export interface ComparedClip {
  readonly source: string;
  /** Seconds. */
  readonly duration: number;
  readonly analysedFrames: number;
  /** Faces measured, one per person per frame. */
  readonly faces: number;
  readonly people: number;
  readonly detector: { readonly name: string; readonly version: string };
  /** Time constant in seconds over which all curves and shares are smoothed; 0: as measured. */
  readonly smoothing: number;
  readonly truth: { readonly file: string; readonly segments: readonly TruthSegment[] } | null;
  /** In the order of the models. */
  readonly models: readonly {
    readonly name: string;
    /** What a clip's summary says of the classes. */
    readonly overall: ClassesSummary;
    readonly truth: TruthReport | null;
  }[];
}

/** What was left out, since models and data do not all have the same classes: compared is on those that all share. */
export interface SharedClasses {
  /** Images of the other classes of the data. */
  readonly images: readonly { readonly label: string; readonly images: number }[];
  /** Models that tell further classes apart, which are not asked of them here. */
  readonly models: readonly { readonly name: string; readonly labels: readonly string[] }[];
}

export interface Comparison {
  readonly schemaVersion: typeof COMPARISON_SCHEMA_VERSION;
  readonly phiz: string;
  /** ISO 8601. */
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly threads: number | null };
  readonly data: {
    readonly source: string;
    readonly name: string;
    readonly split: string;
    /** Those that were compared. */
    readonly labels: readonly string[];
    /** Null where models and data have the same classes. */
    readonly shared: SharedClasses | null;
    /** Most images of a part that were asked for; null: all. */
    readonly limit: number | null;
    /** Images that could not be read, and why. */
    readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  };
  readonly parts: readonly ComparedPart[];
  /** Key of the part that matrices, recalls and tests are about. */
  readonly main: string;
  readonly models: readonly ComparedModel[];
  readonly pairs: readonly PairTest[];
  readonly clips: readonly ComparedClip[];
}

/** How a model fares on the comparison's main part. */
export function mainReport({ main }: Comparison, model: ComparedModel): PartReport {
  return model.parts[main]!;
}

/** The main part. */
export function mainPart({ parts, main }: Comparison): ComparedPart {
  return parts.find(({ key }) => key === main)!;
}
