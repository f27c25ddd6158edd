/** What is known of the classes that an attribute tells apart: labels, colours and words. Not how they are read: index.ts. */

/** CSS colours of a class: on a picture, and as a line or an area on a light and on a dark page. */
export interface ClassColours {
  readonly mark: string;
  readonly onLight: string;
  readonly onDark: string;
}

/** Classes in words: `one` expression, `many` expressions; a face `shows` one, faces `show` some. */
export interface ClassWords {
  readonly one: string;
  readonly many: string;
}

/** What a clip's summary says of classes. */
export interface ClassesSummary<Label extends string = string> {
  readonly dominant: Label | null;
  readonly shareOfTime: Readonly<Record<Label, number>>;
  readonly sumOfScores: Readonly<Record<Label, number>>;
  readonly meanConfidence: number | null;
}

/** What sums, plots and reports go by. */
export interface Classes<Label extends string = string> {
  readonly labels: readonly Label[];
  readonly colours: Readonly<Record<Label, ClassColours>>;
  readonly words: ClassWords;
  /** What a clip's summary, or a person's in it, says of them; undefined where they were left out of the analysis. */
  summaryOf(summary: Readonly<Record<string, unknown>>): ClassesSummary<Label> | undefined;
}
