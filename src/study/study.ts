/** Sums a study up: from each recording's course to curves with bands, windows, comparisons and quality. Plain data in and out. */
import type { ClassSubject } from '../attributes/classes/classes.js';
import { PhizError } from '../core/error.js';
import type { VideoSummary } from '../results/video-result.js';
import { bootstrapBand } from '../statistics/bootstrap.js';
import { agreementOf } from './agreement.js';
import type { Coded } from './coded.js';
import { compareSides, differOverTime, type Sides } from './compare.js';
import type { Followed } from './course.js';
import { type Design, WHOLE } from './design.js';
import { correctCurves, correctFamilies } from './families.js';
import {
  type Curve,
  type RecordingQuality,
  STUDY_SCHEMA_VERSION,
  type StimulusResult,
  type StudyResult,
  type StudySettings,
  type WindowValue,
} from './study-result.js';
import { correctedCourse, sumWindow } from './windows.js';

/** Settings that have a default: what is not given holds as docs/studies.md says. */
export type StudyDefaults = { readonly [Name in keyof StudySettings]?: StudySettings[Name] | undefined };

/** Settings with what holds where nothing is said. Throws PhizError `invalid-option`. */
export function studySettings(subject: ClassSubject, given: StudyDefaults): StudySettings {
  const { primary = [], step = 0.1, seed = 1, threshold = 0.5, leastShare = 0.5, leastFace = 0.5, keepPoor = false } = given;
  const { outcomes = subject.classes.labels as readonly string[] } = given;
  if (!(step >= 0.01 && step <= 60)) throw new PhizError('invalid-option', `step must be 0.01 to 60 seconds; got ${step}`);
  for (const [name, value] of Object.entries({ threshold, leastShare, leastFace }))
    if (!(value >= 0 && value <= 1))
      throw new PhizError('invalid-option', `${name} must be a number between 0 and 1; got ${value}`);
  if (!Number.isSafeInteger(seed)) throw new PhizError('invalid-option', `seed must be a whole number; got ${seed}`);
  const unknown = outcomes.find((label) => !subject.classes.labels.includes(label));
  if (unknown !== undefined || outcomes.length === 0)
    throw new PhizError('invalid-option', `outcomes are among ${subject.classes.labels.join(', ')}; got '${unknown ?? ''}'`);
  const stray = primary.find(({ label }) => !outcomes.includes(label));
  if (stray) throw new PhizError('invalid-option', `a primary test is one of ${outcomes.join(', ')}; got '${stray.label}'`);
  return { step, seed, outcomes, primary, threshold, leastShare, leastFace, keepPoor };
}

/** What a result is made of besides its sums. */
export interface StudyMaking {
  /** The version of phiz. */
  readonly phiz: string;
  /** SHA-256 of the design and its moments. */
  readonly hash: string;
  /** Of one of its recordings: they are alike. */
  readonly summary: Pick<VideoSummary, 'models' | 'settings'> | undefined;
  /** What a person coded. Default: nothing. */
  readonly coded?: readonly Coded[] | undefined;
  /** Recordings of which nothing came. Default: none. */
  readonly failures?: StudyResult['failures'] | undefined;
}

/** A whole study: what `study.json` holds. */
export function studyResult(
  design: Design,
  followed: readonly Followed[],
  subject: ClassSubject,
  settings: StudySettings,
  { phiz, hash, summary, coded = [], failures = [] }: StudyMaking,
): StudyResult {
  return {
    schemaVersion: STUDY_SCHEMA_VERSION,
    phiz,
    design: hash,
    subject: subject.name,
    settings,
    models: summary?.models ?? null,
    analysis: summary?.settings ?? {},
    ...sumUp(design, followed, subject, settings),
    agreement: agreementOf(followed, coded, subject.classes.labels, settings.step) ?? null,
    failures,
  };
}

