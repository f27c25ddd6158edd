/** What is known of a clip beforehand: which emotion is shown when, to compare a timeline with. Read from a table by truth-csv.ts. */
import type { Emotion } from '../../attributes/emotion/labels.js';

/** A stretch of a clip whose emotion is known. */
export interface TruthSegment {
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly emotion: Emotion;
}
