/** What a study says, as plain data: `study.json` is this object; tables and the report are made from it. How it is summed up: study.ts. */
import type { VideoSummary } from '../results/video-result.js';
import type { BandPoint } from '../statistics/bootstrap.js';
import type { CoderAgreement } from './agreement.js';
import type { CourseQuality } from './course.js';
import type { Moment } from './design.js';

/** A class in a window of the stimulus. */
export interface PrimaryTest {
  readonly label: string;
  /** `whole` or a moment's label. */
  readonly window: string;
}

export const STUDY_SCHEMA_VERSION = 1;

type Interval = readonly [low: number, high: number];

/** What a study was summed up with. */
export interface StudySettings {
  /** Seconds between two points of a curve. */
  readonly step: number;
  readonly seed: number;
  /** Classes that are compared. */
  readonly outcomes: readonly string[];
  /** Tests that the study is about; all others explore. */
  readonly primary: readonly PrimaryTest[];
  /** A score above which a participant counts as showing a class. */
  readonly threshold: number;
  /** Share of a stimulus's participants below which its curves end. */
  readonly leastShare: number;
  /** Share of the stimulus's time with a reliable face below which a recording is left out. */
  readonly leastFace: number;
  /** Recordings below that are kept all the same. */
  readonly keepPoor: boolean;
}

/** One class over a stimulus. */
export interface Curve {
  readonly label: string;
  /** One a step; what falls below the least share of participants has null for a mean. */
  readonly points: readonly BandPoint[];
  /** Share of participants above the threshold, one a step; null where the curve ends. */
  readonly above: readonly (number | null)[];
  /** Highest mean and the middle of its step in seconds. */
  readonly peak: { readonly seconds: number; readonly mean: number; readonly n: number } | null;
}

export interface StimulusResult {
  readonly stimulus: string;
  readonly participants: number;
  /** Seconds. */
  readonly length: number;
  readonly moments: readonly Moment[];
  readonly curves: readonly Curve[];
}

/** One participant in one window of one stimulus; null where less than half of it was measured. */
export interface WindowValue {
  readonly participant: string;
  readonly stimulus: string;
  /** `whole` or a moment's label. */
  readonly window: string;
  readonly label: string;
  /** Corrected by the baseline where there is one. */
  readonly mean: number | null;
  /** As measured. */
  readonly raw: number | null;
  readonly peak: number | null;
  /** Seconds of the stimulus. */
  readonly peakAt: number | null;
}

export interface ComparisonRow {
  readonly between: 'stimuli' | 'groups';
  /** The condition column of groups. */
  readonly column: string | null;
  readonly stimulus: string | null;
  readonly first: string;
  readonly second: string;
  readonly window: string;
  readonly label: string;
  readonly design: 'paired' | 'unpaired';
  readonly nFirst: number;
  readonly nSecond: number;
  /** Mean of the first less mean of the second. */
  readonly difference: number | null;
  /** 95 %, bootstrap over participants; paired only. */
  readonly interval: Interval | null;
  readonly effect: { readonly name: 'd_z' | 'delta'; readonly value: number; readonly interval: Interval | null } | null;
  readonly p: number | null;
  /** The tests that are corrected together: those named beforehand, or all others of the same question. */
  readonly family: 'primary' | 'exploratory';
  /** How many tests the family has. */
  readonly tests: number;
  /** After Holm, within the family. */
  readonly corrected: number | null;
  readonly method: 'exact' | 'random' | null;
  /** Smallest standardised difference that so many show in 80 % of studies. */
  readonly smallest: number | null;
  /** Why there is no test. */
  readonly refused: string | null;
}

/** Stretches in which two curves differ: seconds. */
export interface CurveDifference {
  readonly first: string;
  readonly second: string;
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly higher: string;
  readonly p: number;
  /** After Holm, over all curves that are compared. */
  readonly corrected: number;
}

export interface RecordingQuality extends CourseQuality {
  readonly file: string;
  readonly participant: string;
  readonly stimulus: string;
  /** Share of the stimulus's length that the recording covers, and with a reliable face. */
  readonly covered: number;
  readonly face: number;
  /** Frames of its file that could not be decoded; null where nobody counted. */
  readonly lost: number | null;
  readonly baseline: 'used' | 'none' | 'not measured';
  readonly kept: boolean;
  readonly note: string | null;
}

/** A study, summed up: what `study.json` holds. */
export interface StudyResult {
  readonly schemaVersion: typeof STUDY_SCHEMA_VERSION;
  readonly phiz: string;
  /** SHA-256 of the design and its moments. */
  readonly design: string;
  readonly subject: string;
  readonly settings: StudySettings;
  readonly models: VideoSummary['models'] | null;
  readonly analysis: VideoSummary['settings'];
  readonly participants: readonly string[];
  readonly stimuli: readonly StimulusResult[];
  readonly windows: readonly WindowValue[];
  readonly comparisons: readonly ComparisonRow[];
  readonly differences: readonly CurveDifference[];
  readonly quality: readonly RecordingQuality[];
  /** With what a person coded; null where nobody did, or nothing of it was measured. */
  readonly agreement: CoderAgreement | null;
  readonly failures: readonly { readonly file: string; readonly reason: string }[];
}
