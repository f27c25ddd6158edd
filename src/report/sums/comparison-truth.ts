/**
 * How much of a clip's time a model is right, by true emotion. Frames are added one by one and not kept. A frame stands for the
 * time until the next one, cut at the borders of the true segments; several faces at once share it; time without a face is
 * nobody's, so it counts as not right and is told apart.
 */
import { EMOTIONS, type Emotion } from '../../attributes/emotion/labels.js';
import { spanFrames } from '../../results/frame-spans.js';
import type { FrameResult } from '../../results/video-result.js';
import type { TruthSegment } from './truth-segment.js';

/** One true emotion. */
export interface TruthShare {
  readonly emotion: Emotion;
  /** Analysed time in which this is the truth. */
  readonly seconds: number;
  /** Share of it in which a face was seen. */
  readonly seen: number;
  /** Share of it in which the emotion was the most probable. */
  readonly right: number;
  /** Share of it by the emotion that was the most probable. */
  readonly called: Readonly<Record<Emotion, number>>;
}

export interface TruthReport {
  /** Analysed time with a known truth. */
  readonly seconds: number;
  /** Share of it in which the true emotion was the most probable. */
  readonly right: number;
  /** Emotions that occur, in the order of EMOTIONS. */
  readonly emotions: readonly TruthShare[];
}

export interface TruthAccumulator {
  /** Takes the next analysed frame. */
  add(frame: FrameResult<'emotion'>): void;
  /** Null where no analysed time has a known truth. */
  finish(): TruthReport | null;
}

/** Scores frames against the truth. */
export function createTruthScore(truth: readonly TruthSegment[]): TruthAccumulator {
  const tallies = EMOTIONS.map(() => ({ seconds: 0, called: EMOTIONS.map(() => 0) }));

  const weigh = ({ timestamp, faces }: FrameResult<'emotion'>, until: number): void => {
    const labels = faces.flatMap(({ emotion }) => (emotion ? [EMOTIONS.indexOf(emotion.label)] : []));
    for (const { start, end, emotion } of truth) {
      const seconds = Math.min(until, end) - Math.max(timestamp, start);
      if (!(seconds > 0)) continue;
      const tally = tallies[EMOTIONS.indexOf(emotion)]!;
      tally.seconds += seconds;
      for (const label of labels) tally.called[label]! += seconds / labels.length;
    }
  };

  const spans = spanFrames(weigh);
  return {
    add: spans.add,
    finish() {
      spans.finish();
      const seconds = tallies.reduce((sum, tally) => sum + tally.seconds, 0);
      if (seconds === 0) return null;
      const share = (part: number, whole: number) => Math.min(part / whole, 1);
      const emotions = EMOTIONS.flatMap((emotion, e): readonly TruthShare[] => {
        const { seconds: own, called } = tallies[e]!;
        if (own === 0) return [];
        const shares = Object.fromEntries(EMOTIONS.map((name, i) => [name, share(called[i]!, own)])) as Record<Emotion, number>;
        const seen = called.reduce((sum, s) => sum + s, 0);
        return [{ emotion, seconds: own, seen: share(seen, own), right: shares[emotion], called: shares }];
      });
      const right = tallies.reduce((sum, { called }, e) => sum + called[e]!, 0);
      return { seconds, right: share(right, seconds), emotions };
    },
  };
}
