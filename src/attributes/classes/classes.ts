/** What is known of the classes that an attribute tells apart: labels, colours and words. Not how they are read: index.ts. */

/** CSS colours of a class: on an image, and as a line or an area on a light and on a dark page. */
export interface ClassColours {
  readonly mark: string;
  readonly onLight: string;
  readonly onDark: string;
}

/** What stands for a class where none is reliable: close to the ground, so that it is taken for no class, with the ground's text on it. */
export const UNCLEAR: ClassColours & { readonly label: string } = {
  label: 'unclear',
  mark: '#8b9098',
  onLight: '#cdd1d7',
  onDark: '#4a4f58',
};

/** Classes in words: `one` expression, `many` expressions. */
export interface ClassWords {
  readonly one: string;
  readonly many: string;
  /** What its network does: `reads expressions`. */
  readonly does: string;
  /** What the schema says of summed scores besides. */
  readonly aside?: string;
  /** What its figures cannot tell. */
  readonly limits: readonly (readonly [point: string, text: string])[];
}

/** What a clip's summary says of classes. */
export interface ClassesSummary<Label extends string = string> {
  readonly dominant: Label | null;
  readonly shareOfTime: Readonly<Record<Label, number>>;
  /** Share of the time in which no class was reliable. */
  readonly unclear: number;
  readonly sumOfScores: Readonly<Record<Label, number>>;
  readonly meanConfidence: number | null;
}

/** An attribute of classes, as plots and reports know it. */
export interface ClassSubject {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: labels of any attribute, which reports go through by the list
  readonly classes: Classes<any>;
}

/** What sums, plots and reports go by. */
export interface Classes<Label extends string = string> {
  readonly labels: readonly Label[];
  readonly colours: Readonly<Record<Label, ClassColours>>;
  readonly words: ClassWords;
  /** Name of a class in style sheets: that of its CSS variable too. */
  readonly id: (label: Label) => string;
  /** What a clip's summary, or a person's in it, says of them; undefined where they were left out of the analysis. */
  summaryOf(summary: object): ClassesSummary<Label> | undefined;
}

/** A part of the time, in the order of the labels: a class's, or the unclear one. */
export interface TimeShare {
  readonly label: string;
  /** Name in style sheets. */
  readonly id: string;
  readonly share: number;
}

/** How the time of a summary is shared out among the classes, and what was unclear, last. */
export function timeShares(
  { labels, id }: ClassSubject['classes'],
  { shareOfTime, unclear }: ClassesSummary,
): readonly TimeShare[] {
  return [
    ...labels.map((label: string) => ({ label, id: id(label), share: shareOfTime[label] ?? 0 })),
    { label: UNCLEAR.label, id: UNCLEAR.label, share: unclear },
  ];
}
