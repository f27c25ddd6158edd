/**
 * How much of a clip's time a model is right, by true class. Frames are added one by one and not kept. A frame stands for the
 * time until the next one, cut at the borders of the true segments; several faces at once share it; time without a face is
 * nobody's, so it counts as not right and is told apart.
 */
import type { ClassSubject } from '../../attributes/classes/classes.js';
import type { ClassesResult } from '../../attributes/classes/schema.js';
import { spanFrames } from '../../results/frame-spans.js';
import type { FrameResult } from '../../results/video-result.js';
import type { TruthSegment } from './truth-segment.js';

/** One true class. */
export interface TruthShare {
  readonly label: string;
  /** Analysed time in which this is the truth. */
  readonly seconds: number;
  /** Share of it in which a face was seen. */
  readonly seen: number;
  /** Share of it in which the class was the most probable. */
  readonly right: number;
  /** Share of it by the class that was the most probable. */
  readonly called: Readonly<Record<string, number>>;
}

export interface TruthReport {
  /** Analysed time with a known truth. */
  readonly seconds: number;
  /** Share of it in which the true class was the most probable. */
  readonly right: number;
  /** Those that occur, in the order of the subject's labels. */
  readonly classes: readonly TruthShare[];
}

export interface TruthAccumulator {
  /** Takes the next analysed frame. */
  add(frame: FrameResult<never>): void;
  /** Null where no analysed time has a known truth. */
  finish(): TruthReport | null;
}

/** Scores frames against the truth; what no class of the subject is, is left out of it. */
export function createTruthScore(truth: readonly TruthSegment[], { name, classes: { labels } }: ClassSubject): TruthAccumulator {
  const tallies = labels.map(() => ({ seconds: 0, called: labels.map(() => 0) }));

  const weigh = ({ timestamp, faces }: FrameResult<never>, until: number): void => {
    const shown = faces.flatMap((face) => {
      const value = (face as Readonly<Record<string, unknown>>)[name] as ClassesResult | null | undefined;
      return value ? [labels.indexOf(value.label)] : [];
    });
    for (const { start, end, label } of truth) {
      const seconds = Math.min(until, end) - Math.max(timestamp, start);
      if (!(seconds > 0)) continue;
      const tally = tallies[labels.indexOf(label)];
      if (!tally) continue;
      tally.seconds += seconds;
      for (const each of shown) tally.called[each]! += seconds / shown.length;
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
      const classes = labels.flatMap((label, c): readonly TruthShare[] => {
        const { seconds: own, called } = tallies[c]!;
        if (own === 0) return [];
        const shares = Object.fromEntries(labels.map((other, i) => [other, share(called[i]!, own)]));
        const seen = called.reduce((sum, s) => sum + s, 0);
        return [{ label, seconds: own, seen: share(seen, own), right: shares[label], called: shares }];
      });
      const right = tallies.reduce((sum, { called }, c) => sum + called[c]!, 0);
      return { seconds, right: share(right, seconds), classes };
    },
  };
}