/** All that follows from design and courses. */
function sumUp(
  design: Design,
  followed: readonly Followed[],
  subject: ClassSubject,
  settings: StudySettings,
): Pick<StudyResult, 'participants' | 'stimuli' | 'windows' | 'comparisons' | 'differences' | 'quality'> {
  const { step, seed, outcomes } = settings;
  const labels: readonly string[] = subject.classes.labels;
  const names = [...new Set(design.recordings.map(({ stimulus }) => stimulus))];
  const steps = new Map(
    names.map((name) => [
      name,
      Math.max(0, ...followed.flatMap(({ recording, course }) => (recording.stimulus === name ? [course.cells.length] : []))),
    ]),
  );
  const quality = followed.map((one) => qualityOf(one, steps.get(one.recording.stimulus)! * step, settings));
  const kept = followed.filter((_, i) => quality[i]!.kept);
  const of = (stimulus: string) => kept.filter(({ recording }) => recording.stimulus === stimulus);

  const stimuli = names.map((stimulus): StimulusResult => {
    const own = of(stimulus);
    return {
      stimulus,
      participants: own.length,
      length: steps.get(stimulus)! * step,
      moments: design.moments.filter((moment) => moment.stimulus === stimulus),
      curves: labels.map((label, index) => curveOf(own, { label, index, steps: steps.get(stimulus)!, settings })),
    };
  });
  const windows = stimuli.flatMap(({ stimulus, length, moments }) =>
    of(stimulus).flatMap(({ recording: { participant }, course }) =>
      [{ label: WHOLE, from: 0, to: length }, ...moments].flatMap((window) =>
        labels.map((label, index): WindowValue => {
          const sum = sumWindow(course, index, window, step);
          return {
            participant,
            stimulus,
            window: window.label,
            label,
            ...(sum ?? { mean: null, raw: null, peak: null, peakAt: null }),
          };
        }),
      ),
    ),
  );
  const pairs = pairsOf(names);
  const coursesOf = (stimulus: string, index: number) =>
    new Map(of(stimulus).map(({ recording, course }) => [recording.participant, correctedCourse(course, index)]));
  return {
    participants: [...new Set(design.recordings.map(({ participant }) => participant))],
    stimuli,
    windows,
    comparisons: correctFamilies(
      [...pairs.map((pair) => betweenStimuli(pair, windows)), ...betweenGroups(design, names, windows)].flatMap((sides) =>
        compareSides(sides, outcomes, seed),
      ),
      settings.primary,
    ),
    differences: correctCurves(
      pairs.flatMap(([first, second]) =>
        outcomes.map((label) => {
          const index = labels.indexOf(label);
          return differOverTime({ first, second, label, step, seed }, coursesOf(first, index), coursesOf(second, index));
        }),
      ),
    ),
    quality,
  };
}

function qualityOf({ recording, course, problem, lost }: Followed, length: number, settings: StudySettings): RecordingQuality {
  const { quality, baseline } = course;
  const { file, participant, stimulus } = recording;
  const ofLength = (seconds: number) => (length > 0 ? Math.min(seconds / length, 1) : 0);
  // What the design leaves out is nobody's fault.
  const wanted = length - quality.excluded;
  const face = wanted > 0 ? Math.min(quality.withFace / wanted, 1) : 0;
  const poor = face < settings.leastFace || quality.withFace === 0;
  return {
    file,
    participant,
    stimulus,
    ...quality,
    covered: ofLength(quality.seconds),
    face,
    lost,
    baseline: recording.baseline ? (baseline ? 'used' : 'not measured') : 'none',
    kept: quality.withFace > 0 && (!poor || settings.keepPoor),
    note: problem ?? (quality.withFace === 0 ? 'no reliable face at all' : null),
  };
}

function curveOf(
  own: readonly Followed[],
  { label, index, steps, settings }: { label: string; index: number; steps: number; settings: StudySettings },
): Curve {
  const { step, seed, threshold, leastShare } = settings;
  const least = Math.max(1, leastShare * own.length);
  const courses = own.map(({ course }) => {
    const values = correctedCourse(course, index);
    return Array.from({ length: steps }, (_, i) => values[i] ?? null);
  });
  const points = bootstrapBand(courses, { seed }).map((point) =>
    point.n < least ? { n: point.n, mean: null, low: null, high: null } : point,
  );
  const above = points.map(({ mean }, i) => {
    const raw = own.flatMap(({ course }) => course.cells[i]?.[index] ?? []);
    return mean === null ? null : raw.filter((value) => value > threshold).length / raw.length;
  });
  let peak: Curve['peak'] = null;
  for (const [i, { mean, n }] of points.entries())
    if (mean !== null && (!peak || mean > peak.mean)) peak = { seconds: (i + 0.5) * step, mean, n };
  return { label, points, above, peak };
}

function betweenStimuli([first, second]: readonly [string, string], windows: readonly WindowValue[]): Sides {
  return {
    between: 'stimuli',
    column: null,
    stimulus: null,
    first,
    second,
    values: (side) => windows.filter(({ stimulus }) => stimulus === (side === 'first' ? first : second)),
  };
}

/** A condition with more values than this (an age, a note) makes no groups. */
const MOST_LEVELS = 6;

function betweenGroups(design: Design, stimuli: readonly string[], windows: readonly WindowValue[]): readonly Sides[] {
  return design.conditions.flatMap((column) =>
    stimuli.flatMap((stimulus) => {
      const own = design.recordings.filter((recording) => recording.stimulus === stimulus);
      const levels = [...new Set(own.map(({ conditions }) => conditions[column]!))].filter((level) => level !== '');
      if (levels.length > MOST_LEVELS) return [];
      return pairsOf(levels).map(([first, second]): Sides => {
        const members = (level: string) =>
          own.flatMap(({ participant, conditions }) => (conditions[column] === level ? [participant] : []));
        const sides = { first: members(first), second: members(second) };
        return {
          between: 'groups',
          column,
          stimulus,
          first,
          second,
          values: (side) => windows.filter((value) => value.stimulus === stimulus && sides[side].includes(value.participant)),
        };
      });
    }),
  );
}

function pairsOf(names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((first, i) => names.slice(i + 1).map((second) => [first, second] as const));
}
