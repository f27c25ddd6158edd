/**
 * From frames to the summary of a clip, by person and overall: who was seen when, how long each emotion was the most probable,
 * how old each seems. Frames are added one by one and not kept, so a clip of any length takes the same memory.
 *
 * An analysed frame stands for the time until the next one, the last for its own duration. A box that the tracker carries counts
 * with its last measured emotion, once a later measurement shows that the person was still there.
 */
import type { ClipFacts } from '../../analyze/frame.js';
import { EMOTIONS, type Emotion } from '../../attributes/emotion/labels.js';
import {
  type FrameResult,
  type PersonSummary,
  type TrackedFace,
  VIDEO_SCHEMA_VERSION,
  type VideoSummary,
} from '../../results/video-result.js';

/** What can be said from frames alone. */
export interface Totals {
  readonly people: readonly PersonSummary[];
  readonly overall: VideoSummary['overall'];
  readonly analysedFrames: number;
  /** Seconds at which new scenes begin. */
  readonly cuts: readonly number[];
  /** Frames of the clip up to the last analysed one. */
  readonly frames: number;
  /** Seconds at which the last analysed frame ends. */
  readonly end: number;
}

export interface TotalsAccumulator {
  /** Takes the next analysed frame. */
  add(frame: FrameResult<'emotion'>): void;
  finish(): Totals;
}

export interface SummaryAccumulator {
  /** Takes the next analysed frame. */
  add(frame: FrameResult<'emotion'>): void;
  finish(end?: SummaryEnd): VideoSummary;
}

/** How a clip ended. */
export interface SummaryEnd {
  /** False where the clip was not read to its end. Default: true. */
  readonly complete?: boolean;
  /** Why not. */
  readonly problem?: string | null;
  /** Frames decoded; default: up to the last analysed one. */
  readonly frames?: number;
}

export interface SummaryOptions {
  /** The clip's path or name. */
  readonly source: string;
  readonly facts: ClipFacts;
  readonly settings: VideoSummary['settings'];
  readonly models: VideoSummary['models'];
}

/** Collects the published summary of a clip. */
export function createSummary({ source, facts, settings, models }: SummaryOptions): SummaryAccumulator {
  const totals = createTotals();
  const { width, height, duration, frameRate, codec, container, rotation, audio } = facts;
  return {
    add: totals.add,
    finish({ complete = true, problem = null, frames } = {}) {
      const { people, overall, analysedFrames, cuts, frames: seen, end } = totals.finish();
      return {
        schemaVersion: VIDEO_SCHEMA_VERSION,
        source,
        complete,
        problem,
        clip: {
          width,
          height,
          duration: Math.max(duration, end),
          frameRate,
          frames: Math.max(frames ?? 0, seen),
          analysedFrames,
          codec,
          container,
          rotation,
          audio,
          cuts,
        },
        people,
        overall,
        settings,
        models,
      };
    },
  };
}

/** A frame that lasts no time (a still has no duration) counts this many seconds, so that shares of time exist. */
const INSTANT = 1e-9;

interface Tally {
  frames: number;
  /** By emotion, in the order of EMOTIONS. */
  readonly seconds: Float64Array;
  readonly scores: Float64Array;
  confidence: number;
}

interface PersonTally extends Tally {
  readonly firstSeen: number;
  lastSeen: number;
  age: PersonSummary['age'];
  /** Seconds by emotion carried since the last measurement. */
  readonly carried: Float64Array;
}

/** Collects what frames alone tell. */
export function createTotals(): TotalsAccumulator {
  const people = new Map<number, PersonTally>();
  const overall = newTally();
  const cuts: number[] = [];
  let analysedFrames = 0;
  let previous: FrameResult<'emotion'> | undefined;

  const weigh = (frame: FrameResult<'emotion'>, seconds: number): void => {
    for (const face of frame.faces) {
      if (!face.emotion) continue;
      const emotion = EMOTIONS.indexOf(face.emotion.label);
      const known = people.get(face.person);
      if (!face.measured || !face.raw) {
        if (known) known.carried[emotion]! += seconds;
        continue;
      }
      const tally = known ?? { ...newTally(), firstSeen: frame.timestamp, lastSeen: 0, age: null, carried: new Float64Array(7) };
      if (!known) people.set(face.person, tally);
      for (const [i, carried] of tally.carried.entries()) {
        tally.seconds[i]! += carried;
        overall.seconds[i]! += carried;
      }
      tally.carried.fill(0);
      for (const each of [tally, overall]) count(each, face, emotion, seconds);
      tally.lastSeen = frame.timestamp;
      const { age } = face as Partial<TrackedFace>;
      if (age) tally.age = { range: age.range, years: age.years, interval: age.interval };
    }
  };

  return {
    add(frame) {
      if (previous) weigh(previous, Math.max(frame.timestamp - previous.timestamp, INSTANT));
      if (frame.cut) cuts.push(frame.timestamp);
      analysedFrames++;
      previous = frame;
    },
    finish() {
      const last = previous;
      previous = undefined;
      if (last) weigh(last, Math.max(last.duration, INSTANT));
      return {
        people: [...people]
          .sort(([a], [b]) => a - b)
          .map(([person, tally]) => {
            const { firstSeen, lastSeen, age } = tally;
            return { person, firstSeen, lastSeen, ...readTally(tally), age };
          }),
        overall: readTally(overall),
        analysedFrames,
        cuts,
        frames: last ? last.frame + 1 : 0,
        end: last ? last.timestamp + last.duration : 0,
      };
    },
  };
}

function newTally(): Tally {
  const n = EMOTIONS.length;
  return { frames: 0, seconds: new Float64Array(n), scores: new Float64Array(n), confidence: 0 };
}

function count(tally: Tally, { emotion, raw }: TrackedFace<'emotion'>, label: number, seconds: number): void {
  tally.frames++;
  tally.seconds[label]! += seconds;
  tally.confidence += emotion!.confidence;
  for (const [i, name] of EMOTIONS.entries()) tally.scores[i]! += raw!.emotion.probabilities[name];
}

function readTally({ frames, seconds, scores, confidence }: Tally): VideoSummary['overall'] {
  const total = seconds.reduce((sum, s) => sum + s, 0);
  const most = EMOTIONS.reduce((best, _, i) => (seconds[i]! > seconds[best]! ? i : best), 0);
  return {
    frames,
    seconds: total,
    dominant: frames ? EMOTIONS[most]! : null,
    shareOfTime: byEmotion((i) => (total ? Math.min(seconds[i]! / total, 1) : 0)),
    sumOfScores: byEmotion((i) => scores[i]!),
    meanConfidence: frames ? Math.min(confidence / frames, 1) : null,
  };
}

function byEmotion(value: (index: number) => number): Record<Emotion, number> {
  return Object.fromEntries(EMOTIONS.map((emotion, i) => [emotion, value(i)])) as Record<Emotion, number>;
}
