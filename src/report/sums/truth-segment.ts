/** What is known of a clip beforehand: which class is shown when, to compare a timeline with. Read from a table by truth-csv.ts. */

/** A stretch of a clip of which it is known what it shows. */
export interface TruthSegment {
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  /** One of the classes of an attribute, such as an emotion. */
  readonly label: string;
}
